"""The tables, as SQLAlchemy Core knows them. What each row means is said in docs/CONTEXT.md."""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from digest.storage.moments import Moment

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_name)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)


sources = Table(
    "sources",
    metadata,
    Column("source", Text, primary_key=True),
    Column("url", Text),
    Column("etag", Text),
    Column("last_modified", Text),
    Column("moved_to", Text),
    Column("moved_since", Moment),
    Column("visited_at", Moment),
    Column("succeeded_at", Moment),
    Column("status", Text, nullable=False),
    Column("error", Text),
    Column("items", Integer, nullable=False),
    Column("undated", Integer, nullable=False),
    Column("empty", Integer, nullable=False),
    Column("failures", Integer, nullable=False),
    Column("next_visit", Moment),
    Column("gone", Boolean, nullable=False),
)

articles = Table(
    "articles",
    metadata,
    Column("url", Text, primary_key=True),
    Column("title", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("dated_at", Moment, nullable=False),
    Column("dated_source", String(16), nullable=False),
    Column("dated_exact", Boolean, nullable=False),
    Column("dated_day_only", Boolean, nullable=False),
    Column("first_seen", Moment, nullable=False, index=True),
    Column("source", Text, nullable=False),
    Column("source_name", Text, nullable=False),
    Column("author", Text),
    Column("image", Text),
    Column("language", String(8), nullable=False),
    Column("tags", JSON, nullable=False),
    Column("fingerprint", Text, nullable=False, index=True),
)

# Where an article was seen. No article: the page could not be read, so it is not asked for again
# at every visit.
sightings = Table(
    "sightings",
    metadata,
    Column("source", Text, primary_key=True),
    Column("item_url", Text, primary_key=True),
    Column("article_url", Text, ForeignKey("articles.url", ondelete="CASCADE"), index=True),
    Column("guid", Text),
    Column("title", Text),
    Column("seen_at", Moment, nullable=False),
    Column("said_at", Moment),
    Column("said_source", String(16)),
    Column("trouble", Text),
    Index("ix_sightings_item_url", "item_url"),
)

issues = Table(
    "issues",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("newsletter", Text, nullable=False),
    Column("cadence", String(16), nullable=False),
    Column("period", String(24), nullable=False),
    Column("state", String(16), nullable=False),
    Column("number", Integer, nullable=False),
    Column("since", Moment, nullable=False),
    Column("until", Moment, nullable=False),
    Column("language", String(8), nullable=False),
    Column("subject", Text, nullable=False),
    Column("preheader", Text, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("released_at", Moment),
    Column("audience", Integer),  # how many deliveries, fixed at release
    Column("corrects", Integer),  # the issue this one puts right
    Column("content", JSON(none_as_null=True)),  # what the archive shows: storage/volume.py
    Column("id_domain", Text),  # of its Message-IDs; none: that of the newsletter's sender
    UniqueConstraint("newsletter", "cadence", "period"),
)

told = Table(
    "told",
    metadata,
    Column("issue", Integer, ForeignKey("issues.id", ondelete="CASCADE"), primary_key=True),
    Column("article_url", Text, primary_key=True),
    Column("story", Integer, nullable=False),
    Column("position", Integer, nullable=False),
    Column("leads", Boolean, nullable=False),
    Column("score", Float, nullable=False),
    Index("ix_told_article_url", "article_url"),
)

editions = Table(
    "editions",
    metadata,
    Column("issue", Integer, ForeignKey("issues.id", ondelete="CASCADE"), primary_key=True),
    Column("key", Text, primary_key=True),
    Column("language", String(8), nullable=False),
    Column("subject", Text, nullable=False),
    Column("preheader", Text, nullable=False),
    Column("html", Text, nullable=False),
    Column("text", Text, nullable=False),
)

subscribers = Table(
    "subscribers",
    metadata,
    Column("id", Text, primary_key=True),
    Column("address", Text, nullable=False),
    Column("address_key", Text, nullable=False, unique=True),
    Column("name", Text, nullable=False),
    Column("language", String(8), nullable=False),
    Column("timezone", Text, nullable=False),
    Column("standing", String(16), nullable=False),
    Column("new_address", Text),
    Column("new_address_by", Moment),
)

subscriptions = Table(
    "subscriptions",
    metadata,
    Column("subscriber", Text, ForeignKey("subscribers.id", ondelete="CASCADE"), primary_key=True),
    Column("newsletter", Text, primary_key=True),
    Column("status", String(16), nullable=False),
    Column("cadence", String(16), nullable=False),
    Column("topics", JSON, nullable=False),
    Column("hour", String(5)),
    Column("joined_at", Moment),
    Column("confirmed_at", Moment),
    Column("left_at", Moment),
    Column("paused_until", Moment),
    Column("confirm_by", Moment),
    Column("left_by", String(16)),
    Index("ix_subscriptions_newsletter", "newsletter", "status"),
    Index(
        "ix_subscriptions_confirm_by",
        "confirm_by",
        sqlite_where=text("confirm_by IS NOT NULL"),
        postgresql_where=text("confirm_by IS NOT NULL"),
    ),
)

# ``newsletter`` "": an act on the address, which is on all of them.
consent_log = Table(
    "consent_log",
    metadata,
    Column("subscriber", Text, ForeignKey("subscribers.id", ondelete="CASCADE"), primary_key=True),
    Column("at", Moment, primary_key=True),
    Column("newsletter", Text, primary_key=True),
    Column("act", String(24), primary_key=True),
    Column("actor", String(16), nullable=False),
    Column("was", String(16)),
    Column("became", String(16)),
    Column("text_version", Text),
    Column("page", Text),
    Column("ip_mark", Text),
    Index(
        "ix_consent_log_marked",
        "at",
        sqlite_where=text("ip_mark IS NOT NULL"),
        postgresql_where=text("ip_mark IS NOT NULL"),
    ),
    sqlite_with_rowid=False,  # its key is nearly all of it: kept once, not twice
)

suppressions = Table(
    "suppressions",
    metadata,
    Column("mark", String(64), primary_key=True),
    Column("reason", String(16), nullable=False),
    Column("at", Moment, nullable=False),
)

# Mail that is not an issue: a row here until dispatch settles it. ``address`` is the one the
# letter was owed to when it was written; a change of address must not lead it elsewhere.
letters = Table(
    "letters",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("subscriber", Text, ForeignKey("subscribers.id", ondelete="CASCADE"), nullable=False),
    Column("newsletter", Text, nullable=False),
    Column("kind", String(16), nullable=False),
    Column("address", Text, nullable=False),
    Column("address_key", Text, nullable=False),
    Column("language", String(8), nullable=False),
    Column("context", JSON, nullable=False),
    Column("state", String(16), nullable=False),
    Column("reason", Text),
    Column("attempts", Integer, nullable=False),
    Column("enrolled_at", Moment, nullable=False),
    Column("due_at", Moment, nullable=False),
    Column("expires_at", Moment, nullable=False),
    Column("claimed_at", Moment),
    Column("lease_until", Moment),
    Column("next_attempt_at", Moment),
    Column("settled_at", Moment),
    Column("lease", String(32)),
    UniqueConstraint("subscriber", "newsletter", "kind", "enrolled_at"),
    Index("ix_letters_address_key", "address_key", "enrolled_at"),
    Index("ix_letters_state", "state", "due_at"),
)

# What a restart must not forget about relays and domains; digest/deliver/memory.py reads ``past``.
paces = Table(
    "paces",
    metadata,
    Column("kind", String(16), primary_key=True),
    Column("name", Text, primary_key=True),
    Column("past", Text, nullable=False),
    Column("at", Moment, nullable=False),
)

# What came back. ``message`` names the mail it is about: of one mail each kind is told once.
reports = Table(
    "reports",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("subscriber", Text, ForeignKey("subscribers.id", ondelete="CASCADE"), nullable=False),
    Column("at", Moment, nullable=False),
    Column("kind", String(16), nullable=False),
    Column("source", String(16), nullable=False),
    Column("code", String(16), nullable=False),
    Column("text", Text, nullable=False),
    Column("message", Text, nullable=False),
    Column("original", LargeBinary, nullable=False),
    UniqueConstraint("message", "kind"),
    Index("ix_reports_subscriber", "subscriber", "at"),
    Index("ix_reports_at", "at"),
)

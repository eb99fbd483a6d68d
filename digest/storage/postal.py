"""The tables right of the hinge: a row for each person an issue goes to. As schema, so these."""

from __future__ import annotations

from sqlalchemy import (
    Column,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
    and_,
    case,
    exists,
    literal_column,
    text,
    tuple_,
)

from digest.storage.moments import Instant, Moment
from digest.storage.schema import metadata

_QUEUED, _FAILED = text("state = 'queued'"), text("state = 'failed'")

# No key to subscribers: who is erased takes their row there along, and what is left here counts a
# delivery to nobody any more. ``next_attempt_at`` of a queued row: when it may go. A row that is
# claimed says queued still (see ``claims``); ``claimed_at`` comes with what became of it.
deliveries = Table(
    "deliveries",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("issue", Integer, nullable=False),
    Column("subscriber", Text, nullable=False),
    Column("edition", Text, nullable=False),
    Column("state", String(8), nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("enrolled_at", Instant, nullable=False),
    Column("due_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False),
    Column("next_attempt_at", Instant, nullable=False),
    Column("claimed_at", Instant),
    Column("settled_at", Instant),
    Column("skip", String(16)),
    Column("code", Integer),
    Column("enhanced", String(16)),
    Column("text", Text),
    Column("relay", Text),
    UniqueConstraint("issue", "subscriber"),
    # PostgreSQL would look an issue up for each of its million rows, and none is ever deleted.
    ForeignKeyConstraint(["issue"], ["issues.id"], ondelete="CASCADE").ddl_if(dialect="sqlite"),
    Index(
        "ix_deliveries_queued",
        "issue",
        "next_attempt_at",
        "id",
        sqlite_where=_QUEUED,
        postgresql_where=_QUEUED,
    ),
    Index("ix_deliveries_failed", "issue", sqlite_where=_FAILED, postgresql_where=_FAILED),
)

# What workers hold: each a stretch of an issue's queue, which is in the order of (next_attempt_at,
# id), both ends included. What is queued in it is on its way, and is nobody else's to touch; a
# million rows need not be written for that. ``number``: the worker's own, never used again.
claims = Table(
    "delivery_claims",
    metadata,
    Column("lease", String(32), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("issue", Integer, ForeignKey("issues.id", ondelete="CASCADE"), nullable=False),
    Column("from_at", Instant, nullable=False),
    Column("from_id", Integer, nullable=False),
    Column("to_at", Instant, nullable=False),
    Column("to_id", Integer, nullable=False),
    Column("claimed_at", Instant, nullable=False),
    Column("lease_until", Instant, nullable=False),
)

# Said in so many words: an index over the queued rows alone is not used for a bound parameter.
is_queued = deliveries.c.state == literal_column("'queued'")
_place = tuple_(deliveries.c.next_attempt_at, deliveries.c.id)
is_covered = and_(
    claims.c.issue == deliveries.c.issue,
    _place >= tuple_(claims.c.from_at, claims.c.from_id),
    _place <= tuple_(claims.c.to_at, claims.c.to_id),
)
is_claimed = and_(is_queued, exists().where(is_covered))
is_waiting = and_(is_queued, ~exists().where(is_covered))
state_now = case((is_claimed, literal_column("'sending'")), else_=deliveries.c.state)

# What release froze of an issue's audience: when each local hour is due ("": the newsletter's
# own), and which edition each choice reads (``topics``: JSON as subscriptions hold it).
issue_hours = Table(
    "issue_due",
    metadata,
    Column("issue", Integer, ForeignKey("issues.id", ondelete="CASCADE"), primary_key=True),
    Column("timezone", Text, primary_key=True),
    Column("hour", String(5), primary_key=True),
    Column("due_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False),
)

issue_choices = Table(
    "issue_choices",
    metadata,
    Column("issue", Integer, ForeignKey("issues.id", ondelete="CASCADE"), primary_key=True),
    Column("topics", Text, primary_key=True),
    Column("language", String(8), primary_key=True),
    Column("edition", Text, nullable=False),
)

# What is left of an issue's deliveries when they are old: how many ended how ("": not skipped).
tallies = Table(
    "tallies",
    metadata,
    Column("issue", Integer, ForeignKey("issues.id", ondelete="CASCADE"), primary_key=True),
    Column("state", String(8), primary_key=True),
    Column("skip", String(16), primary_key=True),
    Column("count", Integer, nullable=False),
)

# What the operator was told of and is not over yet.
alerts = Table(
    "alerts",
    metadata,
    Column("key", Text, primary_key=True),
    Column("says", Text, nullable=False),
    Column("since", Moment, nullable=False),
    Column("told_at", Moment, nullable=False),
)

# Since when a newsletter's calendar is kept, by cadence: what was due before is nobody's.
watches = Table(
    "watches",
    metadata,
    Column("newsletter", Text, primary_key=True),
    Column("cadence", String(16), primary_key=True),
    Column("since", Moment, nullable=False),
)

# The periods that have no issue, and the sentence that says why. ``kind``: duty.Cause; ``again``:
# when it is tried next, NULL where it is not.
misses = Table(
    "misses",
    metadata,
    Column("newsletter", Text, primary_key=True),
    Column("cadence", String(16), primary_key=True),
    Column("period", String(24), primary_key=True),
    Column("due", Moment, nullable=False),
    Column("reason", Text, nullable=False),
    Column("at", Moment, nullable=False),
    Column("kind", String(8), nullable=False, server_default="quiet"),
    Column("again", Moment),
)

# Who leads where several run on one database. ``beat`` grows for as long as the holder lives.
leases = Table(
    "leases",
    metadata,
    Column("name", String(16), primary_key=True),
    Column("holder", Text, nullable=False),
    Column("beat", Integer, nullable=False),
    Column("at", Moment),  # of the last beat, for people to read
)

# Issues that wait for the editor. ``release_by`` NULL: for as long as it takes.
reviews = Table(
    "reviews",
    metadata,
    Column("issue", Integer, ForeignKey("issues.id", ondelete="CASCADE"), primary_key=True),
    Column("due", Moment, nullable=False),
    Column("release_by", Moment),
    Column("asked_at", Moment),
)

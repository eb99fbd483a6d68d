"""Consent: what people asked for, the log of it, the letters owed, and who must not come back."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    # Plain ADD COLUMN, all nullable: the old program goes on reading and writing meanwhile.
    op.add_column("subscribers", sa.Column("new_address", sa.Text(), nullable=True))
    op.add_column(
        "subscribers", sa.Column("new_address_by", sa.DateTime(timezone=True), nullable=True)
    )
    op.add_column(
        "subscriptions", sa.Column("confirm_by", sa.DateTime(timezone=True), nullable=True)
    )
    op.add_column("subscriptions", sa.Column("left_by", sa.String(length=16), nullable=True))
    op.create_table(
        "consent_log",
        sa.Column("subscriber", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("newsletter", sa.Text(), nullable=False),
        sa.Column("act", sa.String(length=24), nullable=False),
        sa.Column("actor", sa.String(length=16), nullable=False),
        sa.Column("was", sa.String(length=16), nullable=True),
        sa.Column("became", sa.String(length=16), nullable=True),
        sa.Column("text_version", sa.Text(), nullable=True),
        sa.Column("page", sa.Text(), nullable=True),
        sa.Column("ip_mark", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["subscriber"],
            ["subscribers.id"],
            name=op.f("fk_consent_log_subscriber"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("subscriber", "at", "newsletter", "act", name="pk_consent_log"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "suppressions",
        sa.Column("mark", sa.String(length=64), nullable=False),
        sa.Column("reason", sa.String(length=16), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("mark", name=op.f("pk_suppressions")),
    )
    op.create_table(
        "letters",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("subscriber", sa.Text(), nullable=False),
        sa.Column("newsletter", sa.Text(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("address_key", sa.Text(), nullable=False),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.Column("context", sa.JSON(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("enrolled_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("claimed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("next_attempt_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["subscriber"],
            ["subscribers.id"],
            name=op.f("fk_letters_subscriber"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_letters")),
        sa.UniqueConstraint(
            "subscriber", "newsletter", "kind", "enrolled_at", name=op.f("uq_letters_subscriber")
        ),
    )
    op.create_index("ix_letters_address_key", "letters", ["address_key", "enrolled_at"])
    op.create_index("ix_letters_state", "letters", ["state", "due_at"])

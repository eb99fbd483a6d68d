"""Deliveries: a row for each person an issue goes to, and what release froze about them."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.add_column("issues", sa.Column("audience", sa.Integer(), nullable=True))
    op.add_column("issues", sa.Column("corrects", sa.Integer(), nullable=True))
    op.add_column("letters", sa.Column("lease", sa.String(length=32), nullable=True))
    op.create_table(
        "deliveries",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("issue", sa.Integer(), nullable=False),
        sa.Column("subscriber", sa.Text(), nullable=False),
        sa.Column("edition", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("enrolled_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("next_attempt_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("claimed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("lease", sa.String(length=32), nullable=True),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("skip", sa.String(length=16), nullable=True),
        sa.Column("code", sa.Integer(), nullable=True),
        sa.Column("enhanced", sa.String(length=16), nullable=True),
        sa.Column("text", sa.Text(), nullable=True),
        sa.Column("relay", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["issue"], ["issues.id"], name=op.f("fk_deliveries_issue"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deliveries")),
        sa.UniqueConstraint("issue", "subscriber", name=op.f("uq_deliveries_issue")),
    )
    queued, sending = sa.text("state = 'queued'"), sa.text("state = 'sending'")
    op.create_index(
        "ix_deliveries_queued",
        "deliveries",
        ["issue", "next_attempt_at"],
        sqlite_where=queued,
        postgresql_where=queued,
    )
    op.create_index(
        "ix_deliveries_sending",
        "deliveries",
        ["lease"],
        sqlite_where=sending,
        postgresql_where=sending,
    )
    op.create_table(
        "issue_hours",
        sa.Column("issue", sa.Integer(), nullable=False),
        sa.Column("timezone", sa.Text(), nullable=False),
        sa.Column("hour", sa.String(length=5), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["issue"], ["issues.id"], name=op.f("fk_issue_hours_issue"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("issue", "timezone", "hour", name=op.f("pk_issue_hours")),
    )
    op.create_table(
        "issue_choices",
        sa.Column("issue", sa.Integer(), nullable=False),
        sa.Column("topics", sa.Text(), nullable=False),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.Column("edition", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["issue"], ["issues.id"], name=op.f("fk_issue_choices_issue"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("issue", "topics", "language", name=op.f("pk_issue_choices")),
    )

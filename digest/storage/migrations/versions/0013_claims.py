"""A claim is a row of its own, and not a change of each delivery it takes."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    moment = sa.DateTime(timezone=True)
    op.create_table(
        "claims",
        sa.Column("lease", sa.String(length=32), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("issue", sa.Integer(), nullable=False),
        sa.Column("from_at", moment, nullable=False),
        sa.Column("from_id", sa.Integer(), nullable=False),
        sa.Column("to_at", moment, nullable=False),
        sa.Column("to_id", sa.Integer(), nullable=False),
        sa.Column("claimed_at", moment, nullable=False),
        sa.Column("lease_until", moment, nullable=False),
        sa.ForeignKeyConstraint(
            ["issue"], ["issues.id"], name=op.f("fk_claims_issue"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("lease", "number", name=op.f("pk_claims")),
    )
    # What somebody holds now they hold on: a claim for each. Their number is below zero, for the
    # worker's own begin at one.
    op.execute(
        """
        insert into claims
            (lease, number, issue, from_at, from_id, to_at, to_id, claimed_at, lease_until)
        select lease, -id, issue, next_attempt_at, id, next_attempt_at, id,
            coalesce(claimed_at, next_attempt_at), coalesce(lease_until, next_attempt_at)
        from deliveries where state = 'sending' and lease is not null
        """
    )
    op.execute(
        "update deliveries set state = 'queued', attempts = attempts - 1 where state = 'sending'"
    )
    queued = sa.text("state = 'queued'")
    op.drop_index("ix_deliveries_sending", "deliveries")
    op.drop_index("ix_deliveries_queued", "deliveries")
    op.create_index(
        "ix_deliveries_queued",
        "deliveries",
        ["issue", "next_attempt_at", "id"],
        sqlite_where=queued,
        postgresql_where=queued,
    )
    op.drop_column("deliveries", "lease")
    op.drop_column("deliveries", "lease_until")

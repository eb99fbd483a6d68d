"""The clock: what it watches, what it missed and why, who leads, and what waits for the editor."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    moment = sa.DateTime(timezone=True)
    op.create_table(
        "watches",
        sa.Column("newsletter", sa.Text(), nullable=False),
        sa.Column("cadence", sa.String(length=16), nullable=False),
        sa.Column("since", moment, nullable=False),
        sa.PrimaryKeyConstraint("newsletter", "cadence", name="pk_watches"),
    )
    op.create_table(
        "misses",
        sa.Column("newsletter", sa.Text(), nullable=False),
        sa.Column("cadence", sa.String(length=16), nullable=False),
        sa.Column("period", sa.String(length=24), nullable=False),
        sa.Column("due", moment, nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("at", moment, nullable=False),
        sa.PrimaryKeyConstraint("newsletter", "cadence", "period", name="pk_misses"),
    )
    op.create_table(
        "leases",
        sa.Column("name", sa.String(length=16), nullable=False),
        sa.Column("holder", sa.Text(), nullable=False),
        sa.Column("beat", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_leases"),
    )
    op.create_table(
        "reviews",
        sa.Column("issue", sa.Integer(), nullable=False),
        sa.Column("due", moment, nullable=False),
        sa.Column("release_by", moment),
        sa.Column("asked_at", moment),
        sa.ForeignKeyConstraint(
            ["issue"], ["issues.id"], name="fk_reviews_issue", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("issue", name="pk_reviews"),
    )

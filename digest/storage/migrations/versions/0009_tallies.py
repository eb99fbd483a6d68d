"""What is left of an issue's deliveries when they are old: counts."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0007"


def upgrade() -> None:
    op.create_table(
        "tallies",
        sa.Column("issue", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("skip", sa.String(length=16), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["issue"], ["issues.id"], name="fk_tallies_issue", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("issue", "state", "skip", name="pk_tallies"),
    )

"""Why a period has no issue: of which kind the reason is, and when it is tried again."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    kind = sa.Column("kind", sa.String(length=8), nullable=False, server_default="quiet")
    op.add_column("misses", kind)
    op.add_column("misses", sa.Column("again", sa.DateTime(timezone=True)))

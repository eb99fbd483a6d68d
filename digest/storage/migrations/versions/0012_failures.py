"""How many deliveries of an issue have failed is counted every few minutes: without the others."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    failed = sa.text("state = 'failed'")
    op.create_index(
        "ix_deliveries_failed",
        "deliveries",
        ["issue"],
        sqlite_where=failed,
        postgresql_where=failed,
    )

"""The originals of webhooks go: each may be a whole request, with what it told of other people."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    reports = sa.table(
        "reports", sa.column("source", sa.String()), sa.column("original", sa.LargeBinary())
    )
    op.execute(reports.update().where(reports.c.source == "webhook").values(original=b""))

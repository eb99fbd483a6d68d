"""What is forgotten every few minutes is found without reading everything that is kept."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    pending, marked = sa.text("confirm_by IS NOT NULL"), sa.text("ip_mark IS NOT NULL")
    op.create_index(
        "ix_subscriptions_confirm_by",
        "subscriptions",
        ["confirm_by"],
        sqlite_where=pending,
        postgresql_where=pending,
    )
    op.create_index(
        "ix_consent_log_marked",
        "consent_log",
        ["at"],
        sqlite_where=marked,
        postgresql_where=marked,
    )

"""When the clock was kept last: whether somebody keeps it now can be told from one look."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    op.add_column("leases", sa.Column("at", sa.DateTime(timezone=True)))

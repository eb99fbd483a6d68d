"""The archive: what an issue told, kept as it was told, and which issue puts another right."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    # Both nullable: the old program goes on writing issues meanwhile; those are not in the archive.
    op.add_column("issues", sa.Column("content", sa.JSON(), nullable=True))

"""The domain of an issue's Message-IDs: a sender that changes while it is on its way changes none.

An issue of before has none, and its Message-IDs have the domain of the newsletter's sender.
"""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"


def upgrade() -> None:
    op.add_column("issues", sa.Column("id_domain", sa.Text()))

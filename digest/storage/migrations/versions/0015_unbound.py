"""PostgreSQL looks up the issue of each delivery it is given no more: that was half of a release."""

from alembic import op

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.drop_constraint("fk_deliveries_issue", "deliveries", type_="foreignkey")

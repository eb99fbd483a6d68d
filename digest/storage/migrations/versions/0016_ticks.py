"""In SQLite the moments of what there is a row for every reader of become numbers: a fifth less."""

from alembic import op

revision = "0016"
down_revision = "0015"

MOMENTS = {
    "deliveries": (
        *("enrolled_at", "due_at", "expires_at", "next_attempt_at"),
        *("claimed_at", "settled_at"),
    ),
    "claims": ("from_at", "to_at", "claimed_at", "lease_until"),
    "issue_hours": ("due_at", "expires_at"),
}
# Microseconds since 1970, of what SQLAlchemy's DateTime wrote: 2026-11-24 06:30:00.000000
TICKS = (
    "{0} = strftime('%s', substr({0}, 1, 19)) * 1000000"
    " + cast(substr({0}, 21, 6) as integer)"
)


def upgrade() -> None:
    if op.get_bind().dialect.name != "sqlite":
        return
    for table, columns in MOMENTS.items():
        changes = ", ".join(TICKS.format(column) for column in columns)
        op.execute(f"update {table} set {changes}")  # noqa: S608 -- our own words

"""In SQLite the moments of what there is a row for every reader of become numbers: a fifth less.

To a program that writes text every number comes before it: an older worker that still runs would
take all mail for late and skip it. Two tables get names that it does not know, and it stops.
"""

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
RENAMED = {"claims": "delivery_claims", "issue_hours": "issue_due"}
# Microseconds since 1970, of what SQLAlchemy's DateTime wrote: 2026-11-24 06:30:00.000000
TICKS = (
    "{0} = strftime('%s', substr({0}, 1, 19)) * 1000000"
    " + cast(substr(substr({0}, 21, 6) || '000000', 1, 6) as integer)"
)


def upgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        for table, columns in MOMENTS.items():
            changes = ", ".join(TICKS.format(column) for column in columns)
            op.execute(f"update {table} set {changes}")  # noqa: S608 -- our own words
    for old, new in RENAMED.items():
        op.rename_table(old, new)

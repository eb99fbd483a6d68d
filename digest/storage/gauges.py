"""What a watcher reads off the rows: people, mail that is owed, sources in trouble, last issues."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, select

from digest.storage import migrate, posting
from digest.storage.schema import issues, letters, sources, subscriptions


@dataclass(frozen=True, slots=True, kw_only=True)
class Gauges:
    """Counts at one moment. ``people``: (newsletter, status); ``last_issue``: by newsletter."""

    people: Mapping[tuple[str, str], int]
    letters: Mapping[str, int]  # state -> rows
    oldest_owed: datetime | None  # when the letter that has waited longest was due
    deliveries: int  # of released issues, not settled
    first_delivery: datetime | None  # when the first of them may go
    sources: int
    failing: int  # sources whose last visits failed
    last_issue: Mapping[str, datetime]


def read(tx: Connection) -> Gauges:
    """The gauges, from rows and nothing else."""
    held = select(subscriptions.c.newsletter, subscriptions.c.status, func.count()).group_by(
        subscriptions.c.newsletter, subscriptions.c.status
    )
    owed = select(letters.c.state, func.count(), func.min(letters.c.due_at)).group_by(
        letters.c.state
    )
    by_state = {row[0]: (int(row[1]), row[2]) for row in tx.execute(owed)}
    last = (
        select(issues.c.newsletter, func.max(issues.c.released_at))
        .where(issues.c.released_at.is_not(None))
        .group_by(issues.c.newsletter)
    )
    visited = tx.execute(
        select(func.count(), func.count().filter(sources.c.failures > 0)).select_from(sources)
    ).one()
    _, first = posting.outlook(tx)
    return Gauges(
        people={(row[0], row[1]): int(row[2]) for row in tx.execute(held)},
        letters={state: count for state, (count, _) in by_state.items()},
        oldest_owed=by_state.get("queued", (0, None))[1],
        deliveries=posting.waiting(tx),
        first_delivery=first,
        sources=int(visited[0]),
        failing=int(visited[1]),
        last_issue={row[0]: row[1] for row in tx.execute(last)},
    )


def ready(tx: Connection) -> str | None:
    """Why the database cannot serve; None when it can."""
    found = migrate.revision(tx)
    if found != migrate.HEAD:
        return f"the schema is {found or 'missing'}, and {migrate.HEAD} is current"
    return None

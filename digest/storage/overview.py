"""What the operator sees on one screen, read off the rows in one snapshot."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, select

from digest.model import NewsletterId, SourceId, Visit
from digest.storage import agenda, alerts, desk, leases, posting, reviews, sources
from digest.storage.agenda import Miss
from digest.storage.alerts import Standing
from digest.storage.desk import IssueInfo
from digest.storage.gauges import Gauges
from digest.storage.gauges import read as gauges
from digest.storage.issues import COUNTED
from digest.storage.reviews import Review
from digest.storage.schema import issues

LATEST = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """An issue and what became of its deliveries."""

    issue: IssueInfo
    tally: Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """One moment. ``sent``: what is half released, too.

    ``waiting``: issues that wait for the editor. ``leader``: which process makes the issues; empty:
    none; ``beaten``: when it said so last. ``settled``: newsletter and cadence to the periods that
    have their issue. ``taken``: those that anybody has.
    """

    gauges: Gauges
    sent: tuple[Sent, ...]
    misses: tuple[Miss, ...]
    waiting: tuple[Review, ...]
    trouble: tuple[Visit, ...]
    leader: str
    beaten: datetime | None
    alerts: tuple[Standing, ...]
    settled: Mapping[tuple[str, str], frozenset[str]]
    taken: frozenset[tuple[str, str]]


def read(
    tx: Connection,
    used: frozenset[SourceId],
    calendars: Sequence[tuple[NewsletterId, str]],
    now: datetime,
) -> Overview:
    """The overview; ``used``, ``calendars``: sources, and newsletters with their cadences, of the
    configuration."""
    released = [
        found
        for issue in tx.execute(
            select(issues.c.id)
            .where(issues.c.state.in_(COUNTED))
            .order_by(
                func.coalesce(issues.c.released_at, issues.c.created_at).desc(), issues.c.id.desc()
            )
            .limit(LATEST)
        ).scalars()
        if (found := desk.find(tx, issue))
    ]
    visits = sources.visits(tx)
    return Overview(
        gauges=gauges(tx),
        sent=tuple(Sent(issue=one, tally=posting.tally(tx, one.id)) for one in released),
        misses=tuple(agenda.last_misses(tx, LATEST)),
        waiting=tuple(reviews.waiting(tx)),
        trouble=tuple(
            visit
            for name, visit in visits.items()
            if name in used and (visit.failures or visit.gone)
        ),
        leader=leases.seen(tx, leases.CLOCK).holder,
        beaten=leases.beaten(tx, leases.CLOCK),
        alerts=tuple(alerts.standing(tx)),
        settled={one: agenda.settled(tx, *one, now) for one in calendars},
        taken=frozenset(one for one in calendars if agenda.is_taken(tx, *one)),
    )

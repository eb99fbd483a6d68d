"""The calendar's rows: since when it is kept, what is settled, why a period has no issue."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, func, select, union

from digest.model import NewsletterId
from digest.storage.dialect import insert
from digest.storage.postal import misses, watches
from digest.storage.schema import issues, subscriptions

REACH = timedelta(days=1300)  # further back than anybody asks: forty months


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Where a newsletter is in its calendar. ``since`` None: nobody has watched it yet."""

    since: datetime | None
    settled: frozenset[str]  # the periods that have an issue, or a sentence why not


@dataclass(frozen=True, slots=True, kw_only=True)
class Miss:
    """A period without an issue."""

    newsletter: str
    cadence: str
    period: str
    due: datetime
    reason: str
    at: datetime


def standing(tx: Connection, newsletter: NewsletterId, cadence: str, now: datetime) -> Standing:
    """What is settled of a newsletter at one cadence; issues in any state settle their period."""
    since = tx.execute(
        select(watches.c.since).where(
            watches.c.newsletter == newsletter, watches.c.cadence == cadence
        )
    ).scalar()
    made = select(issues.c.period).where(
        issues.c.newsletter == newsletter,
        issues.c.cadence == cadence,
        issues.c.created_at > now - REACH,
    )
    missed = select(misses.c.period).where(
        misses.c.newsletter == newsletter, misses.c.cadence == cadence, misses.c.at > now - REACH
    )
    return Standing(since=since, settled=frozenset(tx.execute(union(made, missed)).scalars()))


def watch(tx: Connection, newsletter: NewsletterId, cadence: str, at: datetime) -> None:
    """Keep this calendar from ``at`` on; where it is kept already nothing changes."""
    tx.execute(
        insert(tx, watches)
        .values(newsletter=newsletter, cadence=cadence, since=at)
        .on_conflict_do_nothing()
    )


def latest(tx: Connection) -> datetime | None:
    """When the latest issue was made, by the clock of its day; None: there is none."""
    return tx.execute(select(func.max(issues.c.created_at))).scalar()


def miss(tx: Connection, some: Sequence[Miss]) -> None:
    """Keep why periods have no issue; the first reason stands."""
    rows = [
        {
            "newsletter": one.newsletter,
            "cadence": one.cadence,
            "period": one.period,
            "due": one.due,
            "reason": one.reason,
            "at": one.at,
        }
        for one in some
    ]
    if rows:
        tx.execute(insert(tx, misses).on_conflict_do_nothing(), rows)


def last_misses(tx: Connection, limit: int) -> list[Miss]:
    """The latest periods without an issue, the newest first."""
    asked = select(misses).order_by(misses.c.due.desc(), misses.c.newsletter).limit(limit)
    return [Miss(**row._mapping) for row in tx.execute(asked)]


def is_taken(tx: Connection, newsletter: NewsletterId, cadence: str) -> bool:
    """Whether anybody has a newsletter at this cadence."""
    asked = (
        select(subscriptions.c.subscriber)
        .where(
            subscriptions.c.newsletter == newsletter,
            subscriptions.c.cadence == cadence,
            subscriptions.c.status.in_(("active", "paused")),
        )
        .limit(1)
    )
    return tx.execute(asked).first() is not None

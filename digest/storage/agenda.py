"""The calendar's rows: since when it is kept, what is settled, why a period has no issue."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, delete, exists, func, select, union

from digest.model import NewsletterId
from digest.storage.dialect import add, insert
from digest.storage.issues import COUNTED
from digest.storage.postal import misses, watches
from digest.storage.schema import issues, subscriptions

REACH = timedelta(days=1300)  # further back than anybody asks: forty months


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Where a newsletter is in its calendar. ``since`` None: nobody has watched it yet."""

    since: datetime | None
    settled: frozenset[str]  # the periods that have an issue, or a sentence why not
    failing: Mapping[str, str]  # those that could not be made yet, and why


@dataclass(frozen=True, slots=True, kw_only=True)
class Miss:
    """A period without an issue. ``kind``: a ``duty.Cause``; ``again``: when it is tried next."""

    newsletter: str
    cadence: str
    period: str
    due: datetime
    reason: str
    at: datetime
    kind: str
    again: datetime | None = None

    @property
    def said(self) -> str:
        """The whole sentence."""
        return self.reason + (
            f"; it is tried again at {self.again:%H:%M} UTC" if self.again else ""
        )


def standing(tx: Connection, newsletter: NewsletterId, cadence: str, now: datetime) -> Standing:
    """What is settled of a newsletter at one cadence; issues in any state settle their period."""
    since = tx.execute(
        select(watches.c.since).where(
            watches.c.newsletter == newsletter, watches.c.cadence == cadence
        )
    ).scalar()
    failing = select(misses.c.period, misses.c.reason).where(
        _of(newsletter, cadence, now), misses.c.again.is_not(None)
    )
    return Standing(
        since=since,
        settled=settled(tx, newsletter, cadence, now),
        failing={row.period: row.reason for row in tx.execute(failing)},
    )


def settled(
    tx: Connection, newsletter: NewsletterId, cadence: str, now: datetime
) -> frozenset[str]:
    """The periods of one cadence that have an issue, in any state, or a sentence why not."""
    made = select(issues.c.period).where(
        issues.c.newsletter == newsletter,
        issues.c.cadence == cadence,
        issues.c.created_at > now - REACH,
    )
    missed = select(misses.c.period).where(_of(newsletter, cadence, now), misses.c.again.is_(None))
    return frozenset(tx.execute(union(made, missed)).scalars())


def _of(newsletter: NewsletterId, cadence: str, now: datetime) -> ColumnElement[bool]:
    return and_(
        misses.c.newsletter == newsletter, misses.c.cadence == cadence, misses.c.at > now - REACH
    )


def watch(tx: Connection, newsletter: NewsletterId, cadence: str, at: datetime) -> None:
    """Keep this calendar from ``at`` on; where it is kept already nothing changes."""
    add(tx, watches, {"newsletter": newsletter, "cadence": cadence, "since": at})


def latest(tx: Connection) -> datetime | None:
    """When the latest issue was made, by the clock of its day; None: there is none."""
    return tx.execute(select(func.max(issues.c.created_at))).scalar()


def miss(tx: Connection, some: Sequence[Miss]) -> None:
    """Keep why periods have no issue; the first reason stands that leaves nothing to be tried."""
    rows = [
        {
            "newsletter": one.newsletter,
            "cadence": one.cadence,
            "period": one.period,
            "due": one.due,
            "reason": one.reason,
            "at": one.at,
            "kind": one.kind,
            "again": one.again,
        }
        for one in some
    ]
    if rows:
        put = insert(tx, misses)
        tx.execute(
            put.on_conflict_do_update(
                index_elements=[misses.c.newsletter, misses.c.cadence, misses.c.period],
                set_={
                    name: put.excluded[name] for name in ("due", "reason", "at", "kind", "again")
                },
                where=misses.c.again.is_not(None),
            ),
            rows,
        )


def mended(tx: Connection, newsletter: NewsletterId, cadence: str, period: str) -> None:
    """Forget why a period could not be made: it was."""
    tx.execute(
        delete(misses).where(
            misses.c.newsletter == newsletter,
            misses.c.cadence == cadence,
            misses.c.period == period,
            misses.c.again.is_not(None),
        )
    )


def last_misses(tx: Connection, limit: int, newsletter: str | None = None) -> list[Miss]:
    """The latest periods without an issue, the newest first; none that got one by hand."""
    asked = _without_issue()
    if newsletter is not None:
        asked = asked.where(misses.c.newsletter == newsletter)
    return [Miss(**row._mapping) for row in tx.execute(asked.limit(limit))]


def misses_since(tx: Connection, since: datetime) -> list[Miss]:
    """The periods without an issue that were due after a moment, as ``last_misses`` has them."""
    asked = _without_issue().where(misses.c.due > since)
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


def _without_issue() -> Select[Any]:
    made = exists().where(
        issues.c.newsletter == misses.c.newsletter,
        issues.c.cadence == misses.c.cadence,
        issues.c.period == misses.c.period,
        issues.c.state.in_(COUNTED),
    )
    return select(misses).where(~made).order_by(misses.c.due.desc(), misses.c.newsletter)

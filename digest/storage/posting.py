"""Issues on their way: which have something due, what is still to do, what an issue has come to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, and_, bindparam, exists, func, or_, select

from digest.delivery import State
from digest.model import Edition
from digest.storage import claims
from digest.storage.dialect import by_index
from digest.storage.moments import Instant
from digest.storage.postal import claims as claimed
from digest.storage.postal import deliveries, is_queued, is_waiting, issue_hours, tallies
from digest.storage.schema import editions, issues


@dataclass(frozen=True, slots=True, kw_only=True)
class Sending:
    """An issue that is released and has something due: what its messages are named after."""

    id: int
    newsletter: str
    cadence: str
    period: str
    id_domain: str | None  # of its Message-IDs; None: it was frozen without


@dataclass(frozen=True, slots=True, kw_only=True)
class Unsent:
    """A released issue of which some have not left. ``due``: how many of them may go now."""

    issue: int
    newsletter: str
    period: str
    count: int
    due: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Stays:
    """An issue of which some wait that no worker sends: it is paused, or its newsletter is gone."""

    issue: int
    newsletter: str
    paused: bool


# Made once: making it takes twice as long as asking. The first of each issue is one look into the
# index over the queue; of whether there is any, PostgreSQL would make a join and walk the queue.
_FIRST = (
    select(deliveries.c.next_attempt_at)
    .where(deliveries.c.issue == issues.c.id, is_queued)
    .order_by(deliveries.c.next_attempt_at)
    .limit(1)
    .correlate(issues)
    .scalar_subquery()
)
_DUE = (
    select(issues.c.id, issues.c.newsletter, issues.c.cadence, issues.c.period, issues.c.id_domain)
    .where(issues.c.state == "released", bindparam("now", type_=Instant) >= _FIRST)
    .order_by(issues.c.released_at, issues.c.id)
)


def due(tx: Connection, now: datetime) -> list[Sending]:
    """The released issues that have deliveries that may go now, the oldest first."""
    by_index(tx)
    return [Sending(**row._mapping) for row in tx.execute(_DUE, {"now": now})]


def late(tx: Connection, now: datetime) -> list[int]:
    """The released issues of which something waits and may come too late by now."""
    over = issue_hours.c.issue == issues.c.id, issue_hours.c.expires_at <= now
    asked = select(issues.c.id).where(
        issues.c.state == "released", exists().where(*over), _FIRST.is_not(None)
    )
    return list(tx.execute(asked).scalars())


def left_over(tx: Connection) -> list[int]:
    """The cancelled issues of which something waits still: who cancelled was stopped amid it."""
    waits = exists().where(deliveries.c.issue == issues.c.id, is_waiting)
    asked = select(issues.c.id).where(issues.c.state == "cancelled", waits)
    return list(tx.execute(asked).scalars())


def edition(tx: Connection, issue: int, key: str) -> Edition | None:
    """An edition as release froze it."""
    row = tx.execute(
        select(editions).where(editions.c.issue == issue, editions.c.key == key)
    ).first()
    if row is None:
        return None
    return Edition(
        key=row.key,
        language=row.language,
        subject=row.subject,
        preheader=row.preheader,
        html=row.html,
        text=row.text,
    )


def outlook(
    tx: Connection, newsletters: Sequence[str] | None = None
) -> tuple[bool, datetime | None]:
    """Whether anything of these newsletters' released issues (None: of all) is not settled, and
    when the first of the queued may go. Asked every two seconds: it counts nothing."""
    by_index(tx)
    released = _released(newsletters)
    of_issue = (
        select(deliveries.c.next_attempt_at)
        .where(deliveries.c.issue == issues.c.id, is_waiting)
        .order_by(deliveries.c.next_attempt_at)
        .limit(1)
    )
    first = tx.execute(
        select(func.min(of_issue.correlate(issues).scalar_subquery())).where(*released)
    ).scalar()
    if first is not None:
        return True, first
    held = select(claimed.c.number).join(issues, issues.c.id == claimed.c.issue).where(*released)
    return tx.execute(held.limit(1)).first() is not None, None


def waiting(tx: Connection, newsletters: Sequence[str] | None = None) -> int:
    """How many deliveries of these newsletters' released issues (None: of all) are not settled."""
    queued = (
        select(func.count())
        .select_from(deliveries)
        .join(issues, issues.c.id == deliveries.c.issue)
        .where(*_released(newsletters), is_queued)
    )
    return int(tx.execute(queued).scalar_one())


def queue(tx: Connection) -> tuple[int, datetime | None]:
    """How many deliveries of released issues are not settled, and when the time of the last of
    them is over."""
    asked = (
        select(func.count(), func.max(deliveries.c.expires_at))
        .join(issues, issues.c.id == deliveries.c.issue)
        .where(*_released(None), is_queued)
    )
    count, until = tx.execute(asked).one()
    return int(count), until


def unsent(tx: Connection, now: datetime) -> list[Unsent]:
    """The released issues that have deliveries which are not settled, the oldest first."""
    due = func.count().filter(deliveries.c.next_attempt_at <= now)
    asked = (
        select(issues.c.id, issues.c.newsletter, issues.c.period, func.count(), due)
        .join(deliveries, deliveries.c.issue == issues.c.id)
        .where(*_released(None), is_queued)
        .group_by(issues.c.id, issues.c.newsletter, issues.c.period)
        .order_by(issues.c.id)
    )
    return [
        Unsent(issue=issue, newsletter=newsletter, period=period, count=count, due=some)
        for issue, newsletter, period, count, some in tx.execute(asked)
    ]


def stays(tx: Connection, newsletters: Sequence[str]) -> list[Stays]:
    """The issues of which something waits and of which nothing is sent by who serves these
    newsletters, the oldest first."""
    paused = issues.c.state == "paused"
    gone = and_(issues.c.state == "released", issues.c.newsletter.not_in(newsletters))
    asked = (
        select(issues.c.id, issues.c.newsletter, paused)
        .where(or_(paused, gone), _FIRST.is_not(None))
        .order_by(issues.c.id)
    )
    return [
        Stays(issue=issue, newsletter=newsletter, paused=bool(stopped))
        for issue, newsletter, stopped in tx.execute(asked)
    ]


def _released(newsletters: Sequence[str] | None) -> tuple[ColumnElement[bool], ...]:
    released = issues.c.state == "released"
    return (released,) if newsletters is None else (released, issues.c.newsletter.in_(newsletters))


def tally(tx: Connection, issue: int) -> dict[str, int]:
    """How many deliveries of an issue are in each state; those skipped by reason, as ``skipped:
    left``. Rows that were rolled up count as they did."""
    asked = (
        select(deliveries.c.state, deliveries.c.skip, func.count())
        .where(deliveries.c.issue == issue)
        .group_by(deliveries.c.state, deliveries.c.skip)
    )
    rolled_up = select(tallies.c.state, tallies.c.skip, tallies.c.count).where(
        tallies.c.issue == issue
    )
    found: Counter[str] = Counter()
    for state, skip, count in [*tx.execute(asked), *tx.execute(rolled_up)]:
        found[f"{state}: {skip}" if state == State.SKIPPED.value else state] += int(count)
    if sending := claims.count(tx, issue):
        found[State.SENDING.value] = sending
        found[State.QUEUED.value] -= sending
    return dict(+found)

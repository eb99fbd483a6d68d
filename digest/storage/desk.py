"""Issues as the operator sees and steers them: listed, looked into, paused, cancelled, retried."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, Select, and_, exists, func, select, update

from digest.delivery import Skip
from digest.errors import Misconfigured
from digest.storage import claims
from digest.storage import deliveries as rows
from digest.storage.postal import deliveries, is_queued, misses, reviews, state_now
from digest.storage.schema import issues, subscribers, subscriptions


@dataclass(frozen=True, slots=True, kw_only=True)
class IssueInfo:
    """One issue. ``audience`` None: nobody is written down yet.

    ``reason``: why it was discarded. ``release_by``: until when it waits for the editor at most.
    """

    id: int
    newsletter: str
    cadence: str
    period: str
    number: int
    state: str
    subject: str
    created_at: datetime
    released_at: datetime | None
    audience: int | None
    corrects: int | None
    since: datetime
    until: datetime
    reason: str | None
    release_by: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Fate:
    """One delivery and why it is where it is. ``address`` None: the person was erased."""

    id: int
    address: str | None
    state: str
    skip: str | None
    code: int | None
    enhanced: str | None
    text: str | None
    relay: str | None
    attempts: int
    due_at: datetime
    next_attempt_at: datetime
    settled_at: datetime | None


def list_issues(tx: Connection, newsletter: str | None, limit: int) -> list[IssueInfo]:
    """The newest issues first."""
    asked = _issues().order_by(issues.c.id.desc()).limit(limit)
    if newsletter is not None:
        asked = asked.where(issues.c.newsletter == newsletter)
    return [IssueInfo(**row._mapping) for row in tx.execute(asked)]


def knows(tx: Connection, newsletter: str) -> bool:
    """Whether there is an issue of a newsletter, a period without one or a subscription to it."""
    named = (table.c.newsletter == newsletter for table in (issues, misses, subscriptions))
    return any(tx.execute(select(1).where(one).limit(1)).first() for one in named)


def find(tx: Connection, issue: int) -> IssueInfo | None:
    row = tx.execute(_issues().where(issues.c.id == issue)).first()
    return IssueInfo(**row._mapping) if row else None


def correction(tx: Connection, issue: int, *, but: tuple[str, ...] = ("discarded",)) -> int | None:
    """The issue that put this one right last, of those in no state of ``but``; None: none did."""
    asked = select(func.max(issues.c.id)).where(
        issues.c.corrects == issue, issues.c.state.not_in(but)
    )
    last: int | None = tx.execute(asked).scalar_one()
    return last


def fates(tx: Connection, issue: int, states: tuple[str, ...], limit: int) -> list[Fate]:
    """Deliveries of an issue that are in one of ``states``."""
    state = state_now if claims.stretches(tx, issue) else deliveries.c.state
    written = {"queued" if one == "sending" else one for one in states}  # what a row may say then
    asked = (
        select(
            deliveries.c.id,
            subscribers.c.address,
            state.label("state"),
            deliveries.c.skip,
            deliveries.c.code,
            deliveries.c.enhanced,
            deliveries.c.text,
            deliveries.c.relay,
            deliveries.c.attempts,
            deliveries.c.due_at,
            deliveries.c.next_attempt_at,
            deliveries.c.settled_at,
        )
        .join(subscribers, subscribers.c.id == deliveries.c.subscriber, isouter=True)
        .where(deliveries.c.issue == issue, deliveries.c.state.in_(written), state.in_(states))
        .order_by(deliveries.c.id)
        .limit(limit)
    )
    return [Fate(**row._mapping) for row in tx.execute(asked)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """What relays said of some whom an issue failed to reach; ``text``: to one of them."""

    code: int | None
    enhanced: str | None
    text: str | None
    people: int


def reasons(tx: Connection, issue: int) -> list[Reason]:
    """Why an issue failed to reach people, by the codes of the answers, the commonest first."""
    by, count = (deliveries.c.code, deliveries.c.enhanced), func.count().label("people")
    asked = (
        select(*by, func.min(deliveries.c.text).label("text"), count)
        .where(deliveries.c.issue == issue, deliveries.c.state == "failed")
        .group_by(*by)
        .order_by(count.desc(), *by)
    )
    return [Reason(**row._mapping) for row in tx.execute(asked)]


def unknown(issue: int) -> Misconfigured:
    """That there is no issue of a number."""
    return Misconfigured(
        f"issue {issue}", "is not there; `digest issues list` shows those there are"
    )


def half_released(issue: int) -> str:
    """What an issue is that is ``enrolling`` and nobody is at it; what goes on with it or ends it.

    One sentence, for all who say it.
    """
    return (
        f"issue {issue} is half released and goes to nobody yet; `digest work` or `digest run` "
        f"finishes and sends it, `digest issues cancel {issue}` ends it"
    )


def turn(tx: Connection, issue: int, was: tuple[str, ...], becomes: str) -> bool:
    """Move an issue from one of the states ``was``; False where it is in another."""
    changed = tx.execute(
        update(issues).where(issues.c.id == issue, issues.c.state.in_(was)).values(state=becomes)
    )
    return changed.rowcount == 1


def hasten(tx: Connection, issue: int, now: datetime, limit: int = claims.SOME) -> int:
    """The next of an issue that were due and are put off until later may go now; how many."""
    put_off = deliveries.c.next_attempt_at > now, deliveries.c.due_at <= now
    ids = claims.waiting(tx, issue, limit, *put_off)
    rows.put_off(tx, ids, now)
    return len(ids)


def too_late(tx: Connection, issue: int, now: datetime) -> int:
    """For how many that wait for an issue its time is over: they will be skipped."""
    asked = select(func.count()).where(
        deliveries.c.issue == issue, is_queued, deliveries.c.expires_at <= now
    )
    return int(tx.execute(asked).scalar_one())


def cancel_waiting(tx: Connection, issue: int, now: datetime, limit: int = claims.SOME) -> int:
    """The next of an issue that have not left will not; how many. 0: there are no more."""
    ids = claims.waiting(tx, issue, limit)
    rows.skip(tx, ids, Skip.CANCELLED, now)
    return len(ids)


def in_doubt(tx: Connection, issue: int) -> list[int]:
    """The deliveries of an issue that the operator is to be asked about. Walks all of it."""
    asked = select(deliveries.c.id).where(deliveries.c.issue == issue, deliveries.c.state == "held")
    return list(tx.execute(asked.order_by(deliveries.c.id)).scalars())


def cancel_held(tx: Connection, ids: Sequence[int], now: datetime) -> int:
    """Nobody need be asked about these any more, where they are in doubt still; how many."""
    over = {"state": "skipped", "skip": Skip.CANCELLED.value, "settled_at": now}
    these = deliveries.c.id.in_(ids), deliveries.c.state == "held"
    return tx.execute(update(deliveries).where(*these).values(over)).rowcount


def retriable(tx: Connection, issue: int) -> list[int]:
    """The deliveries of an issue that failed or are held. Walks all of it.

    Not to an address that bounced or complained: it would be skipped, and have failed no more.
    """
    may = exists().where(
        subscribers.c.id == deliveries.c.subscriber, subscribers.c.standing == "ok"
    )
    asked = select(deliveries.c.id).where(deliveries.c.issue == issue, _IS_OVER, may)
    return list(tx.execute(asked.order_by(deliveries.c.id)).scalars())


def retry(tx: Connection, ids: Sequence[int], now: datetime, until: datetime) -> int:
    """Queue these again, where they failed or are held still, to be given up at ``until``; how
    many."""
    again = {"state": "queued", "next_attempt_at": now, "expires_at": until, "settled_at": None}
    these = deliveries.c.id.in_(ids), _IS_OVER
    return tx.execute(update(deliveries).where(*these).values(again)).rowcount


def unreached(tx: Connection, issue: int) -> int:
    """How many deliveries of an issue failed or are held."""
    asked = select(func.count()).where(deliveries.c.issue == issue, _IS_OVER)
    return int(tx.execute(asked).scalar_one())


_IS_OVER = deliveries.c.state.in_(("failed", "held"))


def _issues() -> Select[tuple[object, ...]]:
    discarded = and_(
        issues.c.state == "discarded",
        misses.c.newsletter == issues.c.newsletter,
        misses.c.cadence == issues.c.cadence,
        misses.c.period == issues.c.period,
    )
    waits = and_(issues.c.state == "draft", reviews.c.issue == issues.c.id)
    asked = select(
        issues.c.id,
        issues.c.newsletter,
        issues.c.cadence,
        issues.c.period,
        issues.c.number,
        issues.c.state,
        issues.c.subject,
        issues.c.created_at,
        issues.c.released_at,
        issues.c.audience,
        issues.c.corrects,
        issues.c.since,
        issues.c.until,
        misses.c.reason,
        reviews.c.release_by,
    )
    return asked.join(misses, discarded, isouter=True).join(reviews, waits, isouter=True)

"""Claims: who holds which deliveries, by the stretch and not by the row.

A claim is one row whatever it took (``postal.claims``). What it took says queued until what became
of it is kept; nobody else touches it before the claim has ended.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    bindparam,
    delete,
    exists,
    func,
    select,
    update,
)

from digest.delivery import Delivery, DeliveryId, Skip, State
from digest.storage import deliveries, queue
from digest.storage.dialect import by_index
from digest.storage.postal import claims, is_queued, is_waiting
from digest.storage.postal import deliveries as rows
from digest.storage.queue import ENDLESS, Piece, Place, Stretch
from digest.storage.schema import issues

SOME = 5_000  # rows changed in one go: who joins meanwhile waits for it
LEASE_SECONDS = 1800.0  # longer than the longest wait for a relay (RFC 5321, 4.5.3.2)


# Made once: making one takes longer than asking.
_OF_LEASE = claims.c.lease == bindparam("lease")
_HOLD = claims.insert()
_OF = select(claims).where(_OF_LEASE).with_for_update()
_STRETCHES = select(claims).where(claims.c.issue == bindparam("issue"))
_CANCELLED = select(issues.c.id).where(
    issues.c.state == "cancelled", exists().where(rows.c.issue == issues.c.id, is_waiting)
)
_END_ALL = delete(claims).where(_OF_LEASE)
_END = _END_ALL.where(claims.c.number.in_(bindparam("numbers", expanding=True)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Lease:
    """Under which name a worker claims, until when, and the numbers its claims get."""

    name: str
    until: datetime
    numbers: Iterator[int]


def hold(
    tx: Connection, issue: int, lease: Lease, number: int, held: Stretch, now: datetime
) -> None:
    """Keep that a stretch of an issue's queue is ours."""
    row = {
        "lease": lease.name,
        "number": number,
        "issue": issue,
        "from_at": held.start.at,
        "from_id": held.start.id,
        "to_at": held.end.at,
        "to_id": held.end.id,
        "claimed_at": now,
        "lease_until": lease.until,
    }
    tx.execute(_HOLD, row)


def lock(tx: Connection, lease: str) -> None:
    """Before anything is changed under a lease: whoever would end its claims waits for us.

    SQLite has one writer anyway.
    """
    if tx.dialect.name == "postgresql":
        alive(tx, lease)


def alive(tx: Connection, lease: str) -> list[int]:
    """The claims under a lease that nobody has ended; none ends before this transaction does."""
    return [row.number for row in tx.execute(_OF, {"lease": lease})]


def over(tx: Connection, now: datetime) -> dict[str, datetime]:
    """The leases that are over, and since when."""
    asked = select(claims.c.lease, claims.c.lease_until).where(claims.c.lease_until <= now)
    found = tx.execute(asked.order_by(claims.c.lease_until))
    return {row.lease: row.lease_until for row in found}


def stopped(tx: Connection, lease: str) -> set[int]:
    """The claims under a lease of issues that are not released any more."""
    asked = select(claims.c.number).join(issues, issues.c.id == claims.c.issue)
    mine = asked.where(claims.c.lease == lease, issues.c.state != "released")
    return set(tx.execute(mine).scalars())


def renew(tx: Connection, lease: str, until: datetime) -> None:
    """A worker that is alive keeps what it holds."""
    tx.execute(update(claims).where(claims.c.lease == lease).values(lease_until=until))


def end(tx: Connection, lease: str, numbers: Collection[int] | None = None) -> None:
    """End claims (None: all of the lease): what is still queued of them may be claimed anew."""
    if numbers is None:
        tx.execute(_END_ALL, {"lease": lease})
    elif numbers:
        tx.execute(_END, {"lease": lease, "numbers": list(numbers)})


def stretches(tx: Connection, issue: int) -> list[Stretch]:
    """What is claimed of an issue's queue."""
    return [_stretch(row) for row in tx.execute(_STRETCHES, {"issue": issue})]


def behind(tx: Connection) -> datetime:
    """A moment behind all that is claimed now: what is queued from then on is in no stretch."""
    last = tx.execute(select(func.max(claims.c.to_at))).scalar_one()
    return cast(datetime, last) + timedelta(microseconds=1)


def count(tx: Connection, issue: int) -> int:
    """How many deliveries of an issue are on their way."""
    how_many = select(func.count()).select_from(rows)
    return sum(
        tx.execute(how_many.where(*_within(issue, piece))).scalar_one()
        for stretch in stretches(tx, issue)
        for piece in queue.pieces(stretch)
    )


def waiting(tx: Connection, issue: int, limit: int, *also: ColumnElement[bool]) -> list[DeliveryId]:
    """The next of an issue's queue that nobody holds, and of which ``also`` is true."""
    by_index(tx)
    asked = select(rows.c.id).where(rows.c.issue == issue, is_waiting, *also)
    next_ = asked.order_by(rows.c.next_attempt_at, rows.c.id).limit(limit)
    return list(tx.execute(next_).scalars())


def held(tx: Connection, lease: str, ids: Sequence[int] | None = None) -> list[Delivery]:
    """What is claimed under a lease and not settled; of these alone, where ``ids`` are given.

    None of its claims ends before this transaction does.
    """
    own = [(row, _stretch(row)) for row in tx.execute(_OF, {"lease": lease})]
    if ids is None:
        return [
            _delivery(row, claim)
            for claim, stretch in own
            for piece in queue.pieces(stretch)
            for row in tx.execute(select(rows).where(*_within(claim.issue, piece)))
        ]
    found: list[Delivery] = []
    for row in tx.execute(select(rows).where(rows.c.id.in_(ids), rows.c.state == "queued")):
        place = Place(row.next_attempt_at, row.id)
        for claim, (start, end_) in own:
            if claim.issue == row.issue and start <= place <= end_:
                found.append(_delivery(row, claim))
                break
    return found


def inherit(
    tx: Connection, lease: str, becomes: Callable[[Delivery], Delivery | None], now: datetime
) -> list[Delivery]:
    """Settle what somebody who is gone held; what ``becomes`` answered.

    None: it never left, and is queued as if it had not been claimed.
    """
    after = [one for delivery in held(tx, lease) if (one := becomes(delivery)) is not None]
    deliveries.settle(tx, [(one, "") for one in after])
    end(tx, lease)
    withdraw(tx, now)
    return after


def withdraw(tx: Connection, at: datetime, limit: int = SOME) -> None:
    """What came back of issues that were cancelled meanwhile will not leave any more.

    The next of them: whoever cancels skips all that waits, so many at a time.
    """
    for issue in tx.execute(_CANCELLED).scalars().all():
        if ids := waiting(tx, issue, limit):
            deliveries.skip(tx, ids, Skip.CANCELLED, at)


def _stretch(row: Row[Any]) -> Stretch:
    return Stretch(Place(row.from_at, row.from_id), Place(row.to_at, row.to_id))


def _within(issue: int, piece: Piece) -> tuple[ColumnElement[bool], ...]:
    """What of an issue's queue a piece has; each is found by the index over it."""
    after, before = piece
    mine = rows.c.issue == issue, is_queued
    if piece.of_one_moment:
        same = *mine, rows.c.next_attempt_at == after.at, rows.c.id > after.id
        return same if before.id == ENDLESS else (*same, rows.c.id < before.id)
    return *mine, rows.c.next_attempt_at > after.at, rows.c.next_attempt_at < before.at


def _delivery(row: Row[Any], claim: Row[Any]) -> Delivery:
    return Delivery(
        id=DeliveryId(row.id),
        state=State.SENDING,
        enrolled_at=row.enrolled_at,
        due_at=row.due_at,
        expires_at=row.expires_at,
        attempts=row.attempts + 1,
        claimed_at=claim.claimed_at,
        lease_until=claim.lease_until,
        next_attempt_at=row.next_attempt_at,
    )

"""Claims: who holds which deliveries, by the stretch and not by the row.

A claim is one row whatever it took (``postal.claims``). What it took says queued until what became
of it is kept; nobody else touches it before the claim has ended.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, bindparam, delete, select, update

from digest.delivery import Delivery, DeliveryId, State
from digest.storage import deliveries
from digest.storage.postal import claims, is_covered, is_queued, state_now
from digest.storage.postal import deliveries as rows
from digest.storage.queue import Place, Stretch

LEASE_SECONDS = 1800.0  # longer than the longest wait for a relay (RFC 5321, 4.5.3.2)


# Made once: making one takes longer than asking.
_OF_LEASE = claims.c.lease == bindparam("lease")
_HOLD = claims.insert()
_STRETCHES = select(claims.c.from_at, claims.c.from_id, claims.c.to_at, claims.c.to_id).where(
    claims.c.issue == bindparam("issue")
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


def alive(tx: Connection, lease: str) -> list[int]:
    """The claims under a lease that nobody has ended; none ends before this transaction does."""
    asked = select(claims.c.number).where(claims.c.lease == lease).with_for_update()
    return list(tx.execute(asked).scalars())


def over(tx: Connection, now: datetime) -> dict[str, datetime]:
    """The leases that are over, and since when."""
    asked = select(claims.c.lease, claims.c.lease_until).where(claims.c.lease_until <= now)
    found = tx.execute(asked.order_by(claims.c.lease_until))
    return {row.lease: row.lease_until for row in found}


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
    found = tx.execute(_STRETCHES, {"issue": issue})
    return [Stretch(Place(at, first), Place(to, last)) for at, first, to, last in found]


def state(tx: Connection, issue: int) -> ColumnElement[str]:
    """The state of an issue's deliveries as people see it, by the quickest way there is now."""
    return state_now if stretches(tx, issue) else rows.c.state


def held(tx: Connection, lease: str, ids: Sequence[int] | None = None) -> list[Delivery]:
    """What is claimed under a lease and not settled; of these alone, where ``ids`` are given."""
    asked = select(rows, claims.c.claimed_at.label("taken_at"), claims.c.lease_until)
    mine = asked.join_from(claims, rows, is_covered).where(claims.c.lease == lease, is_queued)
    if ids is not None:
        mine = mine.where(rows.c.id.in_(ids))
    return [
        Delivery(
            id=DeliveryId(row.id),
            state=State.SENDING,
            enrolled_at=row.enrolled_at,
            due_at=row.due_at,
            expires_at=row.expires_at,
            attempts=row.attempts + 1,
            claimed_at=row.taken_at,
            lease_until=row.lease_until,
            next_attempt_at=row.next_attempt_at,
        )
        for row in tx.execute(mine)
    ]


def inherit(
    tx: Connection, lease: str, becomes: Callable[[Delivery], Delivery | None]
) -> list[Delivery]:
    """Settle what somebody who is gone held; what ``becomes`` answered.

    None: it never left, and is queued as if it had not been claimed.
    """
    alive(tx, lease)  # whoever else would settle them waits
    after = [one for delivery in held(tx, lease) if (one := becomes(delivery)) is not None]
    deliveries.settle(tx, lease, [(one, "") for one in after])
    end(tx, lease)
    return after

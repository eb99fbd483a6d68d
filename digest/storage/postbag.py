"""The letters that are due: claimed with consent read anew, and settled one by one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, func, or_, select, type_coerce, update

from digest.delivery import Delivery, DeliveryId, Skip, State
from digest.storage import people
from digest.storage.schema import letters, subscribers
from subscribers import consent
from subscribers.address import Address
from subscribers.model import Kind, Standing, Status, Subscriber, SubscriberId, Subscription

# With how their readers are called; only looked at, so that who may only read can ask, too.
_LETTERS = select(letters, subscribers.c.name.label("called")).join(subscribers)
LEASE = timedelta(minutes=30)  # longer than the longest wait for a relay (RFC 5321, 4.5.3.2)


@dataclass(frozen=True, slots=True, kw_only=True)
class Owed:
    """A letter that was claimed, and to whom it goes. ``newsletter`` "": it speaks of all."""

    delivery: Delivery
    subscriber: SubscriberId
    newsletter: str
    kind: Kind
    address: Address
    name: str
    language: str


def due(tx: Connection, now: datetime, limit: int) -> list[Owed]:
    """The letters that may be tried now, the oldest first, not claimed yet."""
    found = (
        _LETTERS.where(
            letters.c.state == State.QUEUED.value,
            letters.c.due_at <= now,
            or_(letters.c.next_attempt_at.is_(None), letters.c.next_attempt_at <= now),
        )
        .order_by(letters.c.due_at, letters.c.id)
        .limit(limit)
    )
    return [_owed(row) for row in tx.execute(found)]


def abandoned(tx: Connection, now: datetime) -> list[Owed]:
    """Letters whose lease is over: whoever claimed them died with them on the wire."""
    found = _LETTERS.where(letters.c.state == State.SENDING.value, letters.c.lease_until <= now)
    return [_owed(row) for row in tx.execute(found.order_by(letters.c.id))]


def objection(tx: Connection, owed: Owed, now: datetime) -> Skip | None:
    """Why the letter may not go to its reader any more; consent is read at this moment."""
    person = people.of_id(tx, owed.subscriber)
    if person is None:
        return Skip.LEFT
    if owed.kind is Kind.ADDRESS:
        same = person.new_address is not None and person.new_address.key == owed.address.key
        return None if same and _may(person, _nothing(owed), owed, now) else Skip.CANCELLED
    held = next(
        (h for h in people.subscriptions_of(tx, person.id) if h.newsletter == owed.newsletter), None
    )
    if held is not None and _may(person, held, owed, now):
        return None
    if person.standing is Standing.BOUNCED:
        return Skip.BOUNCED
    if person.standing is not Standing.OK:
        return Skip.SUPPRESSED
    if held is not None and consent.status_at(held, now) is Status.PAUSED:
        return Skip.PAUSED
    # Single opt-in, or a confirmation that came first: there is nothing left to ask.
    return Skip.CANCELLED if held and held.status is not Status.LEFT else Skip.LEFT


def held(tx: Connection, lease: str) -> list[Owed]:
    """Letters claimed under a lease and not settled."""
    found = _LETTERS.where(letters.c.state == State.SENDING.value, letters.c.lease == lease)
    return [_owed(row) for row in tx.execute(found.order_by(letters.c.id))]


def renew(tx: Connection, lease: str, until: datetime) -> None:
    """A worker that is alive keeps what it holds."""
    mine = (letters.c.state == State.SENDING.value, letters.c.lease == lease)
    tx.execute(update(letters).where(*mine).values(lease_until=until))


def outlook(tx: Connection) -> tuple[int, datetime | None]:
    """How many letters are not settled, and when the first of the queued may go."""
    waiting = (State.QUEUED.value, State.SENDING.value)
    count = select(func.count()).where(letters.c.state.in_(waiting))
    first = select(func.min(func.coalesce(letters.c.next_attempt_at, letters.c.due_at))).where(
        letters.c.state == State.QUEUED.value
    )
    at = tx.execute(select(type_coerce(first.scalar_subquery(), letters.c.due_at.type))).scalar()
    return int(tx.execute(count).scalar() or 0), at


def save(tx: Connection, before: Delivery, after: Delivery, lease: str | None = None) -> bool:
    """Keep what became of a letter; False where somebody else was quicker.

    ``lease``: under which it is claimed from now on; None: under none.
    """
    changed = tx.execute(
        update(letters)
        .where(
            letters.c.id == before.id,
            letters.c.state == before.state.value,
            letters.c.attempts == before.attempts,
            # Of a claim that was given back while nobody heard so, the next one is somebody else's.
            letters.c.claimed_at.is_not_distinct_from(before.claimed_at),
        )
        .values(
            state=after.state.value,
            reason=_reason(after),
            attempts=after.attempts,
            claimed_at=after.claimed_at,
            lease=lease,
            lease_until=after.lease_until,
            next_attempt_at=after.next_attempt_at,
            settled_at=after.settled_at,
        )
    )
    return changed.rowcount == 1


def _may(person: Subscriber, held: Subscription, owed: Owed, now: datetime) -> bool:
    return consent.may_write_to(person, held, owed.kind, now)


def _nothing(owed: Owed) -> Subscription:
    """A letter about the address asks no subscription."""
    return Subscription(subscriber=owed.subscriber, newsletter=owed.newsletter)


def _reason(after: Delivery) -> str | None:
    if after.skip is not None:
        return after.skip.value
    said = " ".join(part for part in (str(after.code or ""), after.enhanced, after.text) if part)
    return said or None


def _owed(row: Row[Any]) -> Owed:
    return Owed(
        delivery=Delivery(
            id=DeliveryId(row.id),
            state=State(row.state),
            enrolled_at=row.enrolled_at,
            due_at=row.due_at,
            expires_at=row.expires_at,
            attempts=row.attempts,
            claimed_at=row.claimed_at,
            lease_until=row.lease_until,
            next_attempt_at=row.next_attempt_at,
        ),
        subscriber=SubscriberId(row.subscriber),
        newsletter=row.newsletter,
        kind=Kind(row.kind),
        address=Address.parse(row.address),
        name=row.called,
        language=row.language,
    )

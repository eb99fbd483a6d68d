"""Who may be written to: subscribers and their subscriptions."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from datetime import datetime, time
from typing import Any, TypeVar

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    Select,
    Text,
    bindparam,
    delete,
    func,
    or_,
    select,
    update,
)

from digest.storage import dialect, mailed
from digest.storage.schema import consent_log, subscribers, subscriptions
from subscribers.address import Address
from subscribers.model import By, Standing, Status, Subscriber, SubscriberId, Subscription

Asked = TypeVar("Asked", bound=tuple[Any, ...])

LIMIT = 1_000  # joins forgotten in one go: who joins meanwhile waits for it


def new_id() -> SubscriberId:
    """96 random bits: nothing about a person can be read off their id."""
    return SubscriberId(secrets.token_hex(12))


def new_ids() -> Iterator[SubscriberId]:
    """Ids for a batch: 32 random bits in common, 64 of each one's own.

    Neighbours in the index: a million at random would touch every page of it, again and again.
    """
    common = secrets.token_hex(4)
    while True:
        block = secrets.token_hex(8 * 500)
        for at in range(0, len(block), 16):
            yield SubscriberId(common + block[at : at + 16])


def add(tx: Connection, person: Subscriber) -> bool:
    """Keep a new person; False if the address is known, by whatever id."""
    return dialect.add(tx, subscribers, person_row(person))


def at_address(tx: Connection, address: Address) -> Subscriber | None:
    """The person at an address, whatever its spelling: to look at, not to change."""
    return _found(tx, _AT_ADDRESS, address.key)


def of_address(tx: Connection, address: Address) -> Subscriber | None:
    """The person at an address; nobody else may change them until this transaction ends."""
    return _found(tx, _LOCKED_AT_ADDRESS, address.key)


def of_id(tx: Connection, id: SubscriberId) -> Subscriber | None:  # noqa: A002 -- the field's name
    """The person of an id; nobody else may change them until this transaction ends."""
    return _found(tx, _LOCKED, id)


def save(tx: Connection, person: Subscriber) -> None:
    """Bring a known person up to date."""
    tx.execute(_SAVE, {**person_row(person), "who": person.id})


def forget(tx: Connection, person: SubscriberId) -> None:
    """Keep nothing of a person: subscriptions, log, letters and reports go, too.

    Deliveries to them are still counted, without what mail servers said: it names their address.
    """
    mailed.unsay(tx, person)
    tx.execute(delete(subscribers).where(subscribers.c.id == person))


def subscriptions_of(tx: Connection, person: SubscriberId) -> list[Subscription]:
    """All a person subscribed to, by newsletter."""
    return [held_of(row) for row in tx.execute(_HELD, {"who": person})]


def save_subscription(tx: Connection, held: Subscription) -> None:
    """Keep what is true of a subscription now, new or not."""
    dialect.put(tx, subscriptions, held_row(held))


def lapse(tx: Connection, now: datetime, limit: int = LIMIT) -> int:
    """Leave as they had left the next who were joined again and did not confirm in time; how many.

    Nor is a join forgotten whose person agreed to the newsletter before: the log of it would go.
    """
    earlier = (Status.ACTIVE.value, Status.PAUSED.value, Status.LEFT.value)
    knew = select(consent_log.c.at).where(
        consent_log.c.subscriber == subscriptions.c.subscriber,
        consent_log.c.newsletter == subscriptions.c.newsletter,
        consent_log.c.was.in_(earlier),
    )
    back = *_late(now), or_(subscriptions.c.left_at.is_not(None), knew.exists())
    who = _late_ones(tx, back, limit)
    since = func.coalesce(subscriptions.c.left_at, subscriptions.c.joined_at)
    values = {"status": Status.LEFT.value, "confirm_by": None, "left_at": since}
    these = update(subscriptions).where(subscriptions.c.subscriber.in_(who), *back)
    return tx.execute(these.values(values)).rowcount


def purge(tx: Connection, now: datetime, limit: int = LIMIT) -> int:
    """Forget the next joins that were never confirmed in time, and who joined nothing else; how
    many. 0: there are none.

    ``lapse`` first: whoever agreed before is not forgotten.
    """
    late = *_late(now), subscriptions.c.left_at.is_(None)
    who = _late_ones(tx, late, limit)
    gone = delete(subscriptions).where(subscriptions.c.subscriber.in_(who), *late)
    count = tx.execute(gone).rowcount
    # A bounce or complaint is worth remembering, whether or not anything is subscribed to.
    others = select(subscriptions.c.subscriber).where(
        subscriptions.c.subscriber == subscribers.c.id
    )
    tx.execute(
        delete(subscribers).where(
            subscribers.c.id.in_(who),
            subscribers.c.standing == Standing.OK.value,
            ~others.exists(),
        )
    )
    return count


def _late_ones(
    tx: Connection, late: tuple[ColumnElement[bool], ...], limit: int
) -> list[SubscriberId]:
    """Whose joins are over, the oldest first, and nobody else's to change from here on."""
    asked = select(subscriptions.c.subscriber).where(*late)
    found = tx.execute(asked.order_by(subscriptions.c.confirm_by).limit(limit)).scalars()
    # The people first, as everybody does: who joins anew at this instant waits, or we do.
    these = subscribers.c.id.in_(set(found))
    return list(tx.execute(_locking(select(subscribers.c.id)).where(these)).scalars())


def _late(now: datetime) -> tuple[ColumnElement[bool], ...]:
    return subscriptions.c.status == Status.PENDING.value, subscriptions.c.confirm_by <= now


def _found(tx: Connection, asked: Select[Any], who: str) -> Subscriber | None:
    row = tx.execute(asked, {"who": who}).first()
    return person_of(row) if row else None


def _locking(asked: Select[Asked]) -> Select[Asked]:
    """The people asked for, in the order of their ids; nobody else changes them from here on.

    FOR NO KEY UPDATE: an import, which lets nobody else write people, may refer to them meanwhile.
    Could it not, it would wait for who waits for it.
    """
    return asked.order_by(subscribers.c.id).with_for_update(key_share=True)


# Written once: to write one takes SQLAlchemy longer than to run it, and readers wait for it.
_WHO = bindparam("who", type_=Text)
_ADDRESS = subscribers.c.address_key == _WHO
_AT_ADDRESS = select(subscribers).where(_ADDRESS)
# Two doors that change one person at the same instant do so one after the other.
_LOCKED_AT_ADDRESS = _locking(_AT_ADDRESS)
_LOCKED = _locking(select(subscribers).where(subscribers.c.id == _WHO))
_SAVE = update(subscribers).where(subscribers.c.id == _WHO)
_HELD = (
    select(subscriptions)
    .where(subscriptions.c.subscriber == _WHO)
    .order_by(subscriptions.c.newsletter)
)


def person_of(row: Row[Any]) -> Subscriber:
    """The person of a row that holds their columns, others besides them or not."""
    return Subscriber(
        id=SubscriberId(row.id),
        address=Address.parse(row.address),
        name=row.name,
        language=row.language,
        timezone=row.timezone,
        standing=Standing(row.standing),
        new_address=Address.parse(row.new_address) if row.new_address else None,
        new_address_by=row.new_address_by,
    )


def held_of(row: Row[Any]) -> Subscription:
    """The subscription of a row that holds its columns, others besides them or not."""
    return Subscription(
        subscriber=SubscriberId(row.subscriber),
        newsletter=row.newsletter,
        status=Status(row.status),
        cadence=row.cadence,
        topics=tuple(row.topics),
        hour=time.fromisoformat(row.hour) if row.hour else None,
        joined_at=row.joined_at,
        confirm_by=row.confirm_by,
        confirmed_at=row.confirmed_at,
        left_at=row.left_at,
        left_by=By(row.left_by) if row.left_by else None,
        paused_until=row.paused_until,
    )


def person_row(person: Subscriber) -> dict[str, object]:
    """The columns of a person; those that no two people share come first."""
    return {
        "id": person.id,
        "address": str(person.address),
        "address_key": person.address.key,
        "name": person.name,
        "language": person.language,
        "timezone": person.timezone,
        "standing": person.standing.value,
        "new_address": str(person.new_address) if person.new_address else None,
        "new_address_by": person.new_address_by,
    }


def held_row(held: Subscription) -> dict[str, object]:
    """The columns of a subscription, its person first."""
    return {
        "subscriber": held.subscriber,
        "newsletter": held.newsletter,
        "status": held.status.value,
        "cadence": held.cadence,
        "topics": list(held.topics),
        "hour": f"{held.hour:%H:%M}" if held.hour else None,
        "joined_at": held.joined_at,
        "confirm_by": held.confirm_by,
        "confirmed_at": held.confirmed_at,
        "left_at": held.left_at,
        "left_by": held.left_by.value if held.left_by else None,
        "paused_until": held.paused_until,
    }

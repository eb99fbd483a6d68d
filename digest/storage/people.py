"""Who may be written to: subscribers and their subscriptions."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time
from typing import Any

from sqlalchemy import Connection, Row, Select, and_, func, or_, select

from digest.model import NewsletterId
from digest.storage.dialect import insert
from digest.storage.schema import subscribers, subscriptions
from subscribers.address import Address
from subscribers.model import Standing, Status, Subscriber, SubscriberId, Subscription


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipient:
    """One person an issue goes to: what filling in a message needs."""

    id: SubscriberId
    address: Address
    name: str
    language: str
    timezone: str
    hour: time | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Audience:
    """How many an issue goes to, in which languages, and the first few of them."""

    count: int
    languages: dict[str, int]
    first: tuple[Recipient, ...]


NOBODY = Audience(count=0, languages={}, first=())


def audience(
    tx: Connection, newsletter: NewsletterId, cadence: str, now: datetime, limit: int
) -> Audience:
    """Those who may be written to now, in a stable order.

    Active, or paused until a moment that has passed; the address ok; the same cadence.
    """
    of = _audience(newsletter, cadence, now)
    languages = tx.execute(
        of.with_only_columns(subscribers.c.language, func.count()).group_by(subscribers.c.language)
    )
    counts = {language: int(count) for language, count in languages}
    first = tx.execute(
        of.with_only_columns(subscribers, subscriptions.c.hour)
        .order_by(subscribers.c.id)
        .limit(limit)
    )
    return Audience(
        count=sum(counts.values()),
        languages=counts,
        first=tuple(_recipient(row) for row in first),
    )


def enrol(tx: Connection, person: Subscriber, subscription: Subscription) -> bool:
    """Keep a person and a subscription; False if the address or subscription is known already."""
    made = tx.execute(
        insert(tx, subscribers)
        .values(
            id=person.id,
            address=str(person.address),
            address_key=person.address.key,
            name=person.name,
            language=person.language,
            timezone=person.timezone,
            standing=person.standing.value,
        )
        .on_conflict_do_nothing()
        .returning(subscribers.c.id)
    ).first()
    if made is None and not _known(tx, person):
        return False
    joined = tx.execute(
        insert(tx, subscriptions)
        .values(
            subscriber=subscription.subscriber,
            newsletter=subscription.newsletter,
            status=subscription.status.value,
            cadence=subscription.cadence,
            topics=list(subscription.topics),
            hour=f"{subscription.hour:%H:%M}" if subscription.hour else None,
            joined_at=subscription.joined_at,
            confirmed_at=subscription.confirmed_at,
            left_at=subscription.left_at,
            paused_until=subscription.paused_until,
        )
        .on_conflict_do_nothing()
        .returning(subscriptions.c.subscriber)
    ).first()
    return joined is not None


def _known(tx: Connection, person: Subscriber) -> bool:
    asked = select(subscribers.c.id).where(
        subscribers.c.id == person.id, subscribers.c.address_key == person.address.key
    )
    return tx.execute(asked).first() is not None


def _audience(newsletter: NewsletterId, cadence: str, now: datetime) -> Select[Any]:
    return (
        select(subscribers)
        .join(subscriptions, subscriptions.c.subscriber == subscribers.c.id)
        .where(
            subscriptions.c.newsletter == newsletter,
            subscriptions.c.cadence == cadence,
            or_(
                subscriptions.c.status == Status.ACTIVE.value,
                and_(
                    subscriptions.c.status == Status.PAUSED.value,
                    subscriptions.c.paused_until <= now,
                ),
            ),
            subscribers.c.standing == Standing.OK.value,
        )
    )


def _recipient(row: Row[Any]) -> Recipient:
    return Recipient(
        id=SubscriberId(row.id),
        address=Address.parse(row.address),
        name=row.name,
        language=row.language,
        timezone=row.timezone,
        hour=time.fromisoformat(row.hour) if row.hour else None,
    )

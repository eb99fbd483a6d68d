"""Those an issue goes to now: what they chose, how many they are, and the first of them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, time
from typing import Any

from sqlalchemy import Connection, Row, Select, Text, and_, cast, func, or_, select

from digest.choices import Choice
from digest.model import NewsletterId
from digest.storage.schema import subscribers, subscriptions
from subscribers.address import Address
from subscribers.model import Standing, Status, SubscriberId


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipient:
    """One person an issue goes to: what filling in a message needs."""

    id: SubscriberId
    address: Address
    name: str
    language: str
    timezone: str
    hour: time | None
    choice: Choice


def choices(
    tx: Connection, newsletter: NewsletterId, cadence: str, now: datetime
) -> dict[Choice, int]:
    """What those who may be written to now have chosen, and how many chose it.

    Active, or paused until a moment that has passed; the address ok; the same cadence.
    """
    topics = cast(subscriptions.c.topics, Text)  # PostgreSQL does not group by json
    asked = (
        _audience(newsletter, cadence, now)
        .with_only_columns(topics, subscribers.c.language, func.count())
        .group_by(topics, subscribers.c.language)
    )
    counts: dict[Choice, int] = {}
    for chosen, language, count in tx.execute(asked):
        choice = Choice.of(json.loads(chosen), language)
        counts[choice] = counts.get(choice, 0) + int(count)
    return counts


def first_of_each(
    tx: Connection, newsletter: NewsletterId, cadence: str, now: datetime, limit: int
) -> list[Recipient]:
    """Of those who may be written to now the first ``limit`` of each choice, by their ids."""
    place = func.row_number().over(
        partition_by=(cast(subscriptions.c.topics, Text), subscribers.c.language),
        order_by=subscribers.c.id,
    )
    ranked = (
        _audience(newsletter, cadence, now)
        .with_only_columns(
            subscribers, subscriptions.c.hour, subscriptions.c.topics, place.label("place")
        )
        .subquery()
    )
    asked = select(ranked).where(ranked.c.place <= limit).order_by(ranked.c.id)
    return [_recipient(row) for row in tx.execute(asked)]


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
        choice=Choice.of(row.topics, row.language),
    )

"""A membership over real SQLite, as small as the pages can be tried with.

It keeps people and subscriptions in the store's own tables; letters are noted in ``letters`` in
place of being queued, at most one an hour for each address.
"""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Callable, Mapping
from dataclasses import asdict, replace
from datetime import datetime, time, timedelta
from typing import Any

from sqlalchemy import Connection, delete, select, update

from digest.model import NewsletterId
from digest.storage import people
from digest.storage.database import Store
from digest.storage.schema import subscribers, subscriptions
from digest.web.members import Joining, Member, Wishes
from subscribers.address import Address
from subscribers.model import Status, Subscriber, SubscriberId, Subscription

COOLDOWN = timedelta(hours=1)


class Guests:
    def __init__(self, store: Store) -> None:
        self._store = store
        self.letters: list[tuple[str, SubscriberId, NewsletterId]] = []
        self.wishes: list[Joining] = []
        self._written: dict[str, datetime] = {}
        self._turn = asyncio.Lock()

    async def join(self, wish: Joining, now: datetime) -> None:
        self.wishes.append(wish)
        async with self._turn:
            member = await self._store.write(_join, wish, now)
            key = wish.address.key
            due = now - self._written.get(key, now - COOLDOWN) >= COOLDOWN
            if member.subscription.status is Status.PENDING and due:
                self._written[key] = now
                self.letters.append(("confirm", member.person.id, wish.newsletter))

    async def find(self, who: SubscriberId, newsletter: NewsletterId) -> Member | None:
        return await self._store.read(_member, who, newsletter)

    async def confirm(self, who, newsletter, now):
        return await self._turned(
            who, newsletter, {Status.PENDING}, status=Status.ACTIVE, confirmed_at=now
        )

    async def leave(self, who, newsletter, now):
        return await self._turned(who, newsletter, set(Status), status=Status.LEFT, left_at=now)

    async def come_back(self, who, newsletter, now):
        return await self._turned(
            who, newsletter, {Status.LEFT}, status=Status.ACTIVE, left_at=None
        )

    async def pause(self, who, newsletter, until, now):
        return await self._turned(
            who, newsletter, {Status.ACTIVE}, status=Status.PAUSED, paused_until=until
        )

    async def change(self, who, newsletter, wishes: Wishes, now):
        member = await self.find(who, newsletter)
        if member is None:
            return None
        person = replace(
            member.person, name=wishes.name, language=wishes.language, timezone=wishes.timezone
        )
        await self._store.write(_keep_person, person)
        paused = member.subscription.status is Status.PAUSED
        return await self._turned(
            who,
            newsletter,
            set(Status),
            cadence=wishes.cadence,
            topics=wishes.topics,
            hour=wishes.hour,
            status=Status.ACTIVE if paused else member.subscription.status,
            paused_until=None,
        )

    async def move(self, who, newsletter, address: Address, now) -> None:
        self.letters.append((f"move to {address}", who, newsletter))

    async def data_of(self, who: SubscriberId) -> Mapping[str, object] | None:
        found = await self._store.read(_person, who)
        return found and {"person": {**asdict(found), "address": str(found.address)}}

    async def erase(self, who: SubscriberId, now: datetime) -> None:
        await self._store.write(
            lambda tx: tx.execute(delete(subscribers).where(subscribers.c.id == who))
        )

    async def count(self) -> int:
        return len(await self._store.read(lambda tx: tx.execute(select(subscribers.c.id)).all()))

    async def _turned(self, who, newsletter, when: set[Status], **new: Any) -> Member | None:
        async with self._turn:
            member = await self.find(who, newsletter)
            if member and member.subscription.status in when:
                await self._store.write(_keep, replace(member.subscription, **new))
            return await self.find(who, newsletter)


def _join(tx: Connection, wish: Joining, now: datetime) -> Member:
    known = tx.execute(
        select(subscribers.c.id).where(subscribers.c.address_key == wish.address.key)
    ).scalar()
    who = SubscriberId(known or uuid.uuid4().hex)
    person = Subscriber(id=who, address=wish.address, name=wish.name, language=wish.language)
    subscription = Subscription(
        subscriber=who, newsletter=wish.newsletter, cadence=wish.cadence, joined_at=now
    )
    people.enrol(tx, person, subscription)
    member = _member(tx, who, wish.newsletter)
    assert member
    if member.subscription.status is Status.LEFT:
        _keep(tx, replace(member.subscription, status=Status.PENDING))
    found = _member(tx, who, wish.newsletter)
    assert found
    return found


def _person(tx: Connection, who: SubscriberId) -> Subscriber | None:
    row = tx.execute(select(subscribers).where(subscribers.c.id == who)).first()
    return row and Subscriber(
        id=who,
        address=Address.parse(row.address),
        name=row.name,
        language=row.language,
        timezone=row.timezone,
    )


def _member(tx: Connection, who: SubscriberId, newsletter: NewsletterId) -> Member | None:
    person = _person(tx, who)
    row = tx.execute(
        select(subscriptions).where(
            subscriptions.c.subscriber == who, subscriptions.c.newsletter == newsletter
        )
    ).first()
    if person is None or row is None:
        return None
    given = dict(row._mapping)
    given["status"] = Status(given["status"])
    given["topics"] = tuple(given["topics"])
    given["hour"] = time.fromisoformat(given["hour"]) if given["hour"] else None
    return Member(person=person, subscription=Subscription(**given))


def _keep(tx: Connection, subscription: Subscription) -> None:
    tx.execute(
        update(subscriptions)
        .where(
            subscriptions.c.subscriber == subscription.subscriber,
            subscriptions.c.newsletter == subscription.newsletter,
        )
        .values(
            status=subscription.status.value,
            cadence=subscription.cadence,
            topics=list(subscription.topics),
            hour=f"{subscription.hour:%H:%M}" if subscription.hour else None,
            confirmed_at=subscription.confirmed_at,
            left_at=subscription.left_at,
            paused_until=subscription.paused_until,
        )
    )


def _keep_person(tx: Connection, person: Subscriber) -> None:
    tx.execute(
        update(subscribers)
        .where(subscribers.c.id == person.id)
        .values(name=person.name, language=person.language, timezone=person.timezone)
    )


Clock = Callable[[], datetime]

"""What the pages ask of the membership: who a link speaks for, and what that person wants now.

The pages know no rule of consent and no table. Whoever implements ``Members`` does each of these
as one transaction, letters included, and answers the same whether it had to do anything or not.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time
from typing import Protocol

from digest.model import NewsletterId
from subscribers.address import Address
from subscribers.model import Subscriber, SubscriberId, Subscription


@dataclass(frozen=True, slots=True, kw_only=True)
class Consent:
    """What was agreed to, on which page, and a keyed hash of the network it came from."""

    text: str  # the version of the words
    page: str  # subscribe | embed | api
    network: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Joining:
    """A stranger's wish to get a newsletter; nothing of it is proven but the address's form."""

    newsletter: NewsletterId
    address: Address
    name: str
    language: str  # ISO 639-1
    cadence: str
    consent: Consent


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """What a reader chose on the preferences page. ``topics`` empty: all; ``hour`` None: as it
    comes."""

    cadence: str
    topics: tuple[str, ...]
    hour: time | None
    name: str
    language: str
    timezone: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """One person and one subscription of theirs, as they are now."""

    person: Subscriber
    subscription: Subscription


class Members(Protocol):
    """Each verb raises DigestError where the database cannot be reached; None: no such person."""

    async def join(self, wish: Joining, now: datetime) -> None: ...

    async def find(self, who: SubscriberId, newsletter: NewsletterId) -> Member | None: ...

    async def confirm(
        self, who: SubscriberId, newsletter: NewsletterId, now: datetime
    ) -> Member | None: ...

    async def leave(
        self, who: SubscriberId, newsletter: NewsletterId, now: datetime
    ) -> Member | None: ...

    async def come_back(
        self, who: SubscriberId, newsletter: NewsletterId, now: datetime
    ) -> Member | None: ...

    async def pause(
        self, who: SubscriberId, newsletter: NewsletterId, until: datetime, now: datetime
    ) -> Member | None: ...

    async def change(
        self, who: SubscriberId, newsletter: NewsletterId, wishes: Wishes, now: datetime
    ) -> Member | None: ...

    async def move(
        self, who: SubscriberId, newsletter: NewsletterId, address: Address, now: datetime
    ) -> None: ...

    async def data_of(self, who: SubscriberId) -> Mapping[str, object] | None: ...

    async def erase(self, who: SubscriberId, now: datetime) -> None: ...

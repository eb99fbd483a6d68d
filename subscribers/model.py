"""The people: an address and its standing, a subscription and its consent. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time
from enum import StrEnum
from typing import NewType

from subscribers.address import Address

SubscriberId = NewType("SubscriberId", str)  # random, opaque; never derived from the address


class Standing(StrEnum):
    """May this address be written to at all?"""

    OK = "ok"
    BOUNCED = "bounced"
    COMPLAINED = "complained"
    ERASED = "erased"


class Status(StrEnum):
    PENDING = "pending"
    ACTIVE = "active"
    PAUSED = "paused"
    LEFT = "left"


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscriber:
    """A person. ``language`` ISO 639-1, ``timezone`` IANA."""

    id: SubscriberId
    address: Address
    name: str = ""
    language: str = "en"
    timezone: str = "UTC"
    standing: Standing = Standing.OK


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """What a person agreed to for one newsletter. ``hour`` None: the newsletter's own."""

    subscriber: SubscriberId
    newsletter: str
    status: Status = Status.PENDING
    cadence: str = "daily"
    topics: tuple[str, ...] = ()  # empty: all
    hour: time | None = None
    joined_at: datetime | None = None
    confirmed_at: datetime | None = None
    left_at: datetime | None = None
    paused_until: datetime | None = None

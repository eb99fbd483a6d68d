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


class By(StrEnum):
    """Whose act it was: a reader's own is the only one that earns a goodbye and an undo."""

    READER = "reader"
    OPERATOR = "operator"
    IMPORT = "import"
    MAILBOX = "mailbox"  # the reader's provider: a bounce, a complaint


class Kind(StrEnum):
    """What kind of mail: an issue, or one of the letters."""

    ISSUE = "issue"
    CONFIRM = "confirm"
    ADDRESS = "address"  # confirm, sent to a new address of someone we know
    WELCOME = "welcome"
    GOODBYE = "goodbye"
    LINKS = "links"  # to leave and to choose, signed anew: those of an old mail prove nothing


ASKING = (Kind.CONFIRM, Kind.ADDRESS)  # these go to whatever address somebody typed in


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscriber:
    """A person. ``language`` ISO 639-1, ``timezone`` IANA."""

    id: SubscriberId
    address: Address
    name: str = ""
    language: str = "en"
    timezone: str = "UTC"
    standing: Standing = Standing.OK
    new_address: Address | None = None  # asked for, not confirmed yet
    new_address_by: datetime | None = None  # until when it may be confirmed


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
    # Until when the link in the letter works: of who is pending, or bounced and joined again.
    confirm_by: datetime | None = None
    confirmed_at: datetime | None = None
    left_at: datetime | None = None  # of who is pending: when they left before this join
    left_by: By | None = None
    paused_until: datetime | None = None

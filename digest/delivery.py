"""A delivery: one message for one person, its state and the time of each change. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from itertools import compress
from typing import NamedTuple, NewType

from subscribers.address import Address
from subscribers.model import SubscriberId

DeliveryId = NewType("DeliveryId", int)


class State(StrEnum):
    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"
    SKIPPED = "skipped"
    HELD = "held"  # in doubt, and the operator wants to be asked


class Skip(StrEnum):
    """Why nobody was written to."""

    STALE = "stale"  # yesterday's paper is not delivered tomorrow
    LEFT = "left"
    PAUSED = "paused"
    BOUNCED = "bounced"
    SUPPRESSED = "suppressed"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One row of the ledger. All times are aware UTC."""

    id: DeliveryId
    state: State = State.QUEUED
    enrolled_at: datetime
    due_at: datetime
    expires_at: datetime
    attempts: int = 0
    claimed_at: datetime | None = None
    lease_until: datetime | None = None
    next_attempt_at: datetime | None = None
    settled_at: datetime | None = None
    skip: Skip | None = None
    code: int = 0  # what the relay said last; 0: nothing, or no relay was asked
    enhanced: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Posted:
    """A mail that we sent: to whom, for which newsletter, when it was owed.

    ``due``: of a row, when it was to go. ``issue``: its cadence and period; None for a letter,
    which has ``letter``, its row, and ``address``, where it went.
    """

    subscriber: SubscriberId
    newsletter: str
    at: datetime
    due: datetime | None = None
    issue: tuple[str, str] | None = None
    letter: int | None = None
    address: Address | None = None


class Claimed(NamedTuple):
    """Deliveries that are ours to send, and the people they go to, as they are at this moment.

    A column of each, all of one length: there are thousands, and nobody looks at one alone.
    """

    ids: Sequence[DeliveryId]
    subscribers: Sequence[SubscriberId]
    editions: Sequence[str]
    addresses: Sequence[str]
    names: Sequence[str]
    due_at: Sequence[datetime]

    def part(self, some: slice) -> Claimed:
        """Those that stand in these places."""
        return Claimed._make(column[some] for column in self)

    def only(self, wanted: Sequence[bool]) -> Claimed:
        """Those that are wanted."""
        return Claimed._make(list(compress(column, wanted)) for column in self)


NOBODY = Claimed((), (), (), (), (), ())

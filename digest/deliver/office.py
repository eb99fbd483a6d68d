"""An office: where deliveries of one kind come from and where their results are kept.

Issues and letters are two; dispatch serves both and knows neither.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol, Self
from uuid import UUID

from digest.deliver.journal import Entry
from digest.deliver.lines import Lines
from digest.deliver.tray import Box, Ready
from digest.delivery import Delivery, Skip, State


@dataclass(frozen=True, slots=True, kw_only=True)
class Brought:
    """What a claim brought. ``seen`` 0: nothing is due now."""

    ready: tuple[Ready, ...] = ()
    skipped: dict[Skip, int] = field(default_factory=dict)
    seen: int = 0


@dataclass(slots=True, kw_only=True)
class Tally:
    """What deliveries came to; ``later``: they are tried again."""

    sent: int = 0
    later: int = 0
    failed: int = 0
    skipped: int = 0
    held: int = 0

    @classmethod
    def of(cls, after: Iterable[Delivery]) -> Self:
        """What these came to."""
        tally = cls()
        for one in after:
            tally.count(one.state)
        return tally

    def count(self, state: State) -> None:
        """One more that came to ``state``."""
        match state:
            case State.SENT:
                self.sent += 1
            case State.FAILED:
                self.failed += 1
            case State.SKIPPED:
                self.skipped += 1
            case State.HELD:
                self.held += 1
            case State.QUEUED | State.SENDING:
                self.later += 1

    def add(self, other: Tally) -> None:
        self.sent += other.sent
        self.later += other.later
        self.failed += other.failed
        self.skipped += other.skipped
        self.held += other.held


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlook:
    """Whether anything is not settled. ``next_at``: when the first of the queued may go, if any."""

    queued: bool = False
    next_at: datetime | None = None

    def also(self, other: Outlook) -> Outlook:
        """Of both together."""
        times = [at for at in (self.next_at, other.next_at) if at]
        return Outlook(queued=self.queued or other.queued, next_at=min(times, default=None))


class Office(Protocol):
    """Its methods raise DigestError where the database cannot be used; nothing is lost then."""

    @property
    def unserved(self) -> Sequence[str]:
        """Why some of what was due at the last claim cannot be sent by it, a sentence each."""

    async def claim(self, lease: UUID, limit: int, now: datetime) -> Brought:
        """Take up to ``limit`` deliveries that may go now; consent is read at this moment."""

    async def settle(self, lease: UUID, box: Box, now: datetime) -> Tally:
        """Keep the results of ``box`` as it is now, in one commit, and take them out of it."""

    async def give_back(
        self, lease: UUID, some: Sequence[Ready], until: datetime | None, now: datetime
    ) -> None:
        """Queue again what never left, to go from ``until`` on; no attempt is counted."""

    async def let_go(self, lease: UUID, now: datetime) -> None:
        """Queue again what is claimed and was not brought yet; no attempt is counted."""

    async def recover(
        self, lease: UUID, entries: Sequence[Entry], *, trusted: bool, now: datetime
    ) -> Tally:
        """Settle what a dead worker held under ``lease`` by what its journal says.

        ``trusted`` False: the journal may have missed something, so silence is doubt, too.
        """

    async def renew(self, lease: UUID, now: datetime) -> None:
        """Keep what is held: the worker is alive."""

    async def abandoned(self, now: datetime, *, twice: bool) -> Tally:
        """Settle what is held under leases that are over: nobody knows what became of it.

        ``twice``: only those that were over when it was asked before, too, and not renewed since.
        """

    async def recall(self, lease: UUID, box: Box) -> list[Ready]:
        """Take out of ``box`` what may not leave any more: its issue was paused or cancelled."""

    async def lapse(self, now: datetime) -> dict[Skip, int]:
        """Skip what waits and may not leave any more, also while nothing is claimed; how many."""

    async def outlook(self, now: datetime) -> Outlook:
        """Whether there is something still to do; asked often."""

    async def waiting(self) -> int:
        """How many are not settled."""


class Memory(Protocol):
    """What of limits and circuits outlives a restart: see services/pacing.py."""

    async def load(self, lines: Lines) -> None: ...

    async def keep(self, lines: Lines, now: datetime, *, ready: int = 0) -> None: ...

    async def save(self, lines: Lines, now: datetime) -> None: ...


class _NoMemory:
    async def load(self, lines: Lines) -> None:
        pass

    async def keep(self, lines: Lines, now: datetime, *, ready: int = 0) -> None:
        pass

    async def save(self, lines: Lines, now: datetime) -> None:
        pass


NO_MEMORY: Memory = _NoMemory()

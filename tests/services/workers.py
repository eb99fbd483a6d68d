"""A worker without a world: its relay takes all at once, its rounds are turned by hand."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import datetime

from digest.deliver import throttle
from digest.deliver.allowance import Domains, Lane
from digest.deliver.feed import Feed
from digest.deliver.lines import Lines
from digest.deliver.outcome import Accepted, Outcome
from digest.deliver.relay import RelayOptions
from digest.deliver.transport import Outgoing
from digest.deliver.tray import Tray
from digest.services.pacing import Pacing
from digest.storage.database import Store
from tests.builders import NOW


class Notes:
    """A journal with room for everything."""

    room = 1_000_000

    def departing(self, delivery) -> None: ...

    def accepted(self, delivery, said) -> None: ...

    def settle(self, delivery, outcome) -> None: ...


@dataclass
class Worker:
    """``slow``: its relay takes nothing by itself, but ``take`` does."""

    store: Store
    now: datetime
    limits: throttle.Pace
    answer: Outcome = Accepted(250, "2.0.0", "kept")  # noqa: RUF009 -- frozen
    slow: bool = False
    feeds: list[Feed] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.tray = Tray(1, Notes(), lambda: None)
        start = self.now.timestamp()
        lane = Lane(name="main", limits=self.limits, pace=self.limits)
        self.lines = Lines(
            [(RelayOptions(name="main", host="sink"), lane)],
            Domains(throttle.limited(), {}, start),
            self.tray,
            carry=self.carry,
            clock=lambda: self.now,
            tell=lambda _: None,
        )
        self.paces = Pacing(self.store)
        self.numbers = iter(range(1_000_000))

    async def carry(self, relay: RelayOptions, feed: Feed, opened) -> None:
        opened()
        self.feeds = [feed]
        if not self.slow:
            self.take(1_000_000)

    def take(self, most: int) -> int:
        """How many of ``most`` leave now."""
        for count in range(most):
            message = self.feeds[0].take(lambda: None) if self.feeds else None
            if not isinstance(message, Outgoing):
                return count
            self.feeds[0].settle(message, self.answer)
        return most

    def ready(self, count: int, domain: str = "readers.example") -> None:
        box = self.tray.boxes[0]
        for number in (next(self.numbers) for _ in range(count)):
            message = Outgoing("", "a@b.example", f"r@{domain}", (b"",), ref=number)
            box.ready.append(message)

    async def turn(self, *, ready: int = 1_000_000) -> None:
        """One round of dispatch, and what its connections do then."""
        await self.paces.keep(self.lines, self.now, ready=min(ready, self.tray.ready))
        self.lines.adjust()
        for _ in range(10):
            await asyncio.sleep(0)  # the connections run

    async def send(self, count: int, domain: str = "readers.example") -> int:
        """How many of ``count`` have left."""
        before = self.tray.boxes[0].results
        self.ready(count, domain)
        for _ in range(2):  # one connection proves the relay, then all may open
            await self.turn()
        await self.paces.keep(self.lines, self.now)
        return self.tray.boxes[0].results - before


def a_worker(store: Store, now: datetime = NOW, **given) -> Worker:
    return Worker(store, now, throttle.limited(minute=100), **given)

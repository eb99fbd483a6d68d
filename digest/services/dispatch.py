"""Dispatch: what is due leaves, through every relay that may be used, until told to stop.

One loop, four things: claim when the tray is low, let the relays take, keep what they said in
batches, look after leases. Killed at any instant it leaves rows and a journal from which the
next one knows what left (docs/delivery.md).
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from digest.deliver.journal import Journal
from digest.deliver.lines import Lines
from digest.deliver.office import Office, Outlook, Tally
from digest.deliver.tray import LOW, Box, Ready, Tray
from digest.delivery import Skip

CLAIM = 2_000  # at once: some of them may be skipped
TICK = 0.25  # seconds: results wait no longer for their commit
PATROL = timedelta(minutes=1)  # leases are renewed and looked for so often
IDLE_LOOK = 2.0  # seconds: how soon new work is seen

Clock = Callable[[], datetime]
Open = Callable[[Tray], Lines]
# When dispatch ends by itself: asked when nothing is ready, under way or due, and when there is
# something and no relay may be used (``stuck``).
Until = Callable[[Outlook, bool], bool]


@dataclass(slots=True, kw_only=True)
class Progress:
    """How far it is. ``troubles``: why relays are not used now, a sentence each."""

    tally: Tally = field(default_factory=Tally)
    skipped: dict[Skip, int] = field(default_factory=dict)
    ready: int = 0
    flying: int = 0
    waiting: int | None = None  # how many are left for another time, once it has ended
    connections: int = 0
    troubles: list[str] = field(default_factory=list)


def for_ever(_: Outlook, __: bool) -> bool:
    return False


def nothing_due(_: Outlook, __: bool) -> bool:
    """What is tried again later, or cannot leave now, is left to the next dispatch."""
    return True


def all_settled(outlook: Outlook, stuck: bool) -> bool:
    return not stuck and outlook.queued == 0


class Dispatch:
    """One worker's run. ``offices`` are served in their order. ``show`` hears how far it is."""

    def __init__(
        self,
        offices: Sequence[Office],
        journals: Sequence[Journal],
        open_lines: Open,
        *,
        clock: Clock,
        drain_seconds: float,
        show: Callable[[Progress], None] = lambda _: None,
    ) -> None:
        self._offices = offices
        self._journal, *self._old = journals
        self._clock = clock
        self._drain_seconds = drain_seconds
        self._show = show
        self._lease: UUID = uuid4()
        self._signal = asyncio.Event()
        self._tray = Tray(len(offices), self._journal, self._signal.set)
        self._lines = open_lines(self._tray)
        self._progress = Progress()
        self._stopping = asyncio.Event()
        self._patrolled = datetime.min.replace(tzinfo=clock().tzinfo)

    def stop(self) -> None:
        """Stop claiming, finish what is on the wire, keep it, and return from ``run``."""
        self._stopping.set()
        self._signal.set()

    async def run(self, until: Until) -> Progress:
        """Settle what dead workers left, then dispatch until ``until`` or ``stop``.

        Raises DigestError where the database cannot be used; then what is known is in the journal.
        """
        await self._recover()
        self._journal.begin(self._lease)
        try:
            while not self._stopping.is_set():
                await self._round()
                if await self._over(until):
                    break
                await self._rest()
        finally:
            await self._drain()
        self._progress.waiting = (await self._outlook()).queued
        return self._look()

    @property
    def _quiet(self) -> bool:
        tray = self._tray
        return not (tray.ready or tray.flying or tray.results)

    async def _round(self) -> None:
        now = self._clock()
        if now - self._patrolled >= PATROL or now < self._patrolled:
            self._patrolled = now
            await self._patrol(now)
        hungry = self._tray.ready < LOW and self._lines.usable
        # Together: changes that wait at the same time share a commit.
        await asyncio.gather(self._keep(), self._claim(now) if hungry else _nothing())
        self._lines.adjust()
        await self._put_off()
        self._show(self._look())

    async def _claim(self, now: datetime) -> None:
        for office, box in zip(self._offices, self._tray.boxes, strict=True):
            if len(box.ready) >= LOW:
                continue
            limit = self._lines.appetite(CLAIM)
            if limit <= 0:
                return
            brought = await office.claim(self._lease, limit, now)
            box.ready.extend(brought.ready)
            for reason, count in brought.skipped.items():
                self._progress.skipped[reason] = self._progress.skipped.get(reason, 0) + count
                self._progress.tally.skipped += count

    async def _keep(self) -> None:
        for office, box in zip(self._offices, self._tray.boxes, strict=True):
            if not box.results:
                continue
            refs = [one[0] for one in box.sent] + [one.ref for one, _, _ in box.rest]
            self._progress.tally.add(await office.settle(self._lease, box, self._clock()))
            self._journal.forget(refs)

    async def _put_off(self) -> None:
        """Give back what is for domains that must wait; each of them knows until when."""
        for box, some, until in self._lines.put_off():
            await self._office(box).give_back(self._lease, some, until)

    async def _over(self, until: Until) -> bool:
        tray = self._tray
        if tray.flying or tray.results or (tray.ready and self._lines.usable):
            return False
        outlook = await self._outlook()
        usable = self._lines.usable
        due = outlook.next_at is not None and outlook.next_at <= self._clock()
        if due and usable:
            return False  # it became due while we looked
        return until(outlook, bool(tray.ready or due) and not usable)

    async def _outlook(self) -> Outlook:
        now = self._clock()
        outlook = Outlook()
        for office in self._offices:
            found = await office.outlook(now)
            times = [at for at in (outlook.next_at, found.next_at) if at]
            outlook = Outlook(
                queued=outlook.queued + found.queued, next_at=min(times, default=None)
            )
        return outlook

    async def _rest(self) -> None:
        seconds = IDLE_LOOK if self._quiet and not self._stopping.is_set() else TICK
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._signal.wait()
        self._signal.clear()

    async def _recover(self) -> None:
        for journal in (self._journal, *self._old):
            notes = journal.left_behind()
            if notes is not None:
                for office in self._offices:
                    found = await office.recover(
                        notes.lease, notes.entries, trusted=notes.whole, now=self._clock()
                    )
                    self._progress.tally.add(found)
        for journal in self._old:
            journal.remove()

    async def _patrol(self, now: datetime) -> None:
        for office in self._offices:
            await office.renew(self._lease, now)
            self._progress.tally.add(await office.abandoned(now))

    async def _drain(self) -> None:
        """What is on the wire is finished and kept; what never left is queued again."""
        await self._lines.close(self._drain_seconds)
        try:
            await self._keep()
            for office, box in zip(self._offices, self._tray.boxes, strict=True):
                some: list[Ready] = list(box.ready)
                box.ready.clear()
                if some:
                    await office.give_back(self._lease, some, None)
            await self._put_off()
        finally:
            self._journal.close()

    def _office(self, box: Box) -> Office:
        return self._offices[self._tray.boxes.index(box)]

    def _look(self) -> Progress:
        progress = self._progress
        progress.ready, progress.flying = self._tray.ready, self._tray.flying
        progress.connections = self._lines.connections
        progress.troubles = self._lines.troubles
        return progress


async def _nothing() -> None:
    pass

"""Dispatch: what is due leaves, through every relay that may be used, until told to stop.

One loop, four things: claim when the tray is low, let the relays take, keep what they said in
batches, look after leases. Killed at any instant it leaves rows and a journal from which the
next one knows what left (docs/delivery.md).
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from digest.clock import Clock
from digest.deliver.estate import Estate
from digest.deliver.every import Every
from digest.deliver.freshness import Freshness
from digest.deliver.journal import Journal
from digest.deliver.lines import Lines
from digest.deliver.office import NO_MEMORY, Memory, Office, Outlook
from digest.deliver.portion import Portion
from digest.deliver.progress import Progress
from digest.deliver.tray import Box, Ready, Tray
from digest.delivery import Skip
from digest.errors import Temporary

TICK = 0.25  # seconds: results wait no longer for their commit
PATROL = timedelta(minutes=1)  # leases are renewed and looked for so often
RECALL = timedelta(seconds=1)  # what is claimed of an issue that was stopped is given back so soon
IDLE_LOOK = 2.0  # seconds: how soon new work is seen
LONGEST_REST = 15.0  # seconds between two tries of a database that cannot be written
REMEMBER = timedelta(seconds=5)  # how much of what relays have had a killed process may forget

Open = Callable[[Tray], Lines]
# When dispatch ends by itself: asked when nothing is ready, under way or due, and when there is
# something and no relay may be used (``stuck``).
Until = Callable[[Outlook, bool], bool]


def for_ever(_: Outlook, __: bool) -> bool:
    return False


def nothing_due(_: Outlook, __: bool) -> bool:
    """What is tried again later, or cannot leave now, is left to the next dispatch."""
    return True


def all_settled(outlook: Outlook, stuck: bool) -> bool:
    return not stuck and not outlook.queued


class Dispatch:
    """One worker's run. ``offices`` are served in their order. ``show`` hears how far it is."""

    def __init__(
        self,
        offices: Sequence[Office],
        journals: Sequence[Journal],
        open_lines: Open,
        *,
        clock: Clock,
        unserved: Sequence[Office] = (),
        memory: Memory = NO_MEMORY,
        show: Callable[[Progress], None] = lambda _: None,
        tell: Callable[[str], None] = lambda _: None,
    ) -> None:
        """``unserved``: of these nothing is sent, but what dead workers held is settled."""
        self._offices = offices
        self._memory = memory
        self._tell = tell
        self._journal = journals[0]
        self._estate = Estate((*offices, *unserved), journals, clock)
        self._clock = clock
        self._show = show
        self._lease: UUID = uuid4()
        self._signal = asyncio.Event()
        self._tray = Tray(len(offices), self._journal, self._signal.set)
        self._lines = open_lines(self._tray)
        self._portion = Portion()
        self._freshness = [Freshness() for _ in offices]
        self._progress = Progress()
        self._stopping = asyncio.Event()
        self._patrols, self._memories, self._recalls = map(Every, (PATROL, REMEMBER, RECALL))
        self._begun = self._nothing = False  # ``nothing`` was there when we last claimed
        self._troubled = 0  # rounds in a row that the database stopped
        self._later: list[tuple[Box, list[Ready], datetime | None]] = []  # to be given back

    def stop(self) -> None:
        """Stop claiming, finish what is on the wire, keep it, and return from ``run``."""
        self._stopping.set()
        self._signal.set()

    async def run(self, until: Until, *, tries: int | None = None) -> Progress:
        """Settle what dead workers left, then dispatch until ``until`` or ``stop``.

        While the database cannot be written nothing more leaves, and it is tried again, ``tries``
        times in a row (None: for ever); then DigestError is raised, and what is known is in the
        journal.
        """
        try:
            while not self._stopping.is_set():
                try:
                    over = await self._round(until)
                except Temporary as error:
                    await self._bear(error, tries)
                    continue
                self._recovered()
                if over:
                    break
                await self._rest(IDLE_LOOK if self._quiet else TICK)
        finally:
            await self._drain()
        self._progress.waiting = sum([await office.waiting() for office in self._offices])
        return self._look()

    @property
    def _quiet(self) -> bool:
        tray = self._tray
        return not (tray.ready or tray.flying or tray.results)

    async def _round(self, until: Until) -> bool:
        """Everything that is to be done now; whether it is over then."""
        if not self._begun:
            self._progress.tally.add(await self._estate.take_over())
            await self._memory.load(self._lines)
            self._journal.begin(self._lease)
            self._begun = True
        now = self._clock()
        if self._troubled or self._is_stale(now):  # consent is to be read again
            self._lines.hold()
            await self._let_go()
        await self._keep()
        looks = self._nothing  # a claim writes; while there is nothing, it is enough to look
        if self._patrols.due(now):
            looks = False
            await self._patrol(now)
            self._patrols.done(now)
        if self._memories.due(now):
            await self._memory.save(self._lines, now)
            self._memories.done(now)
        if self._recalls.due(now):
            for office, box in zip(self._offices, self._tray.boxes, strict=True):
                if some := await office.recall(self._lease, box):
                    self._later.append((box, some, None))
            self._recalls.done(now)
        await self._return()  # before anything of it could be claimed anew
        if not looks and self._tray.ready < self._portion.low and self._lines.usable:
            await self._claim(now)
        await self._memory.keep(self._lines, self._clock(), ready=self._tray.ready)
        self._lines.adjust()
        await self._put_off()
        self._show(self._look())
        return await self._over(until, looked=looks)

    async def _bear(self, error: Temporary, tries: int | None) -> None:
        self._lines.hold()
        self._troubled += 1
        if tries is not None and self._troubled >= tries:
            raise error
        if self._troubled == 1:
            self._tell(f"{error}; nothing more leaves until then, and nothing is lost")
        await self._rest(min(LONGEST_REST, TICK * 2.0 ** min(self._troubled, 10)))

    def _recovered(self) -> None:
        if self._troubled:
            self._troubled = 0
            self._tell("the trouble is over; it goes on")

    def _is_stale(self, now: datetime) -> bool:
        pairs = zip(self._freshness, self._tray.boxes, strict=True)
        return any(fresh.over(box.lying, now) for fresh, box in pairs)

    async def _claim(self, now: datetime) -> None:
        self._nothing, seen = False, 0
        served = zip(self._offices, self._tray.boxes, self._freshness, strict=True)
        for office, box, fresh in served:
            if box.lying >= self._portion.low:
                continue
            limit = self._lines.appetite(self._portion.size)
            if limit <= 0:
                if not self._tray.ready:  # at a limit: what an office holds back must not grow old
                    await self._let_go()
                return
            brought = await office.claim(self._lease, limit, now)
            if brought.ready:
                self._portion.claimed(now, idle=self._quiet)
                self._tray.low = self._portion.low
            fresh.claimed(len(brought.ready), now)
            box.ready.extend(brought.ready)
            seen += brought.seen
            self._skipped(brought.skipped)
        self._nothing = seen == 0 and self._quiet

    def _skipped(self, some: Mapping[Skip, int]) -> None:
        self._progress.tally.skipped += sum(some.values())
        self._progress.late += some.get(Skip.STALE, 0)

    async def _keep(self) -> None:
        for office, box in zip(self._offices, self._tray.boxes, strict=True):
            if not box.results:
                continue
            refs = [one[0] for one in box.sent] + [one.ref for one, _, _ in box.rest]
            self._progress.tally.add(await office.settle(self._lease, box, self._clock()))
            self._journal.forget(refs)

    async def _put_off(self) -> None:
        """Give back what must wait: for its domain, or because no relay can be used.

        What waits for a relay must not be held: consent is read again when it is claimed.
        """
        self._later += self._lines.put_off()
        if not self._lines.usable:
            await self._let_go()
        await self._return()

    async def _return(self) -> None:
        while self._later:
            box, some, until = self._later[0]
            office = self._offices[self._tray.boxes.index(box)]
            await office.give_back(self._lease, some, until, self._clock())
            self._later.pop(0)

    async def _let_go(self) -> None:
        """What was claimed and not taken by any connection is to be given back."""
        for office, box in zip(self._offices, self._tray.boxes, strict=True):
            if some := box.take_out(lambda _: True):
                self._later.append((box, some, None))
            await office.let_go(self._lease, self._clock())

    async def _over(self, until: Until, *, looked: bool) -> bool:
        tray = self._tray
        self._progress.waits_until = None
        if tray.flying or tray.results:
            return False
        if tray.ready and self._lines.usable:
            self._progress.waits_until = self._lines.waits()
            return False
        outlook = await self._outlook()
        usable = self._lines.usable
        due = outlook.next_at is not None and outlook.next_at <= self._clock()
        if due and usable:  # it became due while we looked, or has to wait for room
            self._progress.waits_until = self._lines.waits()
            self._nothing = False
            if looked:
                self._signal.set()  # claim it now
            return False
        return until(outlook, bool(tray.ready or due) and not usable)

    async def _outlook(self) -> Outlook:
        outlook, now = Outlook(), self._clock()
        for office in self._offices:
            outlook = outlook.also(await office.outlook(now))
        return outlook

    async def _rest(self, seconds: float) -> None:
        if self._stopping.is_set():
            return
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._signal.wait()
        self._signal.clear()

    async def _patrol(self, now: datetime) -> None:
        found, twice = await self._estate.look_around()
        self._progress.tally.add(found)
        # A clock that leaps ends everybody's lease at once: who is alive renews theirs before we
        # look a second time.
        for office in self._offices:
            await office.renew(self._lease, now)
            self._skipped(await office.lapse(now))
            self._progress.tally.add(await office.abandoned(now, twice=twice))

    async def _drain(self) -> None:
        """What is on the wire is finished and kept; what never left is queued again."""
        await self._lines.close()
        try:
            if self._begun:
                await self._keep()
                await self._let_go()
                await self._put_off()
                await self._memory.keep(self._lines, self._clock())
                await self._memory.save(self._lines, self._clock())
        finally:
            self._journal.close()
            self._estate.close()

    def _look(self) -> Progress:
        progress = self._progress
        progress.ready, progress.flying = self._tray.ready, self._tray.flying
        progress.connections = self._lines.connections
        progress.troubles = self._lines.troubles
        progress.unserved = [why for office in self._offices for why in office.unserved]
        return progress

"""An office whose messages are signed by us (DKIM) before they are ready. See deliver/office.py.

Signing takes ten times what writing and sending does, so it is done ahead, in workers: while some
leave, others are being signed, and no worker waits until those are gone. The lines stand in front;
the message is the one a rehearsal shows.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from digest.deliver.journal import Entry
from digest.deliver.office import Brought, Office, Outlook, Tally
from digest.deliver.transport import Outgoing
from digest.deliver.tray import Box, Ready
from digest.delivery import Skip
from digest.errors import DigestError

BATCH = 128  # messages: a worker signs for some 30 ms
AHEAD = 3  # batches to a worker: one it signs, one for it to go on with, one that is being hashed
PATIENCE = (
    2.0  # seconds that a claim waits for one: who asks has results to keep, and may be stopped
)

# Messages in parts, and the moment, to the lines before each: see deliver/signing.py.
Sign = Callable[..., Awaitable[list[bytes]]]


@dataclass(slots=True, kw_only=True)
class _Batch:
    rows: Sequence[Outgoing]
    sealed: asyncio.Task[list[Outgoing]]

    @property
    def is_good(self) -> bool:
        """Is it signed, and did nothing go wrong?"""
        return self.sealed.done() and not (self.sealed.cancelled() or self.sealed.exception())


class SealingOffice:
    """``inner`` with signatures of ``workers`` processes, at most ``batch`` messages at a time."""

    def __init__(self, inner: Office, sign: Sign, *, workers: int, batch: int = BATCH) -> None:
        self._inner = inner
        self._sign = sign
        self._workers = workers
        self._batch = batch
        self._signing: deque[_Batch] = deque()  # claimed, and not brought yet
        self._unwanted: list[Ready] = []  # claimed, and to be queued again
        self._asked_at: datetime | None = None  # last

    @property
    def unserved(self) -> Sequence[str]:
        return self._inner.unserved

    async def claim(self, lease: UUID, limit: int, now: datetime) -> Brought:
        """What is signed by now; where nothing is, the next batch, unless it takes too long."""
        self._asked_at = now
        if self._unwanted:  # the database could not be written when they were let go
            await self.let_go(lease, now)
        brought = await self._more(lease, limit, now)
        ready = list(brought.ready)
        try:
            if self._signing and not ready:
                first = self._signing[0].sealed
                await asyncio.wait([first], timeout=PATIENCE)
                if first.done():
                    ready += first.result()
                    self._signing.popleft()
        except BaseException:
            with contextlib.suppress(DigestError):  # then it is done before more is claimed
                await self.let_go(lease, now)
            raise
        while self._signing and self._signing[0].is_good:
            ready += self._signing.popleft().sealed.result()
        seen = brought.seen + len(ready) + self._held
        return replace(brought, ready=tuple(ready), seen=seen)

    async def let_go(self, lease: UUID, now: datetime) -> None:
        batches, self._signing = list(self._signing), deque()
        self._unwanted += [row for one in batches for row in one.rows]
        for one in batches:
            one.sealed.cancel()
        await asyncio.gather(*(one.sealed for one in batches), return_exceptions=True)
        if self._unwanted:
            await self._inner.give_back(lease, self._unwanted, None, now)
            self._unwanted = []
        await self._inner.let_go(lease, now)

    async def settle(self, lease: UUID, box: Box, now: datetime) -> Tally:
        return await self._inner.settle(lease, box, now)

    async def give_back(
        self, lease: UUID, some: Sequence[Ready], until: datetime | None, now: datetime
    ) -> None:
        await self._inner.give_back(lease, some, until, now)

    async def recover(
        self, lease: UUID, entries: Sequence[Entry], *, trusted: bool, now: datetime
    ) -> Tally:
        return await self._inner.recover(lease, entries, trusted=trusted, now=now)

    async def renew(self, lease: UUID, now: datetime) -> None:
        await self._inner.renew(lease, now)

    async def abandoned(self, now: datetime, *, twice: bool) -> Tally:
        return await self._inner.abandoned(now, twice=twice)

    async def recall(self, lease: UUID, box: Box) -> list[Ready]:
        held = Box(ready=deque(row for one in self._signing for row in one.rows))
        if self._asked_at and held.ready and await self._inner.recall(lease, held):
            await self.let_go(lease, self._asked_at)  # some are of an issue that was stopped
        return await self._inner.recall(lease, box)

    async def lapse(self, now: datetime) -> dict[Skip, int]:
        return await self._inner.lapse(now)

    async def outlook(self, now: datetime) -> Outlook:
        if self._signing:  # claimed, so nobody else sees them
            return Outlook(queued=True, next_at=now)
        return await self._inner.outlook(now)

    async def waiting(self) -> int:
        return await self._inner.waiting()

    @property
    def _held(self) -> int:
        return sum(len(one.rows) for one in self._signing)

    async def _more(self, lease: UUID, limit: int, now: datetime) -> Brought:
        """Claim as many as keep the workers busy; what has no message is ready at once."""
        room = min(limit, AHEAD * self._workers * self._batch) - self._held
        if room <= 0:
            return Brought()
        brought = await self._inner.claim(lease, room, now)
        whole = [one for one in brought.ready if isinstance(one, Outgoing)]
        each = min(self._batch, -(-len(whole) // self._workers)) or 1
        for at in range(0, len(whole), each):
            rows = whole[at : at + each]
            sealed = asyncio.create_task(self._sealed(rows, now))
            self._signing.append(_Batch(rows=rows, sealed=sealed))
        plain = [one for one in brought.ready if not isinstance(one, Outgoing)]
        return replace(brought, ready=tuple(plain))

    async def _sealed(self, rows: Sequence[Outgoing], now: datetime) -> list[Outgoing]:
        lines = await self._sign([one.parts for one in rows], at=int(now.timestamp()))
        return [one.headed(line) for one, line in zip(rows, lines, strict=True)]

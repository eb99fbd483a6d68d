"""An office whose messages are signed by us (DKIM) before they are ready. See deliver/office.py.

Signing takes ten times what writing and sending does, so it is done ahead, in workers, while what
was signed before leaves. The lines stand in front; the message is the one a rehearsal shows.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from digest.deliver.journal import Entry
from digest.deliver.office import Brought, Office, Outlook, Tally
from digest.deliver.transport import Outgoing
from digest.deliver.tray import Box, Ready

AT_ONCE = 256  # claimed and signed together: a quarter of a second of one core

# Messages in parts, and the moment, to the lines before each: see deliver/signing.py.
Sign = Callable[..., Awaitable[list[bytes]]]


class SealingOffice:
    """``inner`` with signatures, ``batch`` messages to a worker at a time."""

    def __init__(self, inner: Office, sign: Sign, *, batch: int) -> None:
        self._inner = inner
        self._sign = sign
        self._batch = batch

    async def claim(self, lease: UUID, limit: int, now: datetime) -> Brought:
        brought = await self._inner.claim(lease, min(limit, AT_ONCE), now)
        plain: list[Ready] = []
        whole: list[tuple[Ready, Outgoing]] = []
        for one in brought.ready:
            if isinstance(one.message, Outgoing):
                whole.append((one, one.message))
            else:
                plain.append(one)  # it could not be written, which is said when it is taken
        parts = [whole[at : at + self._batch] for at in range(0, len(whole), self._batch)]
        try:
            sealed = await asyncio.gather(*(self._sealed(part, now) for part in parts))
        except BaseException:
            await self._inner.give_back(lease, brought.ready, None)
            raise
        ready = [one for part in sealed for one in part]
        return replace(brought, ready=(*ready, *plain))

    async def settle(self, lease: UUID, box: Box, now: datetime) -> Tally:
        return await self._inner.settle(lease, box, now)

    async def give_back(self, lease: UUID, some: Sequence[Ready], until: datetime | None) -> None:
        await self._inner.give_back(lease, some, until)

    async def recover(
        self, lease: UUID, entries: Sequence[Entry], *, trusted: bool, now: datetime
    ) -> Tally:
        return await self._inner.recover(lease, entries, trusted=trusted, now=now)

    async def renew(self, lease: UUID, now: datetime) -> None:
        await self._inner.renew(lease, now)

    async def abandoned(self, now: datetime, *, twice: bool) -> Tally:
        return await self._inner.abandoned(now, twice=twice)

    async def outlook(self, now: datetime) -> Outlook:
        return await self._inner.outlook(now)

    async def waiting(self) -> int:
        return await self._inner.waiting()

    async def _sealed(self, some: Sequence[tuple[Ready, Outgoing]], now: datetime) -> list[Ready]:
        lines = await self._sign([message.parts for _, message in some], at=int(now.timestamp()))
        return [
            one._replace(message=message.headed(line))
            for (one, message), line in zip(some, lines, strict=True)
        ]

"""One of several processes on a database leads; the others wait until it falls silent."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from datetime import datetime

from digest.errors import DigestError
from digest.storage import leases
from digest.storage.database import Store
from digest.storage.leases import BEAT, NOBODY, PATIENCE, Lease


class Leader:
    """Our part in who leads. ``holder`` is ours alone; ``seconds`` a clock that only goes forth,
    ``clock`` tells people when we beat last."""

    def __init__(
        self,
        store: Store,
        holder: str,
        *,
        seconds: Callable[[], float],
        clock: Callable[[], datetime],
    ) -> None:
        self._store = store
        self._holder = holder
        self._seconds = seconds
        self._clock = clock
        self._seen: Lease | None = None
        self._since = seconds()  # ... the lease has said what it says
        self.leads = False

    async def beat(self) -> bool:
        """Renew the lease, take it from nobody or from who fell silent; whether we lead now."""
        now = self._seconds()
        try:
            lease = await self._store.read(leases.seen, leases.CLOCK)
            if lease != self._seen:
                self._seen, self._since = lease, now
            self.leads = self._may(lease, now) and await self._take(lease)
        except DigestError:
            # Who cannot renew it steps back before another may believe them gone.
            self.leads = self.leads and now - self._since < PATIENCE - BEAT
        return self.leads

    async def resign(self) -> None:
        """Give the lease back, so that the next one need not wait; where that cannot be kept it
        waits, as for one that died."""
        if self.leads:
            self.leads = False
            with contextlib.suppress(DigestError):
                await self._store.write(leases.give_back, leases.CLOCK, self._holder)

    def _may(self, lease: Lease, now: float) -> bool:
        return lease.holder in (NOBODY, self._holder) or now - self._since >= PATIENCE

    async def _take(self, lease: Lease) -> bool:
        taken = await self._store.write(
            leases.take, leases.CLOCK, lease, self._holder, self._clock()
        )
        if taken:
            self._seen = Lease(holder=self._holder, beat=lease.beat + 1)
            self._since = self._seconds()
        return taken

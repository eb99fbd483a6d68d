"""What workers that died have left: their journals, and the deliveries they held.  ~ world"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from digest.deliver.journal import Journal, beside
from digest.deliver.office import Office, Tally


class Estate:
    """``journals``: our own first, with what our predecessor left in it; then those of the dead."""

    def __init__(
        self, offices: Sequence[Office], journals: Sequence[Journal], clock: Callable[[], datetime]
    ) -> None:
        self._offices = offices
        self._own, *self._dead = journals
        self._clock = clock

    async def take_over(self) -> Tally:
        """Settle all of it, before our own journal is begun anew.

        Raises DigestError where the database cannot be written; then it is there to be asked again.
        """
        tally = await self._settled(self._own)
        tally.add(await self._bury())
        return tally

    async def look_around(self) -> tuple[Tally, bool]:
        """Settle what a worker left that died beside us, and that nobody started again.

        Whether another one is alive, too.
        """
        dead, alive = beside(self._own)
        self._dead += dead
        return await self._bury(), alive

    def close(self) -> None:
        """Leave what is not settled to the next worker."""
        for journal in self._dead:
            journal.close()

    async def _bury(self) -> Tally:
        tally = Tally()
        while self._dead:
            tally.add(await self._settled(self._dead[0]))
            self._dead.pop(0).remove()
        return tally

    async def _settled(self, journal: Journal) -> Tally:
        tally = Tally()
        notes = journal.left_behind()
        if notes is None:
            return tally
        for office in self._offices:
            found = await office.recover(
                notes.lease, notes.entries, trusted=notes.whole, now=self._clock()
            )
            tally.add(found)
        return tally

"""The archive's pages, made once and kept until what is on the shelf changes.

Whether it did is asked of the database at most every two seconds: a page that is asked for a
thousand times a second costs it one small question. A withdrawn issue is gone two seconds later.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Hashable
from datetime import datetime, timedelta

from digest.storage import shelf
from digest.storage.database import Store
from digest.web.kept import Kept

LOOK = timedelta(seconds=2)
MOST = 2_000  # pages: some 60 MB of them with their gzip


class Library:
    """Pages by what they show. One for each application."""

    def __init__(self, store: Store, clock: Callable[[], datetime], *, most: int = MOST) -> None:
        self._most = most
        self._store = store
        self._clock = clock
        self._looked: datetime | None = None
        self.changed: datetime | None = None  # when the shelf was last seen to have changed
        self._version: object = None
        self._pages: dict[Hashable, Kept] = {}

    async def page(self, key: Hashable, make: Callable[[], Awaitable[Kept | None]]) -> Kept | None:
        """The page of ``key``, made now if need be. None is not kept: ``make`` found nothing."""
        now = self._clock()
        if self._looked is None or not timedelta(0) <= now - self._looked < LOOK:
            await self._look(now)
        found = self._pages.get(key)
        if found is None:
            version = self._version
            found = await make()
            if found and version is self._version:  # else it may show what has just changed
                self._keep(key, found)
        return found

    async def _look(self, now: datetime) -> None:
        # Said before it is asked: the others of this moment need not ask the same.
        self._looked = now
        version = await self._store.read(shelf.version)
        if version != self._version:
            self.changed = now if self._version is not None else None
            self._version = version
            self._pages.clear()

    def _keep(self, key: Hashable, page: Kept) -> None:
        if len(self._pages) >= self._most:  # the oldest goes: good enough here
            del self._pages[next(iter(self._pages))]
        self._pages[key] = page

"""The robots.txt of each origin, asked for once and kept for a day.

A service runs for months: what a site forbids later is to be heard, and one that could not tell its
rules for a moment is asked again. Strangers name origins without end, so the oldest are let go.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

from digest.collect.robots import Rules

GOOD_FOR = timedelta(days=1)  # RFC 9309, 2.4
UNREAD_FOR = timedelta(minutes=10)
MOST = 100  # origins: a hostile robots.txt takes 20 MB


class Manners:
    """Rules by origin. ``ask`` asks for those of one."""

    def __init__(
        self, ask: Callable[[str], Awaitable[Rules]], clock: Callable[[], datetime]
    ) -> None:
        self._ask = ask
        self._clock = clock
        self._known: dict[str, tuple[datetime, asyncio.Task[Rules]]] = {}

    async def of(self, origin: str) -> Rules:
        """The rules of an origin; those who ask at the same time wait for one answer."""
        now = self._clock()
        asked, task = self._known.get(origin, (now, None))
        if task is None or now - asked >= _good_for(task):
            task = asyncio.ensure_future(self._ask(origin))
            self._known.pop(origin, None)
            self._known[origin] = now, task
            if len(self._known) > MOST:
                del self._known[next(iter(self._known))]
        return await asyncio.shield(task)

    def close(self) -> None:
        """Wait for no answer any more."""
        for _, task in self._known.values():
            task.cancel()


def _good_for(task: asyncio.Task[Rules]) -> timedelta:
    if not task.done():
        return GOOD_FOR
    if task.cancelled() or task.exception() or task.result().unread:
        return UNREAD_FOR
    return GOOD_FOR

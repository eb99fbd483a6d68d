"""One host, one question at a time and not too soon after the last.  ~ world (sleeps)"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

LONGEST_DELAY = 30.0  # s; what robots.txt may ask for between two questions


class Pace:
    """Hands out turns: ``await turn(host)`` returns when the host may be asked."""

    def __init__(
        self,
        delay: float,
        *,
        sleep: Callable[[float], Awaitable[None]],
        now: Callable[[], float],
    ) -> None:
        self._delay = delay
        self._sleep = sleep
        self._now = now
        self._next: dict[str, float] = {}
        self._slower: dict[str, float] = {}

    def slow(self, host: str, delay: float) -> None:
        """Leave at least ``delay`` seconds between two questions to ``host`` from now on."""
        self._slower[host] = min(delay, LONGEST_DELAY)

    async def turn(self, host: str) -> None:
        now = self._now()
        mine = max(now, self._next.get(host, now))
        self._next[host] = mine + max(self._delay, self._slower.get(host, 0.0))
        if mine > now:
            await self._sleep(mine - now)

"""Seconds allowed for the next answer to a call when they are over: one timer a connection.

Moving the deadline costs an assignment. The timer sleeps, looks whether the deadline has moved
on, and sleeps again; so no message pays for setting and cancelling one.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from digest.deliver.freshness import FRESH


class Watch:
    """Calls ``expired`` when the time last allowed is over, and again each time after.

    ``touched``: it is allowed anew from now on, or from a little later, for a call and a look at
    the clock is much where thousands do it each second. ``long``: it was not allowed anew for about
    ``patience`` seconds; ``shortest`` less at the least, and no more than that.
    """

    def __init__(
        self,
        *,
        shortest: float,
        expired: Callable[[], None],
        patience: float = FRESH.total_seconds(),
    ) -> None:
        self._loop = asyncio.get_running_loop()
        self._now = self._loop.time
        self._shortest = shortest  # no allowance is shorter, so looking this often suffices
        self._expired = expired
        self._seconds = 0.0  # last allowed
        self._deadline = self._now()
        self.touched = self.long = False
        self._begun = self._deadline  # when it was last seen to be allowed anew
        self._patience = patience - shortest
        self._timer: asyncio.TimerHandle | None = None

    def allow(self, seconds: float) -> None:
        self._seconds = seconds
        self._begun = self._now()
        self._deadline = self._begun + seconds
        self.touched = self.long = False
        if self._timer is None:
            self._look()

    def stop(self) -> None:
        if self._timer:
            self._timer.cancel()

    def _look(self) -> None:
        now = self._now()
        if self.touched:
            self.touched = False
            self._begun, self._deadline = now, now + self._seconds
        self.long = now - self._begun >= self._patience
        left = self._deadline - now
        self._timer = self._loop.call_later(min(max(left, 0.001), self._shortest), self._look)
        if left <= 0:
            self.allow(self._shortest)
            self._expired()

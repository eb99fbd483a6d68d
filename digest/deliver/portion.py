"""How many deliveries to claim at once: some seconds' worth of what has left lately. Pure.

A large claim costs less for each message; but consent is read when a delivery is claimed, so none
should lie about for minutes because a relay is slow.
"""

from __future__ import annotations

from datetime import datetime, timedelta

FIRST, LEAST, MOST = 50, 20, 3_000
SOON, LATE = timedelta(seconds=2.5), timedelta(seconds=5)


class Portion:
    """``size``: what may be claimed and not have left, at most."""

    def __init__(self) -> None:
        self.size = FIRST
        self._last: datetime | None = None
        self._grown = False  # by the last claim: what lies there is no whole portion yet

    @property
    def low(self) -> int:
        """Fewer ready than this, and more are claimed."""
        return self.size // 2

    def claimed(self, now: datetime, *, idle: bool) -> None:
        """One more portion is claimed: the next is larger if the last was soon gone.

        ``idle``: nothing was left of the last, so nobody knows how long that has been so. A portion
        that has just grown is filled up first: to be low at once says nothing of the relays.
        """
        if now == self._last:  # another office's part of the same
            return
        grown, self._grown = self._grown, False
        if self._last and not idle and not grown:
            took = now - self._last
            if took < SOON:
                size = min(MOST, self.size * (4 if took < SOON / 8 else 2))
                self._grown, self.size = size > self.size, size
            elif took > LATE:
                self.size = max(LEAST, self.size // 2)
        self._last = now

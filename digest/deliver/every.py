"""What is done once in so long, by a clock that may leap. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta


class Every:
    """``due`` at first, and again ``interval`` after it was last ``done``; at once if the clock
    went back behind that."""

    def __init__(self, interval: timedelta) -> None:
        self._interval = interval
        self._done: datetime | None = None

    def due(self, now: datetime) -> bool:
        return self._done is None or not timedelta() <= now - self._done < self._interval

    def done(self, now: datetime) -> None:
        self._done = now

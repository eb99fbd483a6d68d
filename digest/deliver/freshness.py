"""How long ago what lies in the tray was claimed, for that is when consent was read. Pure."""

from __future__ import annotations

from collections import deque
from datetime import datetime, timedelta

FRESH = timedelta(seconds=30)  # a claim is some seconds' worth: longer waits but for trouble


class Freshness:
    """The last claims: what was claimed first leaves first."""

    def __init__(self) -> None:
        self._claims: deque[tuple[datetime, int]] = deque()

    def claimed(self, count: int, now: datetime) -> None:
        """So many more lie in the tray."""
        if count:
            self._claims.append((now, count))

    def over(self, ready: int, now: datetime) -> bool:
        """Whether any of the ``ready`` lies there too long, or from a time that is still to come:
        then the clock was set, and nobody knows."""
        later = sum(count for _, count in self._claims)
        while self._claims and (later := later - self._claims[0][1]) >= ready:
            self._claims.popleft()  # all of it has left
        if not (ready and self._claims):
            return False
        return not timedelta(0) <= now - self._claims[0][0] < FRESH

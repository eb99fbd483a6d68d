"""The clock in force, to be asked as a function; nobody else asks the machine its time.  ~ world"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], datetime]


def clock_at(at: datetime | None) -> Clock:
    """The machine's clock, or one that stands at ``at`` (``--at``)."""
    if at is None:
        return lambda: datetime.now(UTC)
    return lambda: at


def clock_from(at: datetime | None) -> Clock:
    """The machine's clock, or one that is at ``at`` now and goes on from there."""
    if at is None:
        return clock_at(None)
    ahead = at - datetime.now(UTC)
    return lambda: datetime.now(UTC) + ahead

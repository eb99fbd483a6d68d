"""Relays' limits and a number of messages: when the last may leave, and how many too late. Pure.

At best: the limits of readers' domains, and who is asked to come again, make it later.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from digest.deliver import allowance, memory, throttle
from digest.deliver.allowance import Lane
from digest.deliver.throttle import SLICES

HORIZON = timedelta(days=60)  # what takes longer takes too long, however long
EXACT = 30.0  # seconds
UNLIMITED = 1_000_000_000  # once a warm-up is over
CURE = "raise the limits of [[deliver.relays]] if the relay has more, or add a relay"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlook:
    """``ends``: when the last of them leaves; None: not within ``HORIZON``. ``late``: how many of
    them leave after their time is over, and so never."""

    ends: datetime | None
    late: int


def remembered(
    lanes: Sequence[Lane], relays: Mapping[str, str], circuits: Mapping[str, str]
) -> list[Lane]:
    """The lanes with what has left by them and how they fared, as ``memory`` wrote it."""
    return [
        replace(
            lane,
            pace=memory.pace(lane.pace, relays.get(lane.name, "")),
            circuit=memory.circuit(circuits.get(lane.name, "")),
        )
        for lane in lanes
    ]


def of(lanes: Sequence[Lane], count: int, *, until: datetime, now: datetime) -> Outlook | None:
    """What becomes of ``count`` messages that may leave now, and not after ``until``.

    None where no limit holds them up, and where no relay can be used: of that others tell.
    """
    used = [lane for lane in lanes if not lane.circuit.paused]
    used = [lane for lane in used if lane.weight] or used
    if not used or not all(lane.pace.windows for lane in used):
        return None
    late = max(0, count - _by(used, now, max(now, until)))
    if _by(used, now, now + HORIZON) < count:
        return Outlook(ends=None, late=late)
    before, after = 0.0, HORIZON.total_seconds()
    while after - before > EXACT:
        half = (before + after) / 2
        if _by(used, now, now + timedelta(seconds=half)) < count:
            before = half
        else:
            after = half
    ends = datetime.fromtimestamp(now.timestamp() + after, UTC)
    return Outlook(ends=ends, late=late)


def when(found: Outlook) -> str:
    """``at about 2026-12-02 06:00 UTC``."""
    if found.ends is None:
        return f"in more than {HORIZON.days} days"
    return f"at about {found.ends:%Y-%m-%d %H:%M} UTC"


def _by(lanes: Sequence[Lane], now: datetime, then: datetime) -> int:
    """How many may have left at ``then``."""
    begin, end = now.timestamp(), then.timestamp()
    total = 0
    for lane in lanes:
        windows = allowance.today(lane, end).pace.windows  # as a warm-up allows by then
        rooms = (
            window.room(begin) + window.limit * int((end - begin) / _round(window))
            for window in windows
        )
        total += min(rooms, default=UNLIMITED)
    return total


def _round(window: throttle.Window) -> float:
    """Seconds after which what left is forgotten."""
    return window.seconds * (SLICES + 1) / SLICES

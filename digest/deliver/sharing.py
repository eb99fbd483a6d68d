"""A relay's limits among the workers of one database: what each holds, and what is left. Pure.

Room is held before it is used, so that nobody else uses it; what was not used is given back. What a
worker held when its time was over counts as left at its end: nobody knows, where it was killed, and
its window lets go of it like of anything that has left.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from digest.deliver import throttle
from digest.deliver.allowance import HOLD_SECONDS, Hold
from digest.deliver.throttle import ASTRAY, Pace

Holds = Mapping[str, tuple[int, float]]  # worker -> how many, until when


@dataclass(frozen=True, slots=True, kw_only=True)
class Shared:
    """What has left by a relay in all, and what workers may still send."""

    pace: Pace
    held: Holds


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """A worker: ``used`` have left since it last said so, of ``holding``; it wants ``more``."""

    worker: str
    used: int
    holding: int
    more: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Granted:
    """``pace``: what has left or may, but for our own ``hold``."""

    after: Shared
    pace: Pace
    hold: Hold


def grant(before: Shared, wish: Wish, now: float) -> Granted:
    """Book what a worker has used, take back the rest of what it held, and give it anew."""
    shared = _ended(before, wish.worker, now)
    others = {who: held for who, held in shared.held.items() if who != wish.worker}
    pace, used = shared.pace, wish.used
    if wish.holding and wish.worker not in shared.held:
        used = max(0, used - wish.holding)  # who found its time over has counted all of it
    if used:
        pace = throttle.left(pace, used, now)
    theirs = sum(count for count, _ in others.values())
    seen = throttle.left(pace, theirs, now) if theirs else pace
    count = min(wish.more, throttle.share(seen, now))
    held, until = shared.held.get(wish.worker, (0, 0.0))
    # Unused and still young it need not be written again.
    if used or count != held or until - now < HOLD_SECONDS / 2:
        until = now + HOLD_SECONDS
    own = {wish.worker: (count, until)} if count else {}
    hold = Hold(count=count, since=now, until=until)
    return Granted(after=Shared(pace=pace, held={**others, **own}), pace=seen, hold=hold)


def _ended(shared: Shared, but: str, now: float) -> Shared:
    """What others held and whose time is over has left. Our own is known to us."""
    pace, held = throttle.anew(shared.pace, now), {}
    for who, (count, until) in shared.held.items():
        if who != but and until <= now:
            pace = throttle.left(pace, count, until)
        else:
            # As of times to come where the clock was set back: it would never end.
            ahead = until > now + HOLD_SECONDS + ASTRAY
            held[who] = (count, now + HOLD_SECONDS if ahead else until)
    return Shared(pace=pace, held=held)

"""How fast we may knock: limits and the past to how many messages may leave now. Pure.

Everything here is plain numbers, so that it can be stored and a restart does not forget what the
last hour has used. Moments are seconds since the epoch.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

SLICES = 60  # a window is counted in so many slices: its sum is never too low, by 1/60 too high
CLAIM_SECONDS = 5.0  # a claim is no larger than this much time's worth
FLOOR = 0.1  # messages a second: a domain is never given up, that is the outbox's to decide
SHY = 50.0  # messages a second, for a domain that puts us off for the first time
CAUTION = 10.0  # seconds in which many deferrals count as one: they answer one burst
ASTRAY = 5.0  # seconds that what another worker has told may be ahead of our clock, and be true
PERIODS = {"second": 1.0, "minute": 60.0, "hour": 3600.0, "day": 86400.0}


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """At most ``limit`` messages in any ``seconds``; ``slices`` are what left, by slice number."""

    seconds: float
    limit: int
    slices: tuple[tuple[int, int], ...] = ()  # (number, count), oldest first

    def room(self, now: float) -> int:
        """How many may leave at ``now``."""
        return max(0, self.limit - sum(count for _, count in self._live(now)))

    def share(self, now: float) -> int:
        """How many one claim may have of it: CLAIM_SECONDS' worth, or a slice's if that is more.

        A day's limit must not slow what a second's allows: of a day CLAIM_SECONDS' worth are two
        or three messages, and a relay far away takes dozens at once.
        """
        worth = int(self.limit * CLAIM_SECONDS / self.seconds)
        return min(self.room(now), max(1, worth, self.limit // SLICES))

    def used(self, count: int, now: float) -> Window:
        """The window after ``count`` have left at ``now``."""
        live = self._live(now)
        # A clock that was set back must not reorder the past: count it in the newest slice.
        number = max(self._number(now), live[-1][0]) if live else self._number(now)
        if live and live[-1][0] == number:
            live = (*live[:-1], (number, live[-1][1] + count))
        else:
            live = (*live, (number, count))
        return replace(self, slices=live)

    def opens_in(self, now: float) -> float:
        """Seconds until there is room; 0 where there is."""
        if self.limit <= 0:
            return self.seconds
        over = self.limit - 1
        left = sum(count for _, count in self._live(now))
        for number, count in self._live(now):
            if left <= over:
                break
            left -= count
            opens = (number + SLICES + 1) * self.seconds / SLICES
        return 0.0 if self.room(now) else max(0.0, opens - now)

    def anew(self, now: float) -> Window:
        """The window where the clock was set back: what left in times to come has left now.

        Not where it is ahead by less than ASTRAY: then another worker was quicker than we.
        """
        if not self.slices or self.slices[-1][0] <= self._number(now + ASTRAY):
            return self
        number = self._number(now)
        past = tuple(entry for entry in self.slices if entry[0] < number)
        ahead = sum(count for of, count in self.slices if of >= number)
        return replace(self, slices=(*past, (number, ahead)))

    def _number(self, now: float) -> int:
        return int(now // (self.seconds / SLICES))

    def _live(self, now: float) -> tuple[tuple[int, int], ...]:
        # One slice more than the window holds: the oldest is only partly over.
        oldest = self._number(now) - SLICES
        return tuple(entry for entry in self.slices if entry[0] >= oldest)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """One place we send to, a relay or a recipients' domain: its windows and its own wish.

    ``rate`` (messages a second) starts slowly, doubles with each second's worth accepted, and is
    halved by each deferral, at most once in ``cautious_until``'s time. 0: no limit of its own.
    """

    windows: tuple[Window, ...] = ()
    rate: float = 0.0
    ceiling: float = 0.0
    credit: float = 0.0  # messages that may leave at once, refilled by rate
    refilled_at: float = 0.0
    accepted: int = 0  # since the rate last rose
    cautious_until: float = 0.0


def limited(*, start: float = 0.0, ceiling: float = 0.0, **limits: int) -> Pace:
    """A Pace of ``second=``, ``minute=``, ``hour=``, ``day=`` limits, and of a slow start.

    A limit of 0 is none; so is a start of 0.
    """
    windows = (
        Window(seconds=PERIODS[name], limit=limit) for name, limit in limits.items() if limit
    )
    return Pace(windows=tuple(windows), rate=start, ceiling=ceiling, credit=start)


def anew(pace: Pace, now: float) -> Pace:
    """The pace where the clock was set back: an hour's limit then costs an hour, and no more.

    The very same pace where nothing in it is of times to come.
    """
    windows = tuple(window.anew(now) for window in pace.windows)
    cautious = min(pace.cautious_until, now + CAUTION)
    if windows == pace.windows and cautious == pace.cautious_until:
        return pace
    return replace(pace, windows=windows, cautious_until=cautious)


def warmed(pace: Pace, allowed: int | None) -> Pace:
    """The pace on a day of its warm-up: at most ``allowed`` in 24 hours, and its own limits.

    None: the warm-up is over, or there is none.
    """
    if allowed is None:
        return pace
    day = PERIODS["day"]
    own = next((window for window in pace.windows if window.seconds == day), None)
    if own is None:
        return replace(pace, windows=(*pace.windows, Window(seconds=day, limit=allowed)))
    limit = min(own.limit, allowed)
    windows = (replace(one, limit=limit) if one is own else one for one in pace.windows)
    return replace(pace, windows=tuple(windows))


def room(pace: Pace, now: float) -> int:
    """How many may leave for it now; never more than CLAIM_SECONDS' worth."""
    least = min((window.room(now) for window in pace.windows), default=1_000_000_000)
    per_second = min(
        (window.limit / window.seconds for window in pace.windows), default=float("inf")
    )
    if per_second < float("inf"):
        least = min(least, max(1, int(per_second * CLAIM_SECONDS)) if least else 0)
    return min(least, int(_refilled(pace, now).credit)) if pace.rate else least


def share(pace: Pace, now: float) -> int:
    """How many of those that leave by a relay one claim may have: see ``Window.share``."""
    return min((window.share(now) for window in pace.windows), default=1_000_000_000)


def left(pace: Pace, count: int, now: float, *, since: float | None = None) -> Pace:
    """The pace after ``count`` messages left by ``now``, of the room there was at ``since``."""
    pace = _refilled(pace, now if since is None else since)
    windows = tuple(window.used(count, now) for window in pace.windows)
    return replace(pace, windows=windows, credit=pace.credit - count if pace.rate else 0.0)


def accepted(pace: Pace, count: int = 1) -> Pace:
    """The pace after ``count`` were taken: each second's worth doubles it, up to its ceiling."""
    if not pace.rate:
        return pace
    total = pace.accepted + count
    if total < max(1.0, pace.rate):
        return replace(pace, accepted=total)
    return replace(pace, accepted=0, rate=min(pace.rate * 2, pace.ceiling or pace.rate * 2))


def deferred(pace: Pace, now: float) -> Pace:
    """The pace after a 421 or 45x: half, and no credit until some time has passed.

    One that had no rate of its own gets ``SHY``: from there it rises again as any other.
    """
    if now < pace.cautious_until:
        return pace
    slower = max(FLOOR, pace.rate / 2) if pace.rate else SHY
    return replace(
        pace, rate=slower, credit=0.0, refilled_at=now, accepted=0, cautious_until=now + CAUTION
    )


def opens_in(pace: Pace, now: float) -> float:
    """Seconds until at least one may leave; 0 where one may."""
    waits = [window.opens_in(now) for window in pace.windows]
    if pace.rate and (missing := 1 - _refilled(pace, now).credit) > 0:
        waits.append(missing / pace.rate)
    return max(waits, default=0.0)


def _refilled(pace: Pace, now: float) -> Pace:
    # A clock that was set back refills nothing.
    gained = max(0.0, now - pace.refilled_at) * pace.rate
    most = max(1.0, pace.rate * CLAIM_SECONDS)
    return replace(pace, credit=min(most, pace.credit + gained), refilled_at=now)

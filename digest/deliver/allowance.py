"""Relays, domains and the moment to how many messages to claim, and whether each may go. Pure.

Dispatch asks ``shares`` what to claim for which relay, claims it, and asks ``Domains.may_go`` of
each message: one look into a dictionary. What may not go now goes back for ``Domains.waits``
seconds. Moments are seconds since the epoch.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from digest.deliver import memory, throttle, warmup
from digest.deliver.choice import Circuit
from digest.deliver.options import WarmUpOptions
from digest.deliver.throttle import Pace

HOLD_SECONDS = 5.0  # a worker that was killed, or stands still, keeps room from others so long
REMEMBERED = 10_000  # domains; beyond, those that tell nothing new are forgotten


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """So many may leave ``until`` then: nobody else on this database uses that room."""

    count: int
    since: float
    until: float

    def lasts(self, now: float) -> bool:
        """False before ``since``, too: the clock was set back, and others go by the new one."""
        return self.since <= now < self.until

    def room(self, now: float) -> int:
        return self.count if self.lasts(now) else 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Lane:
    """A relay as dispatch sees it now: ``pace`` is ``limits`` with what has left."""

    name: str
    weight: float = 1.0  # 0: a spare
    limits: Pace = field(default_factory=Pace)
    warmup: WarmUpOptions | None = None
    pace: Pace = field(default_factory=Pace)
    circuit: Circuit = field(default_factory=Circuit)
    free: int = 1_000_000_000  # messages its connections can take up now
    hold: Hold | None = None  # None: nobody shares its limits
    hangs: bool = False  # for long nothing has come of what it was given

    def room(self, now: float) -> int:
        """How many may leave by it now."""
        held = self.hold.room(now) if self.hold else self.free
        return min(self.free, held, throttle.share(self.pace, now))


def today(lane: Lane, now: float) -> Lane:
    """The lane with the limits of its day (UTC): a warm-up allows more each morning."""
    limits = lane.limits
    if lane.warmup:
        day = datetime.fromtimestamp(now, UTC).date()
        limits = throttle.warmed(limits, warmup.allowed(lane.warmup, day))
    hold = lane.hold if limits.windows else None
    return replace(lane, pace=memory.carried(limits, lane.pace), hold=hold)


def shares(lanes: Sequence[Lane], now: float, *, most: int) -> dict[str, int]:
    """How many messages to claim for each relay, ``most`` in all; those with none are left out.

    By weight among the relays that work; what one cannot take the others do. A spare helps only
    when no other works, not when the others are at their limits.
    """
    open_now = in_use(lanes, now)
    rooms = {lane.name: lane.room(now) for lane in open_now}
    weights = {lane.name: lane.weight or 1.0 for lane in open_now}
    given = dict.fromkeys(rooms, 0)
    left = most
    while left > 0 and (wanting := [name for name in rooms if given[name] < rooms[name]]):
        total = sum(weights[name] for name in wanting)
        begun = left
        for name in wanting:
            fair = max(1, int(begun * weights[name] / total))
            more = min(fair, rooms[name] - given[name], left)
            given[name] += more
            left -= more
    return {name: count for name, count in given.items() if count}


def unheld(lanes: Sequence[Lane]) -> list[Lane]:
    """The lanes with all that may be held for us, be it or not: to claim comes before to hold."""
    return [replace(lane, hold=None) if lane.hold else lane for lane in lanes]


def rest(lanes: Sequence[Lane], now: float) -> float | None:
    """Seconds until a relay's limits and its rest let it take more. None: all are paused.

    0 where one has room now; whether its connections are ``free`` is another question.
    """
    resting = [lane for lane in lanes if not lane.circuit.paused and not lane.circuit.passes(now)]
    waits = [
        max(0.0, lane.circuit.closed_until - now, throttle.opens_in(lane.pace, now))
        for lane in (*in_use(lanes, now), *resting)
    ]
    return min(waits, default=None)


def in_use(lanes: Sequence[Lane], now: float) -> list[Lane]:
    """Those that work; the spares only where no other does. One that is tried again after a rest
    does not work yet."""
    passing = [lane for lane in lanes if lane.circuit.passes(now)]
    passing = [lane for lane in passing if not lane.hangs] or passing
    own = [lane for lane in passing if lane.weight > 0]
    return own if any(not lane.circuit.rests for lane in own) else passing


class Domains:
    """What each domain of readers may still get. Asked on one loop; knows the time it is told."""

    def __init__(
        self, each: Pace, named: Mapping[str, Pace], now: float, *, remembered: int = REMEMBERED
    ) -> None:
        self._each = each  # what a domain begins with
        self._named = dict(named)  # those of the configuration
        self._paces: dict[str, Pace] = {}
        self._now = now
        self._remembered = remembered
        self._first: dict[str, int] = {}  # room at the begin of this round
        self._left: dict[str, int] = {}
        self._queues: dict[str, _Queue] = {}
        self.free = self._unlimited()  # then nobody need ask

    def __len__(self) -> int:
        """Domains that are remembered, for one reason or another."""
        return len(self._paces.keys() | self._queues.keys())

    def restore(self, domain: str, past: str) -> None:
        """Take up what ``kept`` told before a restart."""
        self._paces[domain] = throttle.anew(memory.pace(self._configured(domain), past), self._now)
        self.free = False

    def begin(self, now: float) -> None:
        """A new round, with each claim: book what has left, open what time has opened."""
        for domain, first in self._first.items():
            if gone := first - self._left[domain]:
                self._paces[domain] = throttle.left(self._pace(domain), gone, now, since=self._now)
        self._first.clear()
        self._left.clear()
        if now < self._now:  # the clock was set back
            self._paces = {name: throttle.anew(pace, now) for name, pace in self._paces.items()}
            self._queues.clear()
        self._now = now
        if len(self._paces) > self._remembered:
            self._paces = {name: self._paces[name] for name, _ in self.kept()}
        if len(self._queues) > self._remembered:
            self._queues = {name: one for name, one in self._queues.items() if one.last > now}
        self.free = self._unlimited()

    def may_go(self, domain: str) -> bool:
        """Whether one more message may leave for ``domain`` in this round; if so it is counted."""
        if self.free:
            return True
        left = self._left.get(domain)
        if left is None:
            left = self._first[domain] = throttle.room(self._pace(domain), self._now)
            self._left[domain] = left
        if left <= 0:
            return False
        self._left[domain] = left - 1
        return True

    def waits(self, domain: str) -> float:
        """Seconds after which a message that may not go is to be asked for again.

        One after the other, at the speed the domain will have by then: so each comes back about
        once, and not all of them at every round.
        """
        queue = self._queues.get(domain)
        if queue is None or self._now >= queue.last:
            opens = max(0.0, throttle.opens_in(self._pace(domain), self._now))
            queue = self._queues[domain] = _Queue(begun=self._now + opens)
        queue.length += 1
        queue.last = queue.begun + _seconds_for(queue.length, self._pace(domain))
        return max(0.0, queue.last - self._now)

    def accepted(self, domain: str, count: int = 1) -> None:
        """It took ``count`` messages."""
        if self.free:
            return
        pace = self._pace(domain)
        if (quicker := throttle.accepted(pace, count)) is not pace:
            self._paces[domain] = quicker

    def deferred(self, domain: str, now: float) -> None:
        """It said 421 or 45x: half as fast, and nothing more in this round."""
        slower = throttle.deferred(self._pace(domain), now)
        self._paces[domain] = slower
        self.free = False
        if slower.rate and domain in self._left:
            self._first[domain] -= self._left[domain]
            self._left[domain] = 0

    def kept(self) -> Iterator[tuple[str, str]]:
        """(domain, text for ``restore``) of each that tells more than the configuration does."""
        for domain, pace in self._paces.items():
            if memory.worth_keeping(pace, self._configured(domain), self._now):
                yield domain, memory.of_pace(pace)

    def _unlimited(self) -> bool:
        """Is nobody slowed, and need not be? Then nothing is counted for each message."""
        each = self._each
        return not (self._paces or self._named or each.rate or each.windows)

    def _pace(self, domain: str) -> Pace:
        return self._paces.get(domain) or self._configured(domain)

    def _configured(self, domain: str) -> Pace:
        return self._named.get(domain, self._each)


@dataclass(slots=True)
class _Queue:
    """Messages sent back to wait, since ``begun``; the ``last`` of them returns then."""

    begun: float
    length: int = 0
    last: float = 0.0


def _seconds_for(count: int, pace: Pace) -> float:
    """How long ``count`` messages take, if all goes well and the rate doubles each second."""
    limits = [window.limit / window.seconds for window in pace.windows]
    top = min([*limits, pace.ceiling or math.inf])
    if not pace.rate or pace.rate >= top:
        return count / top
    doublings = math.log2(top / pace.rate)
    until_top = pace.rate * (2**doublings - 1)
    if count <= until_top:
        return math.log2(1 + count / pace.rate)
    return doublings + (count - until_top) / top

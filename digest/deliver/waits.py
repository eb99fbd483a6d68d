"""Relays that have had their hour's or day's mail to when they go on, and in which words. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from digest.deliver import allowance, throttle
from digest.deliver.allowance import Lane
from digest.deliver.throttle import PERIODS, Window

LONG = 5.0  # seconds: nobody need be told of a shorter wait
_DAY = PERIODS["day"]
_LIMITS = {PERIODS["hour"]: ("an hour", "per_hour"), PERIODS["day"]: ("a day", "per_day")}


@dataclass(frozen=True, slots=True, kw_only=True)
class Wait:
    """A relay (its name) at a limit, ``opens`` (since the epoch) and the limit's key.

    ``seconds``: how long the limit's window is; a wait need not be told more often.
    """

    relay: str
    key: str
    limit: int
    seconds: float
    opens: float

    @property
    def until(self) -> datetime:
        """When it goes on, at the begin of a minute."""
        at = datetime.fromtimestamp(self.opens, UTC)
        return (at + timedelta(minutes=1, microseconds=-1)).replace(second=0, microsecond=0)

    def said(self, label: str, now: datetime) -> str:
        """The sentence for an operator; ``label`` names the relay."""
        form = "%H:%M UTC" if self.until.date() == now.date() else "%Y-%m-%d %H:%M UTC"
        span, _ = _LIMITS[self.seconds]
        return (
            f"{label} has sent its {self.limit:,} {span} ({self.key}); "
            f"it goes on at {self.until:{form}}"
        )


def waits(lanes: Sequence[Lane], now: float) -> list[Wait]:
    """The relays at a limit, where none has room before ``LONG``; none where one has."""
    if (allowance.rest(lanes, now) or 0.0) < LONG:
        return []
    return [one for lane in lanes if lane.circuit.passes(now) for one in _of(lane, now)]


class Waited:
    """Which waits were told, and when: each is told once in its window."""

    def __init__(self) -> None:
        self._told: dict[tuple[str, str], float] = {}  # by relay and limit

    def new(self, found: Sequence[Wait], now: float) -> Iterator[Wait]:
        """Those that are to be told now."""
        for one in found:
            if not 0 <= now - self._told.get((one.relay, one.key), 0) < one.seconds:
                self._told[one.relay, one.key] = now
                yield one


def _of(lane: Lane, now: float) -> Iterator[Wait]:
    shut = [one for one in lane.pace.windows if one.seconds in _LIMITS and one.opens_in(now) > 0]
    if not shut:
        return
    last = max(shut, key=lambda window: window.opens_in(now))
    yield Wait(
        relay=lane.name,
        key=_key(lane, last),
        limit=last.limit,
        seconds=last.seconds,
        opens=_opens(lane, last, now),
    )


def _opens(lane: Lane, window: Window, now: float) -> float:
    """When it goes on: at midnight, too, where a warm-up allows more by then."""
    opens, midnight = now + window.opens_in(now), (now // _DAY + 1) * _DAY
    if lane.warmup is None or opens <= midnight:
        return opens
    tomorrow = allowance.today(lane, midnight)
    return midnight + throttle.opens_in(tomorrow.pace, midnight)


def _key(lane: Lane, window: Window) -> str:
    """What the configuration calls it; a day's limit may be that of the warm-up."""
    own = {one.seconds: one.limit for one in lane.limits.windows}
    warming = lane.warmup is not None and own.get(window.seconds) != window.limit
    return "warmup" if warming else _LIMITS[window.seconds][1]

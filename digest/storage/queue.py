"""Where the claims of an issue leave room in its queue, as pieces that an index finds. Pure.

The queue of an issue is in the order of when a delivery may go, and of its id among those of one
moment. A claim holds a stretch of it, from one place to another.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

ENDLESS = 2**62  # above every id
_TICK = timedelta(microseconds=1)


class Place(NamedTuple):
    """A delivery's place in the queue of its issue."""

    at: datetime
    id: int


class Stretch(NamedTuple):
    """From one place to another, both included."""

    start: Place
    end: Place


class Piece(NamedTuple):
    """What lies between two places, neither included.

    Of one moment: the ids between. Of two: all of the moments between, and of those two nothing.
    """

    after: Place
    before: Place

    @property
    def of_one_moment(self) -> bool:
        return self.after.at == self.before.at


def pieces(stretch: Stretch) -> Iterator[Piece]:
    """The places of a stretch."""
    start, end = stretch
    return _between(Place(start.at, start.id - 1), Place(end.at, end.id + 1))


_BEGINNING = Place(datetime(1, 1, 2, tzinfo=UTC), 0)  # a day that every time zone has


def unclaimed(claimed: Iterable[Stretch], now: datetime) -> Iterator[Piece]:
    """What of a queue may go at ``now`` and is in none of the stretches, in its order."""
    after, end = _BEGINNING, Place(now + _TICK, 0)
    for stretch in sorted(claimed):
        yield from _between(after, min(stretch.start, end))
        after = max(after, stretch.end)
    yield from _between(after, end)


def _between(after: Place, before: Place) -> Iterator[Piece]:
    if after >= before:
        return
    if after.at == before.at:
        if before.id - after.id > 1:
            yield Piece(after, before)
        return
    if after > _BEGINNING:
        yield Piece(after, Place(after.at, ENDLESS))
    yield Piece(Place(after.at, 0), Place(before.at, 0))
    if before.id > 1:
        yield Piece(Place(before.at, 0), before)

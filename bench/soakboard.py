"""What a life of the soak tells who kills it, and the next life: memory that outlives them all."""

from __future__ import annotations

import mmap
import struct
from enum import IntEnum

_FIELDS = ("now", "phase", "troubles", "rss_first", "rss_last")


class Phase(IntEnum):
    """What a life is at."""

    BETWEEN = 0
    GATHER = 1
    MAKE = 2
    SEND = 3
    HOUSE = 4


class _Field:
    """A number on the board."""

    def __init__(self, place: int) -> None:
        self._at = place * 8

    def __get__(self, board: Board, _: type[Board]) -> float:
        found: tuple[float] = struct.unpack_from("d", board.memory, self._at)
        return found[0]

    def __set__(self, board: Board, value: float) -> None:
        struct.pack_into("d", board.memory, self._at, value)


class Board:
    """``now``: seconds of the hand-set clock. ``troubles``: rounds that the full disk stopped.

    ``rss_first`` and ``rss_last``, MB: of the last life, after its first day and at its end.
    """

    now, phase, troubles, rss_first, rss_last = (_Field(place) for place in range(len(_FIELDS)))

    def __init__(self) -> None:
        self.memory = mmap.mmap(-1, 8 * len(_FIELDS))

"""A stream of keys to which of them came by before, in about 24 bytes a key. Pure.

A set of a million strings would weigh 150 MB; this keeps 64 bits of each key's hash. Two different
keys are taken for one about once in 40 million rows.
"""

from __future__ import annotations

from array import array

_SMALLEST = 1 << 12


class Seen:
    """Ask ``again(key)`` for every key in turn."""

    def __init__(self) -> None:
        self._slots = array("Q", bytes(8 * _SMALLEST))
        self._held = 0

    def again(self, key: str) -> bool:
        """Whether the key came by before; it has from now on."""
        if 3 * self._held > 2 * len(self._slots):
            self._grow()
        if self._put(hash(key) & 0xFFFF_FFFF_FFFF_FFFF or 1):
            self._held += 1
            return False
        return True

    def _put(self, mark: int) -> bool:
        slots = self._slots
        last = len(slots) - 1
        place = mark & last
        while slots[place]:
            if slots[place] == mark:
                return False
            place = (place + 1) & last
        slots[place] = mark
        return True

    def _grow(self) -> None:
        before = self._slots
        self._slots = array("Q", bytes(16 * len(before)))
        for mark in before:
            if mark:
                self._put(mark)

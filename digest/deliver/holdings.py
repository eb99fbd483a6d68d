"""What a worker holds: which claim each of its deliveries belongs to, until that one is over. Pure.

A claim ends with the last of its deliveries, in the very transaction that keeps what became of it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import TypeVar

T = TypeVar("T")


class Holdings:
    """Deliveries by what the tray calls them, claims by their number."""

    def __init__(self) -> None:
        self._claims: dict[int, int] = {}
        self._open: Counter[int] = Counter()  # how many of a claim are not settled

    @property
    def numbers(self) -> Collection[int]:
        """The claims that are not over."""
        return self._open.keys()

    def took(self, number: int, refs: Collection[int]) -> None:
        """A claim that is new, and all it brought."""
        for ref in self._claims.keys() & set(refs):  # of a claim that we have lost
            self._open[self._claims[ref]] -= 1
        self._claims.update(dict.fromkeys(refs, number))
        self._open[number] = len(refs)

    def claim(self, ref: int) -> int:
        """Which claim a delivery belongs to; 0: none any more."""
        return self._claims.get(ref, 0)

    def by_claim(self, some: Mapping[int, T]) -> Iterator[tuple[int, Mapping[int, T]]]:
        """Deliveries with what is said of each, sorted by their claims; 0: it has none any more."""
        numbers = [self._claims.get(ref, 0) for ref in some]
        if len(set(numbers)) == 1:  # as often
            yield numbers[0], some
            return
        sorted_: dict[int, dict[int, T]] = {}
        for number, (ref, said) in zip(numbers, some.items(), strict=True):
            sorted_.setdefault(number, {})[ref] = said
        yield from sorted_.items()

    def ending(self, refs: Iterable[int]) -> list[int]:
        """The claims that are over once these are settled."""
        gone = Counter(map(self._claims.get, refs))
        return [number for number, count in self._open.items() if gone[number] >= count]

    def settled(self, refs: Iterable[int]) -> None:
        """They are, in the database, too."""
        self._open.subtract(Counter([self._claims.pop(ref, 0) for ref in refs]))
        self._open = +self._open

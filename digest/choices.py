"""What readers chose of a newsletter, as far as it decides which edition they get. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple


class Choice(NamedTuple):
    """What some readers of a newsletter asked for; made by ``Choice.of``, so that equals are equal.

    A tuple, so that it is also a plain key: ``(topics, language)``.
    """

    topics: tuple[str, ...] = ()  # in order of their names, each once; empty: all
    language: str = "en"  # ISO 639-1

    @classmethod
    def of(cls, topics: Iterable[str], language: str) -> Choice:
        return cls(tuple(sorted(set(topics))), language)

"""What reading the body of a source yields, whatever its format. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from digest.model import FetchedItem

_NOW_OR_LATER = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Parsed:
    """Items and what to say of them. ``undated`` and ``empty`` count before the cut."""

    items: tuple[FetchedItem, ...]
    undated: int = 0
    empty: int = 0
    title: str | None = None  # what the source calls itself
    notes: tuple[str, ...] = ()


def newest(items: Iterable[FetchedItem], most: int) -> tuple[FetchedItem, ...]:
    """Each address once; beyond ``most`` the oldest go. Undated ones count as new."""
    by_address: dict[str, FetchedItem] = {}
    for item in items:
        by_address.setdefault(item.url, item)
    once = list(by_address.values())
    if len(once) <= most:
        return tuple(once)
    once.sort(key=lambda item: item.dated.at if item.dated else _NOW_OR_LATER, reverse=True)
    return tuple(once[:most])

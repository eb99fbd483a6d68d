"""What reading the body of a source yields, whatever its format. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from digest import days
from digest.model import Dated, DateSource, FetchedItem

_NOW_OR_LATER = datetime.max.replace(tzinfo=UTC)
_UNIX_TIME = re.compile(r"[0-9]{10}(?:[0-9]{3})?")
_CUT_OFF = re.compile(
    r"(?:\[?(?:…|\.\.\.)\]?|read (?:more|on|the (?:full|rest)[^.]{0,40})|continue reading[^.]{0,80}"
    r"|weiterlesen|lire la suite|leer más|читать (?:далее|дальше))\s*[»›→>]*\s*$"
    r"|the post .{1,200} appeared first on .{1,100}$",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Parsed:
    """Items and what to say of them. ``undated`` and ``empty`` count before the cut."""

    items: tuple[FetchedItem, ...]
    undated: int = 0
    empty: int = 0
    title: str | None = None  # what the source calls itself
    is_sum: bool = False  # of other bodies, too: that this one is unchanged says nothing of them
    notes: tuple[str, ...] = ()


def unlinked(count: int) -> str:
    """The note of items that lead nowhere on the web."""
    items, were = ("item", "was") if count == 1 else ("items", "were")
    return f"{count} {items} without a web link {were} left out"


def written(said: str, order: str | None = None) -> Dated | None:
    """What no standard of feeds allows, but people write: "lun, 30 nov 2026 09:00 +0100".

    ``order``: how 03/04/2026 is meant (``days.order``).
    """
    if _UNIX_TIME.fullmatch(said):
        at = datetime.fromtimestamp(int(said[:10]), UTC)
        return Dated(at=at, source=DateSource.FEED)
    exact = days.moment(said, order)
    day = exact or days.written(said, order)
    return Dated(at=day, source=DateSource.FEED, day_only=exact is None) if day else None


def is_cut_off(text: str) -> bool:
    """Whether the words of an item end like a taste of it: "[…]", "Continue reading"."""
    return bool(_CUT_OFF.search(text[-300:]))


def newest(items: Iterable[FetchedItem], most: int) -> tuple[FetchedItem, ...]:
    """Each address once, or each item there that has a guid and a title of its own.

    Beyond ``most`` the oldest go. Undated ones count as new.
    """
    known: dict[str, tuple[set[str | None], set[str | None]]] = {}
    once: list[FetchedItem] = []
    for item in items:
        guids, titles = known.setdefault(item.url, (set(), set()))
        if not guids or _is_another(item, guids, titles):
            once.append(item)
            guids.add(item.guid)
            titles.add(item.title)
    if len(once) <= most:
        return tuple(once)
    once.sort(key=lambda item: item.dated.at if item.dated else _NOW_OR_LATER, reverse=True)
    return tuple(once[:most])


def _is_another(item: FetchedItem, guids: set[str | None], titles: set[str | None]) -> bool:
    unsaid = None in guids or None in titles or item.guid is None or item.title is None
    return not unsaid and item.guid not in guids and item.title not in titles

"""The items of one body to the addresses they are kept under. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from urllib.parse import quote, urlsplit

from digest.curate import urls
from digest.model import FetchedItem

_SAFE = "!$&'()*+,;=:@/?-._~%"  # in a fragment (RFC 3986, 3.5)


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """An item and its address. ``part``: it is a part of the page there, and no page of its own."""

    item: FetchedItem
    page: str  # canonical
    address: str
    part: bool
    aliases: tuple[str, ...]  # where it is kept when the body lists other parts of the page


def placed(items: Iterable[FetchedItem]) -> list[Placed]:
    """Each item at its canonical address; the parts of one page at an address each. Without those
    at an address too long to be kept.

    A changelog's items point into one page and differ by fragment, or by nothing but their guid.
    One page that is listed twice has one title, or one guid.
    """
    by_page: dict[str, list[FetchedItem]] = {}
    for item in items:
        by_page.setdefault(urls.canonical(item.url), []).append(item)
    found = [one for page, listed in by_page.items() for one in _on(page, listed)]
    return [one for one in found if not urls.is_too_long(one.address)]


def left_out(count: int) -> str:
    """The note of items that ``placed`` leaves out."""
    items, were = ("item", "was") if count == 1 else ("items", "were")
    return f"{count} {items} at an address longer than {urls.LONGEST:,} bytes {were} left out"


def _on(page: str, items: Sequence[FetchedItem]) -> list[Placed]:
    guids = {item.guid for item in items if item.guid}
    titles = {item.title for item in items if item.title}
    part = len(items) > 1 and len(guids) == len(titles) == len(items)
    fragments = Counter(urlsplit(item.url).fragment for item in items)
    found: list[Placed] = []
    for item in items:
        own = urlsplit(item.url).fragment
        marks = [mark for mark in (own if fragments[own] == 1 else "", item.guid) if mark]
        aliases = tuple(f"{page}#{quote(mark, _SAFE)}" for mark in marks)
        address = aliases[0] if part else page
        found.append(Placed(item=item, page=page, address=address, part=part, aliases=aliases))
    return found

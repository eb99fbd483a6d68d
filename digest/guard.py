"""Markup to a refusal where parsing it would cost too much: one look before a parser. Pure."""

from __future__ import annotations

import re

from digest.errors import Permanent

MAX_DEPTH = 250  # elements inside one another; libxml2 stops at 256 by itself
MAX_CHARACTERS = 10_000_000

_TAG = re.compile(r"<(/?)([a-zA-Z][\w:.-]{0,60})([^<>]*)>")
_DECLARATION = re.compile(r"<!ENTITY|<!DOCTYPE[^>\[]{0,1000}\[", re.IGNORECASE)
_RAW = frozenset(("script", "style", "textarea", "title", "noscript"))
# HTML elements that have no end tag, or often go without one and close by themselves.
_UNCOUNTED = frozenset(
    "area base br col embed hr img input link meta param source track wbr "
    "p li dt dd td th tr tbody thead tfoot option optgroup colgroup".split()
)


def check(markup: str, *, what: str) -> None:
    """Raises Permanent where ``markup`` is nested too deeply or too long. ``what`` names it."""
    if len(markup) > MAX_CHARACTERS:
        raise Permanent(f"{what} is longer than {MAX_CHARACTERS:,} characters")
    _check_depth(markup, what)


def check_xml(markup: str, *, what: str, most: int = MAX_CHARACTERS) -> None:
    """As ``check``; Permanent, too, where the document declares entities (XXE, entity bombs).

    ``most``: characters, for what is read piece by piece.

    What stands in a CDATA section is text to an XML parser, and neither element nor declaration.
    """
    parsed = _without_cdata(markup)
    if _DECLARATION.search(parsed):
        raise Permanent(f"{what} declares entities of its own, which is an old attack; not read")
    if len(markup) > most:
        raise Permanent(f"{what} is longer than {most:,} characters")
    _check_depth(parsed, what)


def is_too_deep(markup: str) -> bool:
    """Whether more than MAX_DEPTH elements are open at once; what stands in a script is no element.

    Linear: every character is looked at once.
    """
    depth = place = 0
    while found := _TAG.search(markup, place):
        place = found.end()
        name = found[2].lower()
        if name in _RAW and not found[1]:
            place = markup.find(f"</{name}", place)
            if place < 0:
                return False
            continue
        if name in _UNCOUNTED or name in _RAW or found[3].endswith("/"):
            continue
        depth = max(0, depth - 1) if found[1] else depth + 1
        if depth > MAX_DEPTH:
            return True
    return False


def _check_depth(markup: str, what: str) -> None:
    if is_too_deep(markup):
        raise Permanent(f"{what} has more than {MAX_DEPTH} elements inside one another")


def _without_cdata(markup: str) -> str:
    parts: list[str] = []
    place = 0
    while (start := markup.find("<![CDATA[", place)) >= 0:
        end = markup.find("]]>", start)
        if end < 0:
            break  # left open, so no section: a lenient parser sees the elements behind it
        parts.append(markup[place:start])
        place = end + 3
    parts.append(markup[place:])
    return "".join(parts)

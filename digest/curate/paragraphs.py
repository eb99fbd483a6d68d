"""A text that ran together, and the page it came from, to the text in paragraphs. Pure.

Where the extractor finds no article it takes all the words of a page as one line, and a heading
runs into the sentence below it. The words stay as they are: only where blocks meet is known again.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable

from lxml import etree
from lxml.html import HtmlElement

from digest import characters
from digest.curate.cleaning import clean

MANY = 150  # words; a shorter text may well be one paragraph
SURE = 8  # words of a block; a shorter one may stand anywhere, as a menu names what is written of
HEADINGS = 6  # at most, above one block
REACH = 20_000  # characters of the text that are searched for the next block of the page
_UNREAD = frozenset("script style noscript template".split())
_INLINE = frozenset(
    "a abbr acronym b bdi bdo big cite code data dfn em font i img ins kbd label mark q s samp "
    "small span strong sub sup time tt u var wbr".split()
)


def restored(text: str, root: HtmlElement) -> str:
    """``text``; a long paragraph of it is parted where the blocks of ``root`` meet."""
    parts = text.split("\n\n")
    if all(characters.words(part) < MANY for part in parts):
        return text
    blocks = _blocks(root)
    whole = frozenset(blocks)
    return clean("\n\n".join(part if part in whole else _cut(part, blocks) for part in parts))


def _cut(flat: str, blocks: list[str]) -> str:
    if characters.words(flat) < MANY:
        return flat
    found: list[str] = []
    short = deque[str](maxlen=HEADINGS)  # headings, if they touch the next that is sure
    place = 0
    for block in blocks:
        if characters.words(block) < SURE:
            short.append(block)
            continue
        at = flat.find(block, place, place + REACH + len(block))
        if at >= 0:
            found += [*_parted(flat[place:at].strip(), short), block]
            place = at + len(block)
            short.clear()
    return "\n\n".join([*found, flat[place:]])


def _parted(between: str, short: Iterable[str]) -> list[str]:
    """What stands between two blocks, the short ones at its end apart."""
    headings: list[str] = []
    for block in reversed(tuple(short)):
        if block and between.endswith(block):
            headings.append(block)
            between = between[: -len(block)].rstrip()
    return [between, *reversed(headings)]


def _blocks(root: HtmlElement) -> list[str]:
    """What stands between any two tags that begin or end a block, as the page has them."""
    parts: list[str] = []
    for event, element in etree.iterwalk(root, events=("start", "end")):
        said = element.text if event == "start" else element.tail
        if isinstance(element.tag, str) and element.tag not in _INLINE | _UNREAD:
            parts.append("\n\n")
        if said and not (event == "start" and element.tag in _UNREAD):
            parts.append(" ".join(f"|{said}|".split())[1:-1])
    return clean("".join(parts)).split("\n\n")

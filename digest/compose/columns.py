"""Text to lines of 72 columns, counted as a terminal shows them. Pure.

A paragraph flows (RFC 3676, DelSp=yes): each of its lines but the last ends in a blank, which a
reader with a narrow window takes for "go on", and which is no part of the text.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache

from digest import characters
from digest.slots import slot

COLUMNS = 72

_WORD = re.compile(r"[\S\u00a0\u2007\u202f]+")  # a blank that does not break is one of its letters
_READER, _ADDRESS = slot("reader"), "x" * 24
_BREAK = "\u200b"  # a blank without a width: where a word of Thai, Khmer or Burmese may end
# What may not begin a line, and what may not end one, where Chinese or Japanese breaks anywhere:
# closing marks, accents, joiners, skin tones; opening marks, joiners.
_NOT_FIRST = frozenset(("Pe", "Pf", "Po", "Lm", "Mn", "Me", "Mc", "Cf", "Sk"))
_NOT_LAST = frozenset(("Ps", "Pi", "Cf"))


def fill(text: str, indent: str = "") -> str:
    """``text`` in lines of at most 72 columns, each behind ``indent``.

    Without an indent the lines flow, and end in one blank more than the text has there. A word
    (a link) that is longer keeps a line of its own, whole.
    """
    lines: list[str] = []
    line = ""
    flow = "" if indent else " "
    for word in _WORD.findall(text):
        gap = " "
        for unit in _units(word):
            longer = f"{line}{gap if line else ''}{unit}"
            if line and width(indent + longer) > COLUMNS:
                lines.append(line + (gap + flow if flow else ""))
                longer = unit
            line, gap = longer, ""
    return "\n".join(indent + one for one in (*lines, line))


def width(text: str) -> int:
    """Columns: two for a wide character, none for a combining mark or a joiner.

    The place of a reader's address takes what most addresses do.
    """
    return len(text) if text.isascii() else sum(map(_width, text.replace(_READER, _ADDRESS)))


@lru_cache(maxsize=4096)
def _width(character: str) -> int:
    if unicodedata.category(character) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if _is_wide(character) else 1


def _is_wide(character: str) -> bool:
    return unicodedata.east_asian_width(character) in ("W", "F")


def _units(word: str) -> Iterator[str]:
    """The parts of ``word`` between which a line may break: wide characters, Thai syllables."""
    start = 0
    for place in range(1, 0 if word.isascii() else len(word)):
        if _may_break(word[place - 1], word[place]):
            yield word[start:place]
            start = place
    yield word[start:]


def _may_break(before: str, after: str) -> bool:
    """Thai and Lao put no blank between words: a vowel that is written first begins a syllable."""
    if before == _BREAK:
        return True
    return (
        (_is_wide(before) or _is_wide(after) or after in characters.LEADING)
        and before not in characters.LEADING
        and unicodedata.category(before) not in _NOT_LAST
        and unicodedata.category(after) not in _NOT_FIRST
    )

"""Text from a stranger to text that every encoding and every database takes. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import islice
from urllib.parse import quote

_HALVES = re.compile(r"[\ud800-\udfff]+")
_REFERENCE = re.compile(r"(?:&#(?:[0-9]{1,10}|[xX][0-9a-fA-F]{1,8});){1,64}")
_NUMBER = re.compile(r"&#(?:([0-9]+)|[xX]([0-9a-fA-F]+));")
# Scripts that put no space between words: Chinese and Japanese; Thai, Lao, Burmese and Khmer.
_SIGN = (
    r"\u3005-\u3007\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uff66-\uff9f"
    r"\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\U00020000-\U0003134f"
)
_UNSPACED = re.compile(f"[{_SIGN}]+")
_WORD = re.compile(rf"[{_SIGN}]{{1,2}}|[^\s{_SIGN}]+")
LEADING = frozenset("เแโใไເແໂໃໄ")  # vowels of Thai and Lao that are written before their consonant
# A stop or semicolon as wide as a sign, which is half empty.
_WIDE_END = re.compile(r"[。！？｡；][」』”’）》\"']*$")
# Blanks, controls and marks of direction.
_UNSEEN = re.compile(r"[\x00-\x20\x7f-\xa0\u200e\u200f\u2028-\u202e\u2066-\u2069]")
_NO_CHARACTER = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def whole(text: str) -> str:
    """``text`` without NUL; half a surrogate pair is a replacement character, two are one again.

    JavaScript cuts an emoji in two, and JSON and YAML can write the half. No UTF-8 holds one, and
    PostgreSQL no NUL.
    """
    return _HALVES.sub(_paired, text.replace("\0", ""))


def address(url: str) -> str:
    """``url`` with what nobody sees in it escaped: a terminal, or a line of text, would obey it."""
    return _UNSEEN.sub(lambda found: quote(found[0]), url)


def spelt(xml: str) -> str:
    """``xml`` with every numeric reference to what is no character (XML 1.0, 2.2) replaced.

    One ``&#55357;`` makes a document unreadable to a parser.
    """
    return _REFERENCE.sub(_true, xml)


def words(text: str) -> int:
    """How many words a text has; of a script without spaces every two characters are one."""
    spaced, runs = _UNSPACED.subn(" ", text)
    unspaced = len(text) - len(spaced) + runs
    return len(spaced.split()) + (unspaced + 1) // 2


def head(text: str, most: int) -> str:
    """The first ``most`` words of a text, counted in the same way."""
    beyond = next(islice(_WORD.finditer(text), most, None), None)
    return text[: beyond.start()] if beyond else text


def running(sentences: Iterable[str]) -> str:
    """``sentences`` as one text, with the gap between them that their script has."""
    text = ""
    for sentence in sentences:
        text += (gap(text) if text else "") + sentence
    return text


def gap(before: str) -> str:
    """What parts a sentence from the one before it: a blank, in Thai and Khmer too.

    Nothing where a mark as wide as a sign stands before it, in Chinese or Japanese.
    """
    return "" if _WIDE_END.search(before) else " "


def _paired(found: re.Match[str]) -> str:
    return found[0].encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def _true(found: re.Match[str]) -> str:
    numbers = [int(a) if a else int(b, 16) for a, b in _NUMBER.findall(found[0])]
    said = "".join(chr(n) if n <= 0x10FFFF else "\0" for n in numbers)
    if not _NO_CHARACTER.search(said):
        return found[0]
    return "".join(f"&#{ord(c)};" for c in _NO_CHARACTER.sub("\ufffd", _HALVES.sub(_paired, said)))

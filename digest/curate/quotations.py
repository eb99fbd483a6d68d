"""A paragraph to the spans of its quotations. Pure.

One sign opens in one language and closes in another (“ in English and German, » in German and
French): where it stands tells which. An inch or an apostrophe is no mark. In many languages a
dash opens what somebody says, and another, before who says it, closes it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

# What opens, and what may close it: "…", “…”, ”…”, „…“, «…», »…«, 「…」, 『…』.
_CLOSERS = {'"': '"', "“": '”"', "”": "”", "„": '“”"', "«": "»", "»": "«", "「": "」", "『": "』"}
_MARK = re.compile('["“”„«»「」『』]')
_SPOKEN = re.compile(r"\s*[–—]\s")
_SPOKEN_END = re.compile(r"(?<=[,.!?…])\s*[–—-]\s(?=[^\W\d_])|\s[–—]\s(?=[^\W\d_])")
_LEADS_IN = re.compile(r"[\s(\[{<'’‘/–—-]")
_BEGINS = re.compile(r"[\w(\[{<'’‘“„«$£€¿¡….-]")


@dataclass(frozen=True, slots=True)
class Quotation:
    """``text[start:end]`` is one quotation, its marks included.

    The end of one that nothing closes is one beyond its paragraph: no sentence reaches it.
    """

    start: int
    end: int

    def cuts(self, start: int, end: int) -> bool:
        """Whether ``text[start:end]`` begins or ends amid it."""
        return self.start < start < self.end or self.start < end < self.end


def around(text: str, place: int) -> tuple[tuple[Quotation, ...], int]:
    """The quotations of the paragraph that ``place`` stands in, and where that paragraph ends."""
    start = text.rfind("\n\n", 0, place) + 1
    end = text.find("\n\n", place)
    end = len(text) if end < 0 else end
    found = list(_spoken(text, start, end))
    opener, begun = "", 0
    for match in _MARK.finditer(text, start, end):
        mark, at = match[0], match.start()
        opens = _opens(text, at, start, end)
        if opener and mark in _CLOSERS[opener] and not opens:
            found.append(Quotation(begun, at + 1))
            opener = ""
        elif opens and not opener:
            opener, begun = mark, at
    if opener:
        found.append(Quotation(begun, end + 1))
    return tuple(found), end


def _spoken(text: str, start: int, end: int) -> Iterator[Quotation]:
    """What a paragraph opens with behind a dash, where another tells who says it."""
    if begun := _SPOKEN.match(text, start, end):
        for closing in _SPOKEN_END.finditer(text, begun.end(), end):
            if text[closing.end()].islower():
                yield Quotation(begun.end() - 2, closing.start())
                return


def _opens(text: str, at: int, start: int, end: int) -> bool:
    mark = text[at]
    if mark in "「『":
        return True
    if mark in "」』" or not (at == start or _LEADS_IN.match(text, at - 1)):
        return False
    # The French leave a space behind the mark that opens.
    return mark in "„«" or bool(_BEGINS.match(text, at + 1, end))

"""The text of a page to whether it only asks its visitor for consent to cookies. Pure.

A site that has such a page sends it for every article, with 200 and hundreds of words.
"""

from __future__ import annotations

import re
from importlib import resources

from digest import characters

SIGNS = 3  # of consent.txt; a report on cookies shows two at most
PREFACE, LONGEST = 120, 500  # words: where they stand; a longer page tells something besides


def _signs() -> tuple[re.Pattern[str], ...]:
    said = (resources.files("digest.curate") / "consent.txt").read_text("utf-8")
    blocks = [
        [line for line in block.splitlines() if line and not line.startswith("#")]
        for block in said.split("\n\n")
    ]
    return tuple(
        re.compile("|".join(lines).replace(" ", r"\s+"), re.IGNORECASE) for lines in blocks if lines
    )


_SIGNS = _signs()


def is_asked(text: str) -> bool:
    """Whether ``text`` asks for consent and tells nothing besides."""
    preface = characters.head(text, PREFACE)
    shown = sum(bool(sign.search(preface)) for sign in _SIGNS)
    return shown >= SIGNS and characters.words(text) <= LONGEST

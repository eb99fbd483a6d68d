"""The personal places of an edition: how they are marked, and which there are. Pure."""

from __future__ import annotations

import re
import unicodedata

# A place is SLOT_OPEN + name + SLOT_CLOSE. Both marks are private-use characters, which `curate`
# strips from every text and `compose` from all that an issue says, so no article can forge one.
SLOT_OPEN = "\ue0f0"
SLOT_CLOSE = "\ue0f1"
MARKS = (SLOT_OPEN, SLOT_CLOSE)
_PLACE = re.compile(f"{SLOT_OPEN}[^{SLOT_CLOSE}]*{SLOT_CLOSE}")

# What an issue may ask of its reader. Letters have one place more: where their button leads.
SLOTS = frozenset({"unsubscribe_url", "preferences_url", "reader", "name"})


def slot(name: str) -> str:
    """The place ``name``, filled for each reader when the message is made."""
    return f"{SLOT_OPEN}{name}{SLOT_CLOSE}"


def unmarked(text: str) -> str:
    """``text`` without our marks."""
    return text.replace(SLOT_OPEN, "").replace(SLOT_CLOSE, "")


def unshown(text: str) -> str:
    """The first of ``text`` that its author may not use: a control character (line ends are some),
    half of a surrogate pair, or one of our marks. Empty: there is none."""
    for character in text:
        if unicodedata.category(character) in ("Cc", "Cs", "Zl", "Zp") or character in MARKS:
            return character
    return ""


def blanked(text: str) -> str:
    """``text`` with its places as words that a person may read."""
    return _PLACE.sub("(personal)", text)

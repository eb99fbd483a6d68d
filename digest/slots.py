"""The personal places of an edition: how they are marked, and which there are. Pure."""

from __future__ import annotations

import re

# A place is SLOT_OPEN + name + SLOT_CLOSE. Both marks are private-use characters, which `curate`
# strips from every text, so no article can forge one.
SLOT_OPEN = "\ue0f0"
SLOT_CLOSE = "\ue0f1"
_PLACE = re.compile(f"{SLOT_OPEN}[^{SLOT_CLOSE}]*{SLOT_CLOSE}")

# What an issue may ask of its reader. Letters have one place more: where their button leads.
SLOTS = frozenset({"unsubscribe_url", "preferences_url", "reader", "name"})


def slot(name: str) -> str:
    """The place ``name``, filled for each reader when the message is made."""
    return f"{SLOT_OPEN}{name}{SLOT_CLOSE}"


def blanked(text: str) -> str:
    """``text`` with its places as words that a person may read."""
    return _PLACE.sub("(personal)", text)

"""The personal places of an edition: how they are marked, and which there are. Pure."""

from __future__ import annotations

# A place is SLOT_OPEN + name + SLOT_CLOSE. Both marks are private-use characters, which `curate`
# strips from every text, so no article can forge one.
SLOT_OPEN = "\ue0f0"
SLOT_CLOSE = "\ue0f1"

# What an issue may ask of its reader. Letters have one place more: where their button leads.
SLOTS = frozenset({"unsubscribe_url", "preferences_url", "reader", "name"})


def slot(name: str) -> str:
    """The place ``name``, filled for each reader when the message is made."""
    return f"{SLOT_OPEN}{name}{SLOT_CLOSE}"

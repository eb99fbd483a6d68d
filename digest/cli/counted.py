"""A number and a noun to words that agree. Pure."""

from __future__ import annotations


def counted(count: int, one: str, more: str = "") -> str:
    """``1 letter``, ``1,204 letters``. ``more``: the plural where it is not ``one`` with an s."""
    return f"{count:,} {one if count == 1 else more or one + 's'}"

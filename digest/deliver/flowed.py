"""The text part as it travels: format=flowed with DelSp=yes (RFC 3676), and back. Pure."""

from __future__ import annotations

import re

# What a reader of flowed text would take for a quotation or for stuffing (RFC 3676, 4.4).
_STUFFED = re.compile(r"^(?=[ >]|From )", re.MULTILINE)
_STUFFING = re.compile(r"^ ", re.MULTILINE)
_FLOWS = re.compile(r"(?<=[^\n]) \n(?!\n|\Z)")


def stuffed(text: str) -> str:
    """``text`` with one blank more before each line that begins with a blank, > or From.

    A personal place that opens a line is left as it is filled: with an address, a link, a name.
    """
    return _STUFFED.sub(" ", text)


def lines(part: str) -> str:
    """The lines of a text part as they were before ``stuffed``."""
    return _STUFFING.sub("", part)


def paragraphs(part: str) -> str:
    """A text part as a reader in a window of any width has it: what flows is one line."""
    return _FLOWS.sub("", lines(part))

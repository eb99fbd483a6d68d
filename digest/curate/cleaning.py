"""Any text to clean text: NFC, paragraphs parted by one blank line, nothing invisible. Pure."""

from __future__ import annotations

import hashlib
import re
import unicodedata

_BREAKS = re.compile(r"\r\n?|[\v\f\x1c-\x1e\x85\u2028\u2029]")
_PARTING = re.compile(r"\n(?:[^\S\n]*\n)+")
# Joiners shape words of many scripts and emoji; marks of direction keep mixed lines in order.
_KEPT_FORMATS = frozenset("\u200c\u200d\u200e\u200f\u061c")
_WORD = re.compile(r"\w+")


def clean(text: str) -> str:
    """Paragraphs as they are parted by blank lines; a single line break becomes a space."""
    # Composed last: what was invisible may have stood between a letter and its accent.
    text = unicodedata.normalize("NFC", visible(_BREAKS.sub("\n", text)))
    parts = (" ".join(part.split()) for part in _PARTING.split(text))
    return "\n\n".join(part for part in parts if part)


def unboxed(block: str) -> str:
    """A block without the mark of a list, or the bars of a table that only lays out the page."""
    if not block.startswith("|"):
        return block.removeprefix("- ")
    return " | ".join(cell for cell in map(str.strip, block.split("|")) if cell)


def one_line(text: str) -> str:
    """A title or a name: one line, nothing a mail header could trip over."""
    return " ".join(clean(text).split())


def visible(text: str) -> str:
    """``text`` without control, private-use, unassigned and invisible characters."""
    return "".join(c for c in text if c == "\n" or _is_visible(c))


def _is_visible(character: str) -> bool:
    if character.isprintable():
        return True
    category = unicodedata.category(character)
    return category == "Zs" or character == "\t" or character in _KEPT_FORMATS


def fingerprint(text: str) -> str:
    """Equal for copies of one text, whatever their case, spaces and quotes."""
    words = _WORD.findall(unicodedata.normalize("NFKC", text).casefold())
    if not words:
        return ""
    return hashlib.blake2b(" ".join(words).encode(), digest_size=16).hexdigest()

"""The header fields of a mail that anybody wrote: kept short and raw, then plain text. Pure.

``email.policy.default`` is no parser for strangers' mail: brackets in a Content-Type overflow its
stack, and the encoded words of one long field cost it seconds.
"""

from __future__ import annotations

import base64
import codecs
import quopri
import re
from email.message import Message
from email.policy import Compat32

LONGEST = 1024  # characters of one field; what a report says stands at its beginning
_FOLD = re.compile(r"\r?\n(?=[ \t])")
_COMMENT = re.compile(r"\([^()]*\)")
_KEYWORD = re.compile(r"[^\s;,()]+")
# No part of it crosses a question mark, so a field is walked through once.
_ENCODED = re.compile(
    r"=\?([^?\s*]{1,40})(?:\*[^?\s]*)?\?([bq])\?([^?]*)\?=(?:\s+(?==\?[^?\s]+\?[bq]\?))?",
    re.IGNORECASE,
)


class Short(Compat32):
    """A policy for the parsers of ``email``: raw fields, none longer than ``LONGEST``."""

    def header_source_parse(self, sourcelines: list[str]) -> tuple[str, str]:
        """The name and the raw value of a field."""
        name, value = super().header_source_parse(sourcelines)
        return name, value[:LONGEST]


SHORT = Short()


def field(message: Message, name: str) -> str:
    """A field as text, with its encoded words (RFC 2047) and its UTF-8 (RFC 6532) decoded.

    Empty where it is missing; of several the first.
    """
    wanted = name.lower()
    raw = next((str(value) for one, value in message.raw_items() if one.lower() == wanted), "")
    return _ENCODED.sub(_decoded, _FOLD.sub("", text(raw)))


def text(raw: str) -> str:
    """What the parsers leave of bytes beyond ASCII, as UTF-8."""
    return raw.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def characters(raw: bytes, charset: str) -> str:
    """``raw`` in the characters it claims. Raises LookupError or ValueError for none that we know.

    Those of domain names count for none: no text is in them, and a long one costs Python seconds.
    """
    known = codecs.lookup(charset)
    if known.name in ("idna", "punycode"):
        raise LookupError(f"{known.name} is for domain names")
    return raw.decode(known.name, "replace")


def keyword(said: str) -> str:
    """The word of a field such as ``failed (for good); x=y``, lower case, without its comments."""
    found = _KEYWORD.search(_COMMENT.sub(" ", said))
    return found[0].lower() if found else ""


def _decoded(word: re.Match[str]) -> str:
    said = word[3].encode("utf-8", "replace")
    try:
        if word[2].lower() == "b":
            return characters(base64.b64decode(said + b"=" * (-len(said) % 4)), word[1])
        return characters(quopri.decodestring(said, header=True), word[1])
    except (LookupError, ValueError):  # characters that nobody has: as it stands
        return word[0]

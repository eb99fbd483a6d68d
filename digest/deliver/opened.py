"""Raw mail, whoever wrote it, to parts to be looked at: bounded in size, depth and time. Pure.

What a report says stands at its beginning, so only that is read. Fields stay the raw text they
were: structured parsing of hostile ones costs seconds.
"""

from __future__ import annotations

import base64
import email
import html
import quopri
import re
from collections.abc import Iterator
from email.errors import MessageError
from email.message import Message
from email.parser import HeaderParser
from itertools import islice

from subscribers import fields

MOST_BYTES = 256 * 1024
MOST_LINES = 4000  # each costs the parser as many looks as it stands deep
MOST_PARTS = 40  # with parts of their own; reports have two, and return a message of a few more
MOST_TEXTS = 10
MOST_GROUPS = 100  # of fields in a status
LONGEST_LINE = 500
# A word such as "boundary" in what was returned makes no part: only this does.
_NEST = re.compile(rb"^content-type[ \t]*:\s*(?:multipart|message)/", re.IGNORECASE | re.MULTILINE)
_NO_LETTER = re.compile(rb"[^A-Za-z0-9+/]")  # of base64
# No part of a tag crosses the beginning of another, so a page is walked through once.
_BLANKS = re.compile(r"\s+")
_BREAK = re.compile(r"</?(?:br|p|div|td|tr|li|h\d|pre)\b[^<>]*>", re.IGNORECASE)
_TAG = re.compile(r"<[^<>]*>")
_COPIES = ("message/rfc822", "message/global", "text/rfc822-headers", "message/global-headers")
_BROKEN = (MessageError, ValueError, LookupError, TypeError, AttributeError, RecursionError)


def opened(mail: bytes) -> Message | None:
    """The mail, parsed; None where nobody's report looks like that."""
    head = b"\n".join(mail[:MOST_BYTES].splitlines()[:MOST_LINES])
    if len(_NEST.findall(head)) > MOST_PARTS:
        return None
    try:
        return email.message_from_bytes(head, policy=fields.SHORT)
    except _BROKEN:
        return None


def parts(message: Message) -> Iterator[Message]:
    """The mail's own parts, not those of a message that it returns."""
    yield message
    if message.get_content_maintype() == "message":
        return
    below = message.get_payload()
    if isinstance(below, list):
        for part in below:
            if isinstance(part, Message):
                yield from parts(part)


def blocks(part: Message) -> list[Message]:
    """The groups of fields in a ``message/*`` part, encoded for its way or not.

    Encoding is not allowed there (RFC 3464, 2.1), and some do it; the parser leaves it as it is.
    """
    raw = decoded(part) or _raw(part)
    groups = re.split(r"\n[ \t\r]*\n", raw.replace("\r\n", "\n"), maxsplit=MOST_GROUPS)
    parser = HeaderParser(policy=fields.SHORT)
    return [parser.parsestr(one.lstrip("\n")) for one in groups[:MOST_GROUPS] if one.strip()]


def decoded(part: Message) -> str:
    """What a part holds that was encoded for its way; empty for one that was not."""
    coding = field(part, "Content-Transfer-Encoding").lower()
    if coding not in ("base64", "quoted-printable"):
        return ""
    raw = _raw(part).encode("utf-8", "replace")
    plain = _unpacked(raw) if coding == "base64" else quopri.decodestring(raw)
    return plain.decode("utf-8", "replace")


def _unpacked(raw: bytes) -> bytes:
    """Base64 as far as it goes: a large mail is read at its beginning alone."""
    letters = _NO_LETTER.sub(b"", raw)
    whole = letters[: len(letters) - (len(letters) % 4 == 1)]
    return base64.b64decode(whole + b"=" * (-len(whole) % 4))


def _raw(part: Message) -> str:
    """A part as it came."""
    below = part.get_payload()
    if isinstance(below, list):
        return "\n\n".join(_written(one) for one in below if isinstance(one, Message))
    return below if isinstance(below, str) else ""


def _written(message: Message) -> str:
    """A message as it came, without what its parts hold; ``as_string`` would fold it anew."""
    said = [f"{name}: {value}" for name, value in message.raw_items()]
    raw = message.get_payload(decode=True)  # as text its letters beyond ASCII would be lost
    return "\n".join([*said, "", raw.decode("utf-8", "replace") if isinstance(raw, bytes) else ""])


def returned(part: Message) -> Message | None:
    """The message that a ``message/rfc822`` part holds, encoded for its way or not."""
    if plain := decoded(part):
        return opened(plain.encode())
    below = part.get_payload()
    first = below[0] if isinstance(below, list) and below else None
    return first if isinstance(first, Message) else None


def given_back(message: Message) -> str:
    """Our own mail in a report, as far as it is encoded: the rest can be read as it came."""
    copies = (one for one in parts(message) if one.get_content_type() in _COPIES)
    return "\n".join(map(decoded, islice(copies, MOST_TEXTS)))


def field(message: Message, name: str) -> str:
    """A header or field as one line of text; empty where it is missing."""
    return one_line(fields.field(message, name))


def words(part: Message) -> str:
    """The text of a part, whatever it claims its characters to be."""
    try:
        raw = part.get_payload(decode=True)
    except _BROKEN:
        return ""
    if not isinstance(raw, bytes):
        return ""
    try:
        text = fields.characters(raw, part.get_content_charset("utf-8"))
    except _BROKEN:
        text = raw.decode("latin-1")
    return _of_page(text) if part.get_content_type() == "text/html" else text


def _of_page(page: str) -> str:
    """The words of HTML, as far as a report needs them: a line for each thing that stands alone."""
    return html.unescape(_TAG.sub("", _BREAK.sub("\n", _BLANKS.sub(" ", page))))


def texts(message: Message) -> Iterator[Message]:
    """The first of the mail's own plain texts; where it has none, of its pages."""
    for kind in ("text/plain", "text/html"):
        found = list(islice(_of_kind(message, kind), MOST_TEXTS))
        if found:
            return iter(found)
    return iter(())


def _of_kind(message: Message, kind: str) -> Iterator[Message]:
    return (one for one in parts(message) if one.get_content_type() == kind)


def text_of(message: Message) -> str:
    """The mail's own plain text, from its beginning."""
    return "\n".join(map(words, texts(message)))[:MOST_BYTES]


def one_line(text: str) -> str:
    """Text fit for a column and a terminal: one line, printable, not endless."""
    plain = re.sub(r"[\x00-\x20\x7f-\xa0\u2028\u2029\ud800-\udfff]+", " ", text[: 4 * LONGEST_LINE])
    return plain.strip()[:LONGEST_LINE]

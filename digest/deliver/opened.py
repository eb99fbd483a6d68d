"""Raw mail, whoever wrote it, to parts to be looked at: bounded in size, depth and time. Pure.

What a report says stands at its beginning, so only that is read. Headers stay the raw text they
were: structured parsing of hostile ones costs seconds.
"""

from __future__ import annotations

import base64
import email
import quopri
import re
from collections.abc import Iterator
from email.errors import MessageError
from email.header import decode_header, make_header
from email.message import Message
from email.parser import HeaderParser

MOST_BYTES = 256 * 1024
MOST_PARTS = 40  # the reports of the field have 3 parts and return a message of 3 more
LONGEST_LINE = 500
_PART = re.compile(rb"^content-type[ \t]*:", re.IGNORECASE | re.MULTILINE)
_BOUNDARY = re.compile(rb"boundary", re.IGNORECASE)
_BROKEN = (MessageError, ValueError, LookupError, TypeError, AttributeError, RecursionError)


def opened(mail: bytes) -> Message | None:
    """The mail, parsed; None where nobody's report looks like that."""
    head = mail[:MOST_BYTES]
    if len(_PART.findall(head)) > MOST_PARTS or len(_BOUNDARY.findall(head)) > MOST_PARTS:
        return None
    try:
        return email.message_from_bytes(head)
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
    below = part.get_payload()
    found = [one for one in below if isinstance(one, Message)] if isinstance(below, list) else []
    text = "\n\n".join(one.as_string() for one in found)
    coding = field(part, "Content-Transfer-Encoding").lower()
    if coding == "base64":
        text = base64.b64decode(text).decode("utf-8", "replace")
    elif coding == "quoted-printable":
        text = quopri.decodestring(text.encode("utf-8", "replace")).decode("utf-8", "replace")
    groups = re.split(r"\n[ \t\r]*\n", text.replace("\r\n", "\n"))
    return [HeaderParser().parsestr(group.lstrip("\n")) for group in groups if group.strip()]


def returned(part: Message) -> Message | None:
    """The message that a ``message/rfc822`` part holds."""
    below = part.get_payload()
    first = below[0] if isinstance(below, list) and below else None
    return first if isinstance(first, Message) else None


def field(message: Message, name: str) -> str:
    """A header or field as one line of text; empty where it is missing or unreadable."""
    try:
        return one_line(str(make_header(decode_header(str(message.get(name, ""))[:4096]))))
    except _BROKEN:
        return one_line(str(message.get(name, "")))


def words(part: Message) -> str:
    """The text of a part, whatever it claims its characters to be."""
    try:
        raw = part.get_payload(decode=True)
    except _BROKEN:
        return ""
    if not isinstance(raw, bytes):
        return ""
    try:
        return raw.decode(part.get_content_charset("utf-8"), "replace")
    except _BROKEN:
        return raw.decode("latin-1")


def text_of(message: Message) -> str:
    """All the mail's own plain text, from its beginning."""
    found = (words(p) for p in parts(message) if p.get_content_type() == "text/plain")
    return "\n".join(found)[:MOST_BYTES]


def one_line(text: str) -> str:
    """Text fit for a column and a terminal: one line, printable, not endless."""
    plain = re.sub(r"[\x00-\x20\x7f-\xa0\u2028\u2029\ud800-\udfff]+", " ", text[: 4 * LONGEST_LINE])
    return plain.strip()[:LONGEST_LINE]

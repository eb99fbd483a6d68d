"""An Edition to a Message: MIME compiled once per edition, spliced once per person. Pure.

Compiling is slow and thorough, splicing is a join of bytes: what is the same for everybody is
encoded once (DESIGN in docs/ARCHITECTURE.md, "Compile once, splice per person").
"""

from __future__ import annotations

import functools
import hashlib
import html
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime

from digest.deliver import flowed, headers, quoted
from digest.errors import Permanent
from digest.model import Edition
from digest.slots import SLOT_CLOSE, SLOT_OPEN

ONE_CLICK = headers.structured("List-Unsubscribe-Post", "List-Unsubscribe=One-Click")  # RFC 8058
_SLOT = re.compile(f"{SLOT_OPEN}([a-z_]+){SLOT_CLOSE}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Letterhead:
    """What every message of a newsletter says in its header. ``sender``: Name <address>."""

    sender: str
    reply_to: str
    list_title: str
    list_id: str  # RFC 2919: daily.quayside.example


@dataclass(frozen=True, slots=True, kw_only=True)
class Personal:
    """What is one person's own: where it goes, and the values of an edition's slots."""

    to: str  # a bare address
    name: str
    message_id: str  # with its angle brackets
    date: datetime  # aware
    unsubscribe_url: str  # empty: who gets it cannot leave
    unsubscribe_mail: str  # mailto:...
    slots: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Place:
    """A personal place of the body: in the HTML a value is escaped, in the text it is not."""

    name: str
    markup: bool

    def escape(self, value: str) -> str:
        return html.escape(value, quote=True) if self.markup else value


@dataclass(frozen=True, slots=True, kw_only=True)
class Compiled:
    """One edition as bytes with places left open; ``head`` is the header lines all share."""

    head: bytes
    body: tuple[bytes | int, ...]  # an int is the index of one of ``places``
    places: tuple[Place, ...]

    @property
    def slots(self) -> frozenset[str]:
        """The names a Personal must have values for."""
        return frozenset(place.name for place in self.places)


def compile_edition(edition: Edition, letterhead: Letterhead) -> Compiled:
    """The edition as multipart/alternative, plain text first (RFC 2046, 5.1.4)."""
    boundary = _boundary(edition)
    name, address = headers.parsed(letterhead.sender)
    lines = [
        headers.structured("From", headers.mailbox(name, address)),
        headers.line("Subject", edition.subject),
        headers.structured("List-Id", headers.mailbox(letterhead.list_title, letterhead.list_id)),
        # RFC 3834: nobody's holiday notice should answer. Precedence says it to older programs.
        headers.structured("Auto-Submitted", "auto-generated"),
        headers.structured("Precedence", "bulk"),
        headers.structured("Content-Language", edition.language),
        headers.structured("MIME-Version", "1.0"),
        b'Content-Type: multipart/alternative;\r\n boundary="%s"\r\n' % boundary,
    ]
    if letterhead.reply_to:
        lines.insert(
            1, headers.structured("Reply-To", headers.mailbox(*headers.parsed(letterhead.reply_to)))
        )
    opening = b"--%s\r\n" % boundary
    parts: list[bytes | Place] = [
        b"\r\n" + opening + _part_head("text/plain", "; format=flowed; delsp=yes"),
        *_segments(flowed.stuffed(edition.text), markup=False),
        b"\r\n" + opening + _part_head("text/html"),
        *_segments(edition.html, markup=True),
        b"\r\n--%s--\r\n" % boundary,
    ]
    merged = _merged(parts)
    # A link that stands in five places is encoded once.
    places = tuple(dict.fromkeys(part for part in merged if isinstance(part, Place)))
    body = tuple(places.index(part) if isinstance(part, Place) else part for part in merged)
    return Compiled(head=b"".join(lines), body=body, places=places)


def splice(compiled: Compiled, person: Personal) -> bytes:
    """The bytes that go over the wire, but for SMTP's final dot.

    Raises Permanent when the edition has a slot the person has no value for.
    """
    try:
        filled = [quoted.slot(place.escape(person.slots[place.name])) for place in compiled.places]
    except KeyError as missing:
        raise Permanent(f"the edition has a place {missing} that nobody can fill") from missing
    own = [
        headers.structured("To", headers.mailbox(person.name, person.to)),
        date_line(person.date),
        headers.structured("Message-ID", person.message_id),
    ]
    if person.unsubscribe_url:
        ways = f"<{person.unsubscribe_url}>", f"<{person.unsubscribe_mail}>"
        own += [headers.structured("List-Unsubscribe", *ways), ONE_CLICK]
    body = [filled[part] if isinstance(part, int) else part for part in compiled.body]
    return b"".join([*own, compiled.head, *body])


@functools.lru_cache(maxsize=256)  # thousands are due at one moment
def date_line(date: datetime) -> bytes:
    """The Date of an aware ``date``, written in UTC."""
    return headers.structured("Date", format_datetime(date.astimezone(UTC)))


def _boundary(edition: Edition) -> bytes:
    # "=_" never occurs in quoted-printable, so no text can contain the boundary.
    print_of = hashlib.sha256(f"{edition.key}\0{edition.text}\0{edition.html}".encode())
    return b"=_" + print_of.hexdigest()[:32].encode("ascii")


def _part_head(kind: str, more: str = "") -> bytes:
    return (
        headers.structured("Content-Type", f"{kind}; charset=utf-8{more}")
        + headers.structured("Content-Transfer-Encoding", "quoted-printable")
        + b"\r\n"
    )


def _segments(text: str, *, markup: bool) -> list[bytes | Place]:
    pieces = _SLOT.split(text)
    segments: list[bytes | Place] = []
    for place, piece in enumerate(pieces):
        segments.append(Place(piece, markup) if place % 2 else quoted.body(piece))
    return segments


def _merged(parts: list[bytes | Place]) -> list[bytes | Place]:
    merged: list[bytes | Place] = []
    for part in parts:
        if merged and isinstance(part, bytes) and isinstance(last := merged[-1], bytes):
            merged[-1] = last + part
        else:
            merged.append(part)
    return merged

"""An edition's messages, one reader after another, each a few microseconds of work. Pure.

What all readers share is done once, when the Writer is made: keys are hashed, links are begun, and
what stands between the personal places is cut into runs. A message is the very bytes of ``splice``
of ``personal``, which say in plain words what it is.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from datetime import datetime
from operator import itemgetter
from typing import Any, TypeAlias
from urllib.parse import quote

from digest.deliver import headers, quoted
from digest.deliver.message import Compiled, date_line
from digest.deliver.postmark import ID_BYTES, Postmark, Reader
from digest.deliver.transport import Outgoing
from digest.errors import Permanent
from digest.model import Issue
from subscribers.tokens import Mac, Mint, Purpose

LONG = 1024  # bytes that all share are a part of their own from this length on, and never copied
_MARKUP = re.compile("[&<>\"']")
_PLAIN = re.compile(rb"[!#-%(-;?-~]+")  # stands for itself in HTML and in quoted-printable
_NONE = (b"", b"")

# Where the values of one reader stand; a slot has two forms, for the text and for the HTML.
_TO, _DATE, _ID, _LEAVE, _LEAVE_MAIL = range(5)
_SLOT = {"name": 5, "reader": 7, "unsubscribe_url": 9, "preferences_url": 11}

# Bytes that all share, or a template and what picks its values.
_Run: TypeAlias = tuple[bytes, Callable[[tuple[bytes, ...]], Any] | None]


class Writer:
    """Writes the messages of one edition of ``issue``. Raises Permanent for a place unknown."""

    def __init__(self, compiled: Compiled, postmark: Postmark, issue: Issue) -> None:
        newsletter = postmark.newsletter.id
        if unknown := sorted(compiled.slots - _SLOT.keys()):
            raise Permanent(f"the edition has a place {unknown[0]!r} that nobody can fill")
        key = postmark.ring[0]
        self._mint = Mint(key, newsletter, Purpose.UNSUBSCRIBE, Purpose.PREFERENCES)
        self._id = Mac(key, f"{issue.newsletter}|{issue.cadence}|{issue.period}|".encode())
        self._newsletter = f"{newsletter}.".encode()
        self._unsubscribe = f"{postmark.base_url}/unsubscribe/{newsletter}.".encode()
        self._preferences = f"{postmark.base_url}/preferences/{newsletter}.".encode()
        self._sender = headers.parsed(postmark.newsletter.sender)[1]
        # Then a link of letters and digits is written alike in text and HTML, a token in a mailto.
        self._plain = bool(_PLAIN.fullmatch(self._unsubscribe)) and quote(newsletter) == newsletter
        self._runs = _runs(compiled, postmark)
        self._eightbit = not (newsletter.isascii() and all(run.isascii() for run, _ in self._runs))
        self._has_name = "name" in compiled.slots
        self._has_reader = "reader" in compiled.slots
        self._due: datetime | None = None
        self._date = b""

    def message(
        self, reader: Reader, *, name: str = "", sender: str = "", ref: int = 0
    ) -> Outgoing:
        """The reader's message. ``sender``: the envelope's, if not the newsletter's address."""
        values = self._values(reader)
        return Outgoing(
            name=name,
            sender=sender or self._sender,
            recipient=reader.address,
            parts=tuple([run if pick is None else run % pick(values) for run, pick in self._runs]),
            eightbit=self._eightbit or not (reader.address.isascii() and reader.id.isascii()),
            ref=ref,
        )

    def _values(self, reader: Reader) -> tuple[bytes, ...]:
        subscriber, address = reader.id, reader.address
        if reader.due != self._due:  # thousands are due at one moment
            self._due, self._date = reader.due, date_line(reader.due)
        raw = subscriber.encode()
        leave, change = self._mint.make(raw)
        unsubscribe, preferences = self._unsubscribe + leave, self._preferences + change
        if plain := self._plain and subscriber.isalnum() and subscriber.isascii():
            leave_link = leave_markup = quoted.plain_slot(unsubscribe)
            change_link = change_markup = quoted.plain_slot(preferences)
        else:
            leave_link, leave_markup = _both(unsubscribe.decode())
            change_link, change_markup = _both(preferences.decode())
        leave = self._newsletter + leave
        return (
            headers.mailbox(reader.name, address).encode(),
            self._date,
            self._id.digest(raw)[:ID_BYTES].hex().encode(),
            leave,
            leave if plain else quote(leave).encode(),
            *(_both(reader.name) if self._has_name else _NONE),
            *(_both(address) if self._has_reader else _NONE),
            *(leave_link, leave_markup, change_link, change_markup),
        )


def _both(value: str) -> tuple[bytes, bytes]:
    """A value as a place of the text has it, and as one of the HTML has it."""
    in_text = quoted.slot(value)
    if _MARKUP.search(value):
        return in_text, quoted.slot(html.escape(value, quote=True))
    return in_text, in_text


def _runs(compiled: Compiled, postmark: Postmark) -> tuple[_Run, ...]:
    """Header and body in runs: what ``splice`` joins, with a place for every value."""
    mailbox = postmark.unsubscribe_mailbox or f"unsubscribe@{postmark.domain}"
    pieces: list[bytes | int] = [
        *(b"To: ", _TO, b"\r\n", _DATE, b"Message-ID: <", _ID),
        *(f"@{postmark.domain}>\r\nList-Unsubscribe: <{postmark.base_url}/unsubscribe/".encode(),),
        *(_LEAVE, f">,\r\n <mailto:{mailbox}?subject=".encode(), _LEAVE_MAIL, b">\r\n"),
        compiled.head,
    ]
    for part in compiled.body:
        if isinstance(part, int):
            place = compiled.places[part]
            pieces.append(_SLOT[place.name] + place.markup)
        else:
            pieces.append(part)
    runs: list[_Run] = []
    short: list[bytes | int] = []
    for piece in pieces:
        if isinstance(piece, int) or len(piece) < LONG:
            short.append(piece)
            continue
        runs += [_template(short), (piece, None)]
        short = []
    runs.append(_template(short))
    return tuple(run for run in runs if run[0])


def _template(pieces: list[bytes | int]) -> _Run:
    values = [piece for piece in pieces if isinstance(piece, int)]
    if not values:
        return b"".join(piece for piece in pieces if isinstance(piece, bytes)), None
    text = [b"%b" if isinstance(piece, int) else piece.replace(b"%", b"%%") for piece in pieces]
    return b"".join(text), itemgetter(*values)

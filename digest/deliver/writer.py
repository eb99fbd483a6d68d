"""An edition's messages, for many readers at once, each a few microseconds of work. Pure.

What all readers share is done once, when the Writer is made: keys are hashed, links are begun, and
what stands between the personal places is cut into runs. A message is the very bytes of ``splice``
of ``personal``, which say in plain words what it is.
"""

from __future__ import annotations

import html
import re
from binascii import hexlify
from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import repeat
from operator import add
from typing import TypeAlias
from urllib.parse import quote

from digest.deliver import headers, quoted
from digest.deliver.envelope import are_plain_paths
from digest.deliver.message import ONE_CLICK, Compiled, date_line
from digest.deliver.postmark import ID_BYTES, Postmark, Reader
from digest.deliver.transport import Outgoing
from digest.errors import Permanent
from digest.model import Issue
from subscribers.model import SubscriberId
from subscribers.tokens import Mac, Mint, Purpose

LONG = 1024  # bytes that all share are a part of their own from this length on, and never copied
_PLAIN = re.compile(rb"[!#-%(-;?-~]+")  # stands for itself in HTML and in quoted-printable

# Where the column of each value stands; a slot has two forms, for the text and for the HTML.
_TO, _DATE, _ID, _LEAVE, _LEAVE_MAIL = range(5)
_SLOT = {"name": 5, "reader": 7, "unsubscribe_url": 9, "preferences_url": 11}

_Column: TypeAlias = Sequence[bytes]  # one value for each reader
# Bytes that all share, or a template and the columns its values are from.
_Run: TypeAlias = tuple[bytes, tuple[int, ...]]


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
        self._simple = bool(_PLAIN.fullmatch(self._unsubscribe)) and quote(newsletter) == newsletter
        self._runs = _runs(compiled, postmark)
        same = [newsletter.encode(), *(run for run, _ in self._runs)]
        self._plain = all(map(bytes.isascii, same)) and same[-1].endswith(b"\r\n")
        self._has_name = "name" in compiled.slots
        self._has_reader = "reader" in compiled.slots

    def message(self, reader: Reader, *, name: str = "", sender: str = "") -> Outgoing:
        """The reader's message. ``sender``: the envelope's, if not the newsletter's address."""
        [made] = self.messages([reader], names=[name], senders=[sender or self._sender])
        return made

    def messages(
        self,
        readers: Sequence[Reader],
        *,
        names: Iterable[str] = (),
        senders: Iterable[str] = (),
        refs: Iterable[int] = (),
    ) -> list[Outgoing]:
        """The messages of ``readers``, in their order; what is not given is the same for all."""
        if not readers:
            return []
        return self.columns(*zip(*readers, strict=True), called=names, senders=senders, refs=refs)

    def columns(
        self,
        ids: Sequence[SubscriberId],
        addresses: Sequence[str],
        names: Sequence[str],
        dues: Sequence[datetime],
        *,
        called: Iterable[str] = (),
        senders: Iterable[str] = (),
        refs: Iterable[int] = (),
    ) -> list[Outgoing]:
        """``messages`` of readers that come in columns.

        Value after value for all of them, and not reader after reader: that halves the time.
        """
        columns = self._columns(ids, addresses, names, dues)
        runs = [
            [run % values for values in zip(*map(columns.__getitem__, picks), strict=True)]
            if picks
            else repeat(run)
            for run, picks in self._runs
        ]
        return list(
            map(
                Outgoing,
                called or repeat(""),
                senders or repeat(self._sender),
                addresses,
                zip(*runs, strict=False),  # what all share has no end
                refs or repeat(0),
                self._sizes(runs),
                self._plains(ids, addresses),
                ids,
            )
        )

    def _sizes(self, runs: Sequence[Iterable[bytes]]) -> Iterable[int]:
        sizes: Iterable[int] = repeat(sum(len(run) for run, picks in self._runs if not picks))
        for (_, picks), column in zip(self._runs, runs, strict=True):
            if picks:
                sizes = map(add, sizes, map(len, column))
        return sizes

    def _plains(self, ids: Sequence[SubscriberId], addresses: Sequence[str]) -> Iterable[bool]:
        if not self._plain or ("".join(ids).isascii() and are_plain_paths(addresses)):
            return repeat(self._plain)
        pairs = zip(ids, addresses, strict=True)
        return [id_.isascii() and are_plain_paths([address]) for id_, address in pairs]

    def _columns(
        self,
        ids: Sequence[SubscriberId],
        addresses: Sequence[str],
        names: Sequence[str],
        dues: Sequence[datetime],
    ) -> list[_Column]:
        raw = [subscriber.encode() for subscriber in ids]
        leave, change = self._mint.make(raw)
        mails = leaves = [self._newsletter + token for token in leave]
        links: tuple[_Column, ...]
        together = "".join(ids)
        if self._simple and together.isalnum() and together.isascii():
            leave_slots = quoted.links(self._unsubscribe, leave)
            change_slots = quoted.links(self._preferences, change)
            links = leave_slots, leave_slots, change_slots, change_slots
        else:
            mails = [quote(token).encode() for token in leaves]
            unsubscribe = [(self._unsubscribe + token).decode() for token in leave]
            preferences = [(self._preferences + token).decode() for token in change]
            links = *_both(unsubscribe), *_both(preferences)
        none: tuple[_Column, _Column] = (), ()
        return [
            headers.mailboxes(names, addresses),
            _dates(dues),
            list(map(hexlify, self._id.digests(raw, ID_BYTES))),
            leaves,
            mails,
            *(_both(names) if self._has_name else none),
            *(_both(addresses) if self._has_reader else none),
            *links,
        ]


def _dates(dues: Sequence[datetime]) -> list[bytes]:
    if dues and dues.count(dues[0]) == len(dues):  # as nearly always
        return [date_line(dues[0])] * len(dues)
    return list(map(date_line, dues))


def _both(values: Sequence[str]) -> tuple[_Column, _Column]:
    """Values as a place of the text has them, and as one of the HTML has them."""
    in_text = quoted.fillings(values)
    whole = "".join(values)
    if not any(map(whole.__contains__, "&<>\"'")):
        return in_text, in_text
    return in_text, quoted.fillings([html.escape(value, quote=True) for value in values])


def _runs(compiled: Compiled, postmark: Postmark) -> tuple[_Run, ...]:
    """Header and body in runs: what ``splice`` joins, with a place for every value."""
    mailbox = postmark.unsubscribe_mailbox or f"unsubscribe@{postmark.domain}"
    pieces: list[bytes | int] = [
        *(b"To: ", _TO, b"\r\n", _DATE, b"Message-ID: <", _ID),
        f"@{postmark.id_domain or postmark.domain}>\r\n".encode(),
        f"List-Unsubscribe: <{postmark.base_url}/unsubscribe/".encode(),
        *(_LEAVE, f">,\r\n <mailto:{mailbox}?subject=".encode(), _LEAVE_MAIL, b">\r\n" + ONE_CLICK),
        compiled.head,
    ]
    for part in compiled.body:
        if isinstance(part, int):
            place = compiled.places[part]
            pieces += quoted.SOFT, _SLOT[place.name] + place.markup, quoted.SOFT
        else:
            pieces.append(part)
    runs: list[_Run] = []
    short: list[bytes | int] = []
    for piece in pieces:
        if isinstance(piece, int) or len(piece) < LONG:
            short.append(piece)
            continue
        runs += [_template(short), (piece, ())]
        short = []
    runs.append(_template(short))
    return tuple(run for run in runs if run[0])


def _template(pieces: list[bytes | int]) -> _Run:
    values = tuple(piece for piece in pieces if isinstance(piece, int))
    if not values:
        return b"".join(piece for piece in pieces if isinstance(piece, bytes)), ()
    text = [b"%b" if isinstance(piece, int) else piece.replace(b"%", b"%%") for piece in pieces]
    return b"".join(text), values

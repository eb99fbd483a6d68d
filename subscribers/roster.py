"""CSV to rows of people and back, a row at a time. Pure.

RFC 4180 with what spreadsheets make of it: any delimiter of ``,;<tab>|``, any column order, a byte
order mark, UTF-8 with stray cp1252 lines, quotes. A cell that a spreadsheet would run as a formula
is written with an apostrophe before it, which reading takes off again.
"""

from __future__ import annotations

import csv
import io
import itertools
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime, time
from functools import lru_cache
from typing import TypeVar

from subscribers import cells, dates
from subscribers.address import Address, BadAddress
from subscribers.dates import Order
from subscribers.headings import Plan, plan
from subscribers.lines import Line, Malformed, Record, records
from subscribers.model import By, Standing, Status

T = TypeVar("T")
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "'")  # OWASP's list, and our own mark
_UNSEEN = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]+")
_CLEAN = re.compile(r"[A-Za-z0-9 .'-]*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Details:
    """What a row says besides who it is of. Empty or None: the file does not say.

    Many rows of a file say the same; they share one of these.
    """

    language: str = ""
    timezone: str = ""
    standing: Standing = Standing.OK
    newsletter: str = ""
    status: Status | None = None
    cadence: str = ""
    topics: tuple[str, ...] = ()
    hour: time | None = None
    joined_at: datetime | None = None
    confirmed_at: datetime | None = None
    left_at: datetime | None = None
    left_by: By | None = None
    paused_until: datetime | None = None


NOTHING = Details()


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One person of a roster.

    ``unread``: what is wrong with a cell of somebody who left, bounced or complained, and who is
    taken as such without it.
    """

    address: Address
    name: str = ""
    details: Details = NOTHING
    unread: str = field(default="", compare=False)
    line: int = field(default=0, compare=False)


_WHO = ("address", "name")
COLUMNS = (*_WHO, *(one.name for one in fields(Details)))
_TIMES = ("joined_at", "confirmed_at", "left_at", "paused_until")
_WHETHER = ("joined_at", "confirmed_at", "left_at")  # some files say only whether


@dataclass(frozen=True, slots=True, kw_only=True)
class Survey:
    """What a look at a file says of its columns, before a row of it is read."""

    columns: frozenset[str] = frozenset()  # ours that it has
    ignored: tuple[str, ...] = ()  # its headings that nothing is taken from
    orders: Mapping[str, Order] = field(default_factory=dict)  # how its dates are written


def survey(lines: Iterable[Line | Malformed], given: Mapping[str, str] | None = None) -> Survey:
    """The columns of a file. It is read no further than its dates need it.

    Raises NoAddressColumn, and UnclearDates for a column of dates that cannot be read.
    """
    found = (record for record in records(lines) if isinstance(record, Record))
    first = next(found, None)
    if first is None:
        return Survey()
    columns = _plan(first, given)
    names = {
        name: first.cells[place].strip() if columns.header else str(place + 1)
        for name, place in columns.places.items()
        if name in _TIMES
    }
    body = found if columns.header else itertools.chain((first,), found)
    said = ((one.line, {name: _dated(name, one, columns) for name in names}) for one in body)
    return Survey(
        columns=frozenset(columns.places),
        ignored=columns.ignored,
        orders=dates.orders(said, names),
    )


def read(
    lines: Iterable[Line | Malformed],
    given: Mapping[str, str] | None = None,
    orders: Mapping[str, Order] | None = None,
) -> Iterator[Row | Malformed]:
    """The rows of a file in order; what cannot be read as a person is a Malformed with its line.

    ``lines`` as ``lines.split`` gives them, ``orders`` as ``survey`` does. Raises NoAddressColumn
    before the first row.
    """
    read_row: Callable[[Record], Row | Malformed] | None = None
    for record in records(lines):
        if isinstance(record, Malformed):
            yield record
            continue
        if read_row is None:
            columns = _plan(record, given)
            read_row = _reader(columns, orders or {})
            if columns.header:
                continue
        yield read_row(record)


def write(rows: Iterable[Row]) -> Iterator[str]:
    """A header and the rows as CSV text, a line at a time, with CRLF (RFC 4180)."""
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    writer.writerow(COLUMNS)
    for row in rows:
        yield _taken(buffer)
        said = (getattr(row if name in _WHO else row.details, name) for name in COLUMNS)
        writer.writerow([_guarded(_said(value)) for value in said])
    yield _taken(buffer)


def clean_name(text: str) -> str:
    """A name fit for a mail header: one line, nothing unseen, at most 200 characters."""
    if _CLEAN.fullmatch(text) and len(text) <= 200:
        return text.strip()
    return _UNSEEN.sub(" ", text).strip()[:200].strip()


def _plan(first: Record, given: Mapping[str, str] | None) -> Plan:
    return plan(first.cells, given or {}, ours=COLUMNS, reads_as_address=_reads_as_address)


def _dated(name: str, record: Record, columns: Plan) -> str:
    """The date in a cell; empty: there is none, or only whether there was one."""
    place = columns.places[name]
    text = _unguarded(record.cells[place]) if place < len(record.cells) else ""
    return "" if name in _WHETHER and cells.yes_or_no(text) is not None else text


def _reader(columns: Plan, orders: Mapping[str, Order]) -> Callable[[Record], Row | Malformed]:
    """How a record of this file becomes a row."""
    places = columns.places
    at, called = places["address"], columns.called
    names = tuple(name for name in places if name not in _WHO)
    others = [places[name] for name in names]
    written = tuple(orders.get(name) for name in _TIMES)

    def row(record: Record) -> Row | Malformed:
        cells = record.cells
        count = len(cells)
        try:
            address, beside = _addressed(_unguarded(cells[at]) if at < count else "")
            name = " ".join([_unguarded(cells[n]) for n in called if n < count])
            texts = tuple([cells[n] if n < count else "" for n in others])
            details, unread = _details(names, texts, written)
            return Row(
                address=address,
                name=clean_name(name) or beside,
                details=details,
                unread=unread,
                line=record.line,
            )
        except BadAddress as error:
            return Malformed(line=record.line, reason=str(error))
        except ValueError as error:
            return Malformed(line=record.line, reason=f"A cell cannot be read: {str(error)[:100]}.")

    return row


def _addressed(cell: str) -> tuple[Address, str]:
    """The address of a cell, and the name beside it: ``"Lovelace, Ada" <ada@example.org>``."""
    try:
        return Address.parse(cell), ""
    except BadAddress:
        name, named, _ = cell.rpartition("<")
        address = Address.pasted(cell)
    return address, clean_name(re.sub(r"\\(.)", r"\1", name.strip(' \t"'))) if named else ""


@lru_cache(maxsize=128)  # of at most 64 KiB each
def _details(
    names: tuple[str, ...], texts: tuple[str, ...], written: tuple[Order | None, ...]
) -> tuple[Details, str]:
    """What a row says, and what is wrong with it where it is taken all the same.

    Who left, bounced or complained must not be written to, whatever else cannot be read. Raises
    ValueError for such a cell of anybody else.
    """
    said = {name: _unguarded(cell) for name, cell in zip(names, texts, strict=True)}
    wrong: list[ValueError] = []
    status, standing = cells.status(said.get("status", ""))
    given, by = said.get("standing", "").strip(), said.get("left_by", "").strip()
    whether = {name: cells.yes_or_no(said.get(name, "")) for name in _WHETHER}
    said |= {name: "" for name, known in whether.items() if known is not None}
    times = {
        name: _tried(wrong, dates.moment, name, said.get(name, ""), order)
        for name, order in zip(_TIMES, written, strict=True)
    }
    is_out = whether["left_at"] or whether["joined_at"] is False
    if status is None and (is_out or times["left_at"]):
        status = Status.LEFT  # a file of those who left need not say so twice
    elif status is None and whether["confirmed_at"] is False:
        status = Status.PENDING
    details = Details(
        language=cells.language(said.get("language", "")),
        timezone=said.get("timezone", "").strip(),
        standing=(_tried(wrong, cells.one_of, Standing, "standing", given) if given else None)
        or standing,
        newsletter=said.get("newsletter", "").strip(),
        status=status,
        cadence=cells.word(said.get("cadence", "")),
        topics=tuple(t for t in said.get("topics", "").split("|") if t),
        hour=_tried(wrong, cells.hour, said.get("hour", "")),
        left_by=_tried(wrong, cells.one_of, By, "left_by", by) if by else None,
        **times,
    )
    if wrong and status is not Status.LEFT and details.standing is Standing.OK:
        raise wrong[0]
    return details, str(wrong[0]) if wrong else ""


def _tried(wrong: list[ValueError], read: Callable[..., T], *what: object) -> T | None:
    """What a cell says; None, and noted in ``wrong``, where it cannot be read."""
    try:
        return read(*what)
    except ValueError as error:
        wrong.append(error)
        return None


def _said(value: object) -> str:
    match value:
        case None:
            return ""
        case datetime():
            return value.isoformat()
        case time():
            return f"{value:%H:%M}"
        case tuple():
            return "|".join(value)
        case _:
            return str(value)


def _guarded(cell: str) -> str:
    return f"'{cell}" if cell.startswith(_FORMULA) else cell


def _unguarded(cell: str) -> str:
    return cell[1:] if cell[:1] == "'" and cell[1:].startswith(_FORMULA) else cell


def _taken(buffer: io.StringIO) -> str:
    text = buffer.getvalue()
    buffer.seek(0)
    buffer.truncate()
    return text


def _reads_as_address(cell: str) -> bool:
    if "@" not in cell:
        return False
    try:
        _addressed(_unguarded(cell))
    except BadAddress:
        return False
    return True

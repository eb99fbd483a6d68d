"""CSV to rows of people and back, a row at a time. Pure.

RFC 4180 with what spreadsheets make of it: any delimiter of ``,;<tab>|``, any column order, a byte
order mark, UTF-8 with stray cp1252 lines, quotes. A cell that a spreadsheet would run as a formula
is written with an apostrophe before it, which reading takes off again.
"""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime, time
from functools import lru_cache

from subscribers import cells
from subscribers.address import Address, BadAddress
from subscribers.lines import Line, Malformed, Record, records
from subscribers.model import By, Standing, Status

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "'")  # OWASP's list, and our own mark
_SYNONYMS: dict[str, tuple[str, ...]] = {
    "address": (
        "email", "e-mail", "mail", "email address", "e-mail address", "emailaddress", "adresse",
        "courriel", "correo", "e-mail-adresse", "e-mailadresse", "emailadresse", "mailadresse",
        "adresse e-mail", "adresse email", "adresse mail", "adresse électronique",
        "correo electrónico", "dirección de correo electrónico", "dirección de correo",
        "электронная почта", "адрес электронной почты", "эл. почта", "почта", "البريد الإلكتروني",
        "subscriber",
    ),
    "name": ("full name", "fullname", "display name", "nom", "nombre", "имя", "الاسم"),
    "language": ("lang", "locale", "sprache", "langue", "idioma", "язык", "اللغة"),
    "timezone": ("time zone", "tz", "zeitzone", "fuseau horaire", "zona horaria", "часовой пояс"),
    "joined_at": ("joined", "created at", "created", "subscribed at", "opt-in time", "optin_time"),
    "confirmed_at": ("confirmed", "confirm_time", "confirmation time"),
}  # fmt: skip
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
    """One person of a roster."""

    address: Address
    name: str = ""
    details: Details = NOTHING
    line: int = field(default=0, compare=False)


_WHO = ("address", "name")
COLUMNS = (*_WHO, *(one.name for one in fields(Details)))
_TIMES = ("joined_at", "confirmed_at", "left_at", "paused_until")


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Which column is which: our name -> its place, from 0."""

    places: Mapping[str, int]
    header: bool  # the first record names the columns


class NoAddressColumn(ValueError):
    """No column holds addresses; the message says which there are."""


def plan(first: Sequence[str], given: Mapping[str, str] | None = None) -> Plan:
    """The columns, by ``given`` (our name -> a heading, or a number from 1) or by guess.

    ``first`` is the file's first record. Raises NoAddressColumn.
    """
    heads = [_plain(cell) for cell in first]
    headless = [place for place, cell in enumerate(first) if _reads_as_address(cell)]
    places: dict[str, int] = {}
    for name, said in (given or {}).items():
        if name not in COLUMNS:
            raise NoAddressColumn(f"{name!r} is none of ours; ours are {', '.join(COLUMNS)}")
        place = heads.index(_plain(said)) if _plain(said) in heads else _number(said)
        if not 0 <= place < len(heads):
            raise NoAddressColumn(f"There is no column {said!r}; there are {', '.join(first)}")
        places[name] = place
    for name in COLUMNS if not headless else ():
        wanted = (name, name.replace("_", " "), *_SYNONYMS.get(name, ()))
        found = next((heads.index(word) for word in wanted if word in heads), None)
        if found is not None and found not in places.values():
            places.setdefault(name, found)
    if headless:
        places.setdefault("address", headless[0])
    if "address" not in places:
        raise NoAddressColumn(f"No column holds addresses; there are {', '.join(first)[:200]}")
    return Plan(places=places, header=not headless)


def read(
    lines: Iterable[Line | Malformed], given: Mapping[str, str] | None = None
) -> Iterator[Row | Malformed]:
    """The rows of a file in order; what cannot be read as a person is a Malformed with its line.

    ``lines`` as ``lines.split`` gives them. Raises NoAddressColumn before the first row.
    """
    read_row: Callable[[Record], Row | Malformed] | None = None
    for record in records(lines):
        if isinstance(record, Malformed):
            yield record
            continue
        if read_row is None:
            columns = plan(record.cells, given)
            read_row = _reader(columns)
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


def _reader(columns: Plan) -> Callable[[Record], Row | Malformed]:
    """How a record of this file becomes a row."""
    places = columns.places
    at, called = places["address"], places.get("name", -1)
    names = tuple(name for name in places if name not in _WHO)
    others = [places[name] for name in names]

    def row(record: Record) -> Row | Malformed:
        cells = record.cells
        count = len(cells)
        try:
            return Row(
                address=Address.parse(_unguarded(cells[at]) if at < count else ""),
                name=clean_name(_unguarded(cells[called])) if -1 < called < count else "",
                details=_details(names, tuple([cells[n] if n < count else "" for n in others])),
                line=record.line,
            )
        except BadAddress as error:
            return Malformed(line=record.line, reason=str(error))
        except ValueError as error:
            return Malformed(line=record.line, reason=f"A cell cannot be read: {str(error)[:100]}.")

    return row


@lru_cache(maxsize=128)  # of at most 64 KiB each
def _details(names: tuple[str, ...], texts: tuple[str, ...]) -> Details:
    """Raises ValueError for a cell that cannot be read."""
    said = {name: _unguarded(cell) for name, cell in zip(names, texts, strict=True)}
    status, standing = cells.status(said.get("status", ""))
    given, by = said.get("standing", "").strip(), said.get("left_by", "").strip()
    return Details(
        language=cells.language(said.get("language", "")),
        timezone=said.get("timezone", "").strip(),
        standing=cells.one_of(Standing, "standing", given) if given else standing,
        newsletter=said.get("newsletter", "").strip(),
        status=status,
        cadence=cells.word(said.get("cadence", "")),
        topics=tuple(t for t in said.get("topics", "").split("|") if t),
        hour=cells.hour(said.get("hour", "")),
        left_by=cells.one_of(By, "left_by", by) if by else None,
        **{name: cells.moment(name, said.get(name, "")) for name in _TIMES},
    )


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


def _plain(cell: str) -> str:
    # A Mac writes é as two characters.
    return unicodedata.normalize("NFC", cell).strip().strip("*").strip().lower()


def _number(text: str) -> int:
    return int(text) - 1 if text.strip().isdecimal() else -1


def _reads_as_address(cell: str) -> bool:
    if "@" not in cell:
        return False
    try:
        Address.parse(_unguarded(cell))
    except BadAddress:
        return False
    return True

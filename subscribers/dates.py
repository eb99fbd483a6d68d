"""Dates as programs and spreadsheets write them to moments in UTC. Pure.

Whether 2/1/2024 is in January or in February no cell says by itself: a row of its column that can
only be read in one way decides for all of them, and without one nothing is guessed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from enum import StrEnum

# Earlier, or no day at all: how programs write that there is no moment (Go and .NET 0001-01-01,
# MySQL 0000-00-00, Unix 1970-01-01). Later is no date of consent: some calendars end there.
_FIRST, _LAST = 1971, 2199
_ISO = re.compile(r"(\d{4})-\d\d-\d\d")
_UNIX = re.compile(r"\d{10}(?:\d{3})?")  # seconds or milliseconds
_SERIAL = re.compile(r"(\d{5})(?:[.,](\d{1,15}))?")  # a spreadsheet's days
_SERIAL_ZERO = datetime(1899, 12, 30, tzinfo=UTC)
_WRITTEN = re.compile(
    r"(?:(?P<a>\d\d?)(?P<by>[./-])(?P<b>\d\d?)(?P=by)(?P<y>\d{4})"
    r"|(?P<y1>\d{4})[./](?P<m1>\d\d?)[./](?P<d1>\d\d?))"
    r"(?:,?[ T]+(?P<hour>\d\d?):(?P<minute>\d\d)(?::(?P<second>\d\d))?"
    r"(?:\s*(?P<half>[AP])\.?M\.?)?)?",
    re.IGNORECASE,
)
_ENOUGH = 20_000  # lines after which a column without a date is taken to have none
_SHAPES = "2026-11-24 or 2026-11-24T06:30+01:00"


class Order(StrEnum):
    """Which number of 2/1/2024 is the day."""

    DAY_FIRST = "day first"
    MONTH_FIRST = "month first"


class UnclearDates(ValueError):
    """No date of a column can be read; the message names the first, its line, and the cure."""


class _Unclear(ValueError):
    """A date that may be one of two."""


def moment(name: str, text: str, order: Order | None = None) -> datetime | None:
    """A moment in UTC, which one without a zone is in. None: the cell says that there is none.

    ``order``: how its column is written. Raises ValueError, which never quotes the cell.
    """
    text = text.strip().removesuffix(" UTC")
    day = _ISO.match(text)
    if not text or (day and int(day[1]) < _FIRST):
        return None
    try:
        at = datetime.fromisoformat(text) if day else _read(text, order)
        if not _FIRST <= at.year <= _LAST:
            raise ValueError
    except _Unclear:
        raise ValueError(f"{name} may be one of two days; write it like {_SHAPES}") from None
    except (ValueError, OverflowError):
        raise ValueError(f"{name} is no moment; write it like {_SHAPES}") from None
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)


def orders(
    cells: Iterable[tuple[int, Mapping[str, str]]], names: Mapping[str, str]
) -> dict[str, Order]:
    """How the columns of dates are written, of those where it matters.

    ``names``: of each what the file calls it. ``cells``: of each record its line, and the cells
    by column; no more of them are read than it takes. Raises UnclearDates.
    """
    waiting: dict[str, tuple[int, str, bool] | None] = dict.fromkeys(names)
    found: dict[str, Order] = {}
    for line, record in cells if waiting else ():
        for name in list(waiting):
            text = record.get(name, "").strip()
            if not text:
                continue
            try:
                moment(name, text)
            except ValueError:
                first = waiting[name]
                if first is None or (_either(text) and not first[2]):
                    waiting[name] = (line, text, _either(text))
                continue
            asked = _asked(text)
            if asked and int(asked["a"]) == int(asked["b"]):
                continue  # 3/3/2024 reads, and decides nothing
            if asked and (order := _order(asked)):
                found[name] = order
            del waiting[name]
        if not waiting or (line > _ENOUGH and not any(waiting.values())):
            break
    for name, unread in waiting.items():
        if unread:
            raise UnclearDates(_told(f"{name} (column {names[name]!r})", *unread))
    return found


def _told(name: str, line: int, text: str, either: bool) -> str:
    cure = "write that column as YYYY-MM-DD, or leave it out of the file"
    if either:
        return (
            f"Line {line}, {name}: {text} may be one of two days, and no other row says which "
            f"number is the month; {cure}"
        )
    said = "a cell" if "@" in text else repr(text[:40])
    return f"Line {line}, {name}: {said} is no date, nor is any other in its column; {cure}"


def _read(text: str, order: Order | None) -> datetime:
    if _UNIX.fullmatch(text):
        return datetime.fromtimestamp(int(text[:10]), UTC)
    if days := _SERIAL.fullmatch(text):
        part = timedelta(days=float(f"0.{days[2] or 0}"))
        return _SERIAL_ZERO + timedelta(days=int(days[1]), seconds=round(part.total_seconds()))
    if written := _WRITTEN.fullmatch(text):
        return _spelled(written, order)
    return datetime.fromisoformat(text)


def _spelled(written: re.Match[str], order: Order | None) -> datetime:
    if written["y1"]:
        year, month, day = written["y1"], written["m1"], written["d1"]
    else:
        order = Order.DAY_FIRST if written["by"] == "." else order or _order(written)
        if order is None:
            raise _Unclear
        year, day, month = written["y"], written["a"], written["b"]
        if order is Order.MONTH_FIRST:
            day, month = month, day
    hour = int(written["hour"] or 0)
    if half := written["half"]:
        if not 1 <= hour <= 12:
            raise ValueError
        hour = hour % 12 + (12 if half in "pP" else 0)
    minute, second = int(written["minute"] or 0), int(written["second"] or 0)
    return datetime(int(year), int(month), int(day), hour, minute, second, tzinfo=UTC)


def _order(written: re.Match[str]) -> Order | None:
    """What a date says by itself. None: it may be one of two days."""
    one, other = int(written["a"]), int(written["b"])
    if one <= 12 and other <= 12 and one != other:
        return None
    return Order.DAY_FIRST if other <= 12 else Order.MONTH_FIRST


def _asked(text: str) -> re.Match[str] | None:
    """A date of which it is a question which number is the day: with full stops it is not."""
    written = _WRITTEN.fullmatch(text)
    return written if written and written["by"] not in (None, ".") else None


def _either(text: str) -> bool:
    asked = _asked(text)
    return asked is not None and _order(asked) is None

"""What was said of an article's date to the date we believe, with its evidence. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from digest.model import Dated, DateSource

EARLIEST = datetime(1995, 1, 1, tzinfo=UTC)  # before the web nothing was published on it: 1970 is 0
_STRENGTH = {source: place for place, source in enumerate(DateSource)}
_AHEAD = timedelta(minutes=10)  # clocks differ

# English, German, French, Spanish, Italian, Portuguese, Dutch, Polish, Russian, as dates say them.
_MONTHS = tuple(
    tuple(names.split())
    for names in (
        "january januar jänner janvier enero gennaio janeiro januari stycznia января январь",
        "february februar février fevrier febrero febbraio fevereiro februari lutego февраля "
        "февраль",
        "march märz maerz mrz mars marzo março marco maart marca марта",
        "april avril abril aprile kwietnia апреля апрель",
        "may mai mayo maggio maio mei maja мая май",
        "june juni juin junio giugno junho czerwca июня июнь",
        "july juli juillet julio luglio julho lipca июля июль",
        "august août aout agosto augustus sierpnia августа",
        "september septembre septiembre setiembre settembre setembro września сентября сентябрь",
        "october oktober octobre octubre ottobre outubro października октября октябрь",
        "november novembre noviembre novembro listopada ноября ноябрь",
        "december dezember décembre decembre diciembre dicembre dezembro grudnia декабря декабрь",
    )
)
_MONTH = r"([^\W\d_]{3,12})\.?"
_YEAR = r"((?:19|20)\d\d)"
_DAY = r"(\d{1,2})(?:st|nd|rd|th|er|\.)?"
_WRITTEN = (
    (re.compile(rf"\b{_MONTH}\s+{_DAY},?\s+{_YEAR}\b"), "mdy"),  # June 20, 2024
    (re.compile(rf"\b{_DAY}\s+(?:de\s+)?{_MONTH}\s+(?:de\s+|del\s+)?,?\s*{_YEAR}\b"), "dmy"),
    (re.compile(r"\b((?:19|20)\d\d)[-/.](\d{1,2})[-/.](\d{1,2})(?!\d)"), "ymd"),  # 2024-06-20
    (re.compile(r"\b(\d{1,2})\.(\d{1,2})\.((?:19|20)\d\d)\b"), "dmy"),  # 20.06.2024
    (re.compile(r"(\d{4})年(\d{1,2})月(\d{1,2})日"), "ymd"),
)
_IN_ADDRESS = re.compile(r"/((?:19|20)\d\d)[/-](\d{1,2})[/-](\d{1,2})(?:[/_-]|$)")


def choose(said: Iterable[Dated | None], *, seen: datetime) -> Dated:
    """The strongest evidence: exact before bounds, then by kind. None at all: first seen.

    A date before 1995 is none. A date in the future counts only where nothing else was said; it
    is clamped to ``seen``, and only a bound.
    """
    likely = [one for one in said if one is not None and one.at >= EARLIEST]
    usable = [one for one in likely if one.at <= seen + _AHEAD] or likely
    if not usable:
        return Dated(at=seen, source=DateSource.SEEN, exact=False)
    best = min(usable, key=lambda one: (not one.exact, _STRENGTH[one.source]))
    if best.at > seen:
        return replace(best, at=seen, exact=best.exact and best.at <= seen + _AHEAD)
    return best


def written(line: str) -> datetime | None:
    """The day a line names in words or figures, at midnight UTC; None where it names none."""
    for pattern, order in _WRITTEN:
        found = pattern.search(line)
        if found and (at := _day(dict(zip(order, found.groups(), strict=True)))):
            return at
    return None


def in_address(url: str) -> Dated | None:
    """The day in a path such as ``/2024/06/20/``."""
    found = _IN_ADDRESS.search(url)
    at = _day(dict(zip("ymd", found.groups(), strict=True))) if found else None
    return Dated(at=at, source=DateSource.URL, day_only=True) if at else None


def moment(text: str, source: DateSource) -> Dated | None:
    """An ISO 8601 date or time as found in JSON-LD and meta elements."""
    said = text.strip().replace("Z", "+00:00") if text else ""
    try:
        at = datetime.fromisoformat(said)
        at = at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    except (ValueError, OverflowError):
        day = written(said)
        return Dated(at=day, source=source, day_only=True) if day else None
    return Dated(at=at, source=source, day_only=":" not in said)


def _day(parts: dict[str, str]) -> datetime | None:
    month = parts["m"]
    number = int(month) if month.isdigit() else _month(month.casefold())
    try:
        return datetime(int(parts["y"]), number, int(parts["d"]), tzinfo=UTC)
    except ValueError:
        return None


def _month(name: str) -> int:
    """1 to 12 for a month's name or its beginning (three letters or more); 0 for another word."""
    known = (n for n, names in enumerate(_MONTHS, 1) if any(m.startswith(name) for m in names))
    return next(known, 0)

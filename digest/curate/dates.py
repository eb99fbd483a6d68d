"""What was said of an article's date to the date we believe, with its evidence. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from digest import days
from digest.model import Dated, DateSource

EARLIEST = datetime(1995, 1, 1, tzinfo=UTC)  # before the web nothing was published on it: 1970 is 0
_STRENGTH = {source: place for place, source in enumerate(DateSource)}
_AHEAD = timedelta(minutes=10)  # clocks differ

# "/2024/06/20/", "/2024/POLITICS/06/20/", "/2024/jun/20/", "/202406/20/", "/20240620/".
_IN_ADDRESS = re.compile(
    r"/(?P<y>(?:19|20)\d\d)(?:[/-]|/[A-Za-z_-]+/|(?=\d{4}[/_-]|\d\d/))"
    r"(?P<m>\d{1,2}|[A-Za-z]{3})(?:[/-]|(?<=/\d{6})(?=\d\d[/_-]))(?P<d>\d{1,2})(?:[/_-]|$)"
)


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


def in_address(url: str) -> Dated | None:
    """The day in a path such as ``/2024/06/20/``."""
    found = _IN_ADDRESS.search(url)
    at = days.day(found.groupdict()) if found else None
    return Dated(at=at, source=DateSource.URL, day_only=True) if at else None


def moment(text: str, source: DateSource, order: str | None = None) -> Dated | None:
    """A date or time as found in JSON-LD and meta elements: ISO 8601, else as people write it.

    ``order``: how 03/04/2026 is meant (``days.order``).
    """
    said = text.strip()
    try:
        at = datetime.fromisoformat(said)
        at = at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    except (ValueError, OverflowError):
        exact = days.moment(said, order)
        found = exact or days.written(said, order)
        return Dated(at=found, source=source, day_only=exact is None) if found else None
    return Dated(at=at, source=source, day_only=len(said) <= len("2024-06-20"))


def settled(guess: Dated, text: str, order: str | None) -> Dated | None:
    """A guess from figures such as 03/04/2026 in ``text``, which took the day to stand first.

    It is turned where the month does (``order`` "mdy"), and none where nothing tells.
    """
    at = guess.at
    if order == "dmy" or max(at.day, at.month) > 12 or at.day == at.month:
        return guess
    figures = rf"(?<!\d)0?{at.day}(?P<mark>[/-])0?{at.month}(?P=mark){at.year}(?!\d)"
    if not re.search(figures, text):
        return guess
    return replace(guess, at=at.replace(day=at.month, month=at.day)) if order else None

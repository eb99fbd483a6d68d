"""A newsletter's calendar: instants to periods, periods to the hour they are due. Pure.

A period is the local date (daily, weekdays), the ISO week (weekly) or the month (monthly) of the
newsletter's zone. What a reader gets at another cadence than the newsletter's own is asked of
``replace(newsletter, cadence=...)``.
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Container, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from digest.model import Cadence, Newsletter

# Forms of a period, and whose they are where nothing else is said.
_FORMS = (
    (re.compile(r"\d{4}-\d{2}-\d{2}"), "daily"),
    (re.compile(r"\d{4}-W\d{2}"), "weekly"),
    (re.compile(r"\d{4}-\d{2}"), "monthly"),
)
TEST = "test"  # what stands for the period of a test of an issue; no issue has it
_SHELFMARK = re.compile(
    r"(\d{4}-\d{2}-\d{2}|\d{4}-W\d{2}|\d{4}-\d{2}(?!-\d)|extra-\d+)(?:-(.{1,200}))?",
    re.DOTALL | re.ASCII,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """One place in the calendar: the period an issue is named after, and when it is due (UTC)."""

    period: str
    due: datetime


def period(newsletter: Newsletter, at: datetime) -> str:
    """The period that ``at`` (aware) falls into: ``2026-11-24``, ``2026-W48`` or ``2026-11``."""
    return _named(newsletter, at.astimezone(ZoneInfo(newsletter.timezone)).date())


def turns_after(newsletter: Newsletter, at: datetime) -> Iterator[Turn]:
    """The turns that are due later than ``at``, in order, without end."""
    day = at.astimezone(ZoneInfo(newsletter.timezone)).date() - timedelta(days=1)
    while True:
        turn = _turn(newsletter, day)
        if turn and turn.due > at:
            yield turn
        day += timedelta(days=1)


def turns_until(newsletter: Newsletter, at: datetime) -> Iterator[Turn]:
    """The turns that are due at ``at`` or earlier, the latest first, without end."""
    day = at.astimezone(ZoneInfo(newsletter.timezone)).date() + timedelta(days=1)
    while True:
        turn = _turn(newsletter, day)
        if turn and turn.due <= at:
            yield turn
        day -= timedelta(days=1)


def next_issue(newsletter: Newsletter, at: datetime, *, settled: Container[str] = ()) -> datetime:
    """When the next issue after ``at`` is due, in UTC.

    ``settled``: the periods that have theirs, as one that was sent by hand before its hour.
    """
    return next(turn.due for turn in turns_after(newsletter, at) if turn.period not in settled)


def shelfmark(cadence: str, period: str) -> str:
    """An issue's name in the archive: its period, with its cadence where that is not implied.

    ``2026-11-24`` is daily and ``2026-W48`` weekly; Monday to Friday is ``2026-11-24-weekdays``.
    """
    return period if cadence == implied(period) else f"{period}-{cadence}"


def implied(period: str) -> str:
    """The cadence that a period alone stands for in the archive."""
    return next((name for form, name in _FORMS if form.fullmatch(period)), Cadence.DAILY.value)


def of_shelfmark(mark: str) -> tuple[str, str] | None:
    """The period in a shelfmark, and what follows it after a hyphen; None for no shelfmark."""
    found = _SHELFMARK.fullmatch(mark)
    return (found[1], found[2] or "") if found else None


def is_zone(name: str) -> bool:
    """Whether ``name`` is a time zone of the IANA's."""
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return False
    return True


def zone_or(name: str, otherwise: str) -> str:
    """A reader's zone, or the newsletter's where theirs is none: it must not stop anybody else."""
    return name if is_zone(name) else otherwise


def next_hour(at: datetime, hour: time, zone: str) -> datetime:
    """The first instant at or after ``at`` that local clocks show ``hour``, in UTC.

    In a spring gap the hour does not exist: the first valid instant after it is taken. In an
    autumn overlap it exists twice: the first of the two. A day that a zone leaves out, as Samoa
    left out 30 December 2011, has no hours at all.
    """
    local = at.astimezone(ZoneInfo(zone)).date()
    for days in (-1, 0, 1, 2):
        day = local + timedelta(days=days)
        due = instant(day, hour, zone)
        if due >= at and _exists(day, due, zone):
            return due
    raise AssertionError("two days on there is always such an hour")


def instant(day: date, hour: time, zone: str) -> datetime:
    """The instant at which clocks show ``hour`` on ``day``, in UTC; in a gap the first after it."""
    local = datetime.combine(day, hour, tzinfo=ZoneInfo(zone))
    there_and_back = local.astimezone(UTC).astimezone(local.tzinfo)
    if there_and_back.replace(tzinfo=None) == local.replace(tzinfo=None):
        return local.astimezone(UTC)
    return _end_of_gap(local)


def _end_of_gap(local: datetime) -> datetime:
    # Before the gap the offset is fold=0's, after it fold=1's; the gap ends where the jump happens.
    low, high = local.replace(fold=1).astimezone(UTC), local.replace(fold=0).astimezone(UTC)
    before = low.astimezone(local.tzinfo).utcoffset()
    while high - low > timedelta(seconds=1):
        middle = low + (high - low) / 2
        if middle.astimezone(local.tzinfo).utcoffset() == before:
            low = middle
        else:
            high = middle
    return high.replace(microsecond=0)


def _exists(day: date, due: datetime, zone: str) -> bool:
    """Whether ``zone`` has that day; ``due``: an instant of it, or the end of the gap it is in."""
    local = ZoneInfo(zone)
    if due.astimezone(local).date() == day:
        return True
    return instant(day, time.min, zone).astimezone(local).date() == day


def _turn(newsletter: Newsletter, day: date) -> Turn | None:
    if not _appears(newsletter, day):
        return None
    due = instant(day, newsletter.hour, newsletter.timezone)
    # A day that was left out is no date to name an issue after; a week or month is there anyway.
    dated = newsletter.cadence in (Cadence.DAILY, Cadence.WEEKDAYS)
    if dated and not _exists(day, due, newsletter.timezone):
        return None
    return Turn(period=_named(newsletter, day), due=due)


def _appears(newsletter: Newsletter, day: date) -> bool:
    match newsletter.cadence:
        case Cadence.DAILY:
            return True
        case Cadence.WEEKDAYS:
            return day.weekday() < 5
        case Cadence.WEEKLY:
            return day.weekday() == newsletter.weekday
        case Cadence.MONTHLY:
            return day.day == min(newsletter.monthday, _last_of_month(day))


def _named(newsletter: Newsletter, day: date) -> str:
    match newsletter.cadence:
        case Cadence.DAILY | Cadence.WEEKDAYS:
            return day.isoformat()
        case Cadence.WEEKLY:
            year, week, _ = day.isocalendar()
            return f"{year}-W{week:02d}"
        case Cadence.MONTHLY:
            return f"{day:%Y-%m}"


def _last_of_month(day: date) -> int:
    return calendar.monthrange(day.year, day.month)[1]

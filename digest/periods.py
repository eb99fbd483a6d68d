"""A newsletter's calendar: instants to periods, windows to the hour they close. Pure.

A period is the local date (daily, weekdays) or the ISO week (weekly) of the newsletter's zone.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from digest.model import Cadence, Newsletter

# Forms of a period, and whose they are where nothing else is said.
_FORMS = (
    (re.compile(r"\d{4}-\d{2}-\d{2}"), "daily"),
    (re.compile(r"\d{4}-W\d{2}"), "weekly"),
    (re.compile(r"\d{4}-\d{2}"), "monthly"),
)
_SHELFMARK = re.compile(
    r"(\d{4}-\d{2}-\d{2}|\d{4}-W\d{2}|\d{4}-\d{2}(?!-\d)|extra-\d+)(?:-(.{1,200}))?",
    re.DOTALL | re.ASCII,
)


def period(newsletter: Newsletter, at: datetime) -> str:
    """The period that ``at`` (aware) falls into: ``2026-11-24`` or ``2026-W48``."""
    local = at.astimezone(ZoneInfo(newsletter.timezone)).date()
    if newsletter.cadence is Cadence.WEEKLY:
        year, week, _ = local.isocalendar()
        return f"{year}-W{week:02d}"
    return local.isoformat()


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


def next_hour(at: datetime, hour: time, zone: str) -> datetime:
    """The first instant at or after ``at`` that local clocks show ``hour``, in UTC.

    In a spring gap the hour does not exist: the first valid instant after it is taken. In an
    autumn overlap it exists twice: the first of the two.
    """
    local = at.astimezone(ZoneInfo(zone)).date()
    for days in (-1, 0, 1, 2):
        due = instant(local + timedelta(days=days), hour, zone)
        if due >= at:
            return due
    raise AssertionError("two days always hold the next hour")


def next_issue(newsletter: Newsletter, at: datetime) -> datetime:
    """When the next issue after ``at`` is due, in UTC."""
    zone = ZoneInfo(newsletter.timezone)
    day = at.astimezone(zone).date()
    for _ in range(9):
        due = instant(day, newsletter.hour, newsletter.timezone)
        if due > at and _appears(newsletter, day):
            return due
        day += timedelta(days=1)
    raise AssertionError("nine days always hold the next issue")


def instant(day: date, hour: time, zone: str) -> datetime:
    """The instant at which clocks show ``hour`` on ``day``, in UTC; in a gap the first after it."""
    local = datetime.combine(day, hour, tzinfo=ZoneInfo(zone))
    there_and_back = local.astimezone(UTC).astimezone(local.tzinfo)
    if there_and_back.replace(tzinfo=None) == local.replace(tzinfo=None):
        return local.astimezone(UTC)
    return _end_of_gap(local)


def _end_of_gap(local: datetime) -> datetime:
    # Before the gap the offset is fold=0's, after it fold=1's; the gap ends where the jump happens.
    low = local.replace(fold=1).astimezone(UTC) - timedelta(hours=1)
    high = local.replace(fold=0).astimezone(UTC) + timedelta(hours=1)
    before = low.astimezone(local.tzinfo).utcoffset()
    while high - low > timedelta(seconds=1):
        middle = low + (high - low) / 2
        if middle.astimezone(local.tzinfo).utcoffset() == before:
            low = middle
        else:
            high = middle
    return high.replace(microsecond=0)


def _appears(newsletter: Newsletter, day: date) -> bool:
    match newsletter.cadence:
        case Cadence.DAILY:
            return True
        case Cadence.WEEKDAYS:
            return day.weekday() < 5
        case Cadence.WEEKLY:
            return day.weekday() == newsletter.weekday

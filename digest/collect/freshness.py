"""Response headers to moments: when to come back, and until when what we have is fresh. Pure."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

LONGEST = timedelta(days=31)  # no host sends us away for longer than a month

_MAX_AGE = re.compile(r"(?:^|[\s,])max-age\s*=\s*\"?(\d{1,12})", re.IGNORECASE)
_NOT_KEPT = re.compile(r"(?:^|[\s,])no-(?:store|cache)\b", re.IGNORECASE)


def retry_at(header: str | None, now: datetime) -> datetime | None:
    """``Retry-After`` in seconds or as a date (RFC 9110, 10.2.3), capped at a month."""
    said = (header or "").strip()
    if re.fullmatch(r"\d{1,12}(\.\d+)?", said):
        return _capped(now + timedelta(seconds=min(float(said), LONGEST.total_seconds())), now)
    return _capped(_date(said), now)


def fresh_until(headers: dict[str, str], now: datetime) -> datetime | None:
    """``Cache-Control: max-age`` less ``Age``, else ``Expires``; capped at a month (RFC 9111).

    ``headers``: names in lower case. None where nothing is said, or where it is over already.
    """
    control = headers.get("cache-control", "")
    if _NOT_KEPT.search(control):
        return None
    if found := _MAX_AGE.search(control):
        age = headers.get("age", "").strip()
        seconds = min(int(found[1]), LONGEST.total_seconds()) - (int(age) if _is_count(age) else 0)
        return _capped(now + timedelta(seconds=seconds), now) if seconds > 0 else None
    expires = _date(headers.get("expires", ""))
    # Expires is measured on the host's clock where it tells us its time.
    if expires and (theirs := _date(headers.get("date", ""))):
        expires = now + min(expires - theirs, LONGEST)
    return _capped(expires, now)


def _is_count(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 12


def _date(text: str) -> datetime | None:
    try:
        found = parsedate_to_datetime(text.strip())
        return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def _capped(moment: datetime | None, now: datetime) -> datetime | None:
    if moment is None or moment <= now:
        return None
    return min(moment, now + LONGEST)

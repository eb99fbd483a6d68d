"""Whether an issue is due: rows and the clock to the turn that is to be made, or missed. Pure.

Being due is a question of rows: the answer depends on which periods are settled, never on what was
answered before. So a clock that steps back, a second process or a tick too many makes no second
issue, and a machine that slept makes none too many.
"""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import islice

from digest import periods
from digest.model import Newsletter
from digest.periods import Turn

REACH = 40  # turns looked back at; what was missed before is not worth a row each
LASTS = timedelta(hours=20)  # yesterday's paper is not delivered tomorrow


class Cause(StrEnum):
    """Of which kind the reason is that a period has no issue."""

    QUIET = "quiet"  # too little to tell, or nobody to tell it to
    HELD = "held"  # the editor kept it back, or never said
    LATE = "late"  # nobody was there to make it in time
    FAILED = "failed"  # it could not be made


@dataclass(frozen=True, slots=True, kw_only=True)
class Missed:
    """A turn that passed without an issue, and the sentence that says why."""

    turn: Turn
    reason: str
    cause: Cause


@dataclass(frozen=True, slots=True, kw_only=True)
class Duty:
    """What is to be done now. ``missed`` is oldest first."""

    make: Turn | None
    missed: tuple[Missed, ...]


def duty(
    newsletter: Newsletter,
    *,
    settled: Container[str],
    since: datetime,
    now: datetime,
    catch_up: timedelta,
) -> Duty:
    """What ``newsletter`` is owed at ``now``.

    ``settled``: the periods that have an issue, or a row that says why there is none. ``since``:
    when the newsletter was first watched; turns due before are nobody's. A turn that is at most
    ``catch_up`` late is made; of several only the latest, whose window holds the others' news.
    """
    owed: list[Turn] = []
    for turn in islice(periods.turns_until(newsletter, now), REACH):
        if turn.due < since or turn.period in settled:
            break
        owed.append(turn)
    make = owed[0] if owed and now - owed[0].due <= catch_up else None
    missed = [
        Missed(
            turn=turn,
            reason=_reason(turn, made=make, now=now, catch_up=catch_up),
            cause=Cause.LATE,
        )
        for turn in reversed(owed)
        if turn is not make
    ]
    return Duty(make=make, missed=tuple(missed))


def counted_from(newsletter: Newsletter, period: str, at: datetime) -> datetime:
    """The instant that readers' own hours are counted from, for an issue released at ``at``.

    It is when the period was due, not when the issue was ready: else who chose the newsletter's
    own hour would wait for tomorrow because an issue took a minute to make. What is released
    before its turn, or for no turn, counts from ``at``.
    """
    turn = next(periods.turns_until(newsletter, at))
    return turn.due if turn.period == period else at


def expires(due: datetime, *, following: datetime | None = None) -> datetime:
    """Until when a message that is due at ``due`` may leave.

    ``following``: when the same reader's next issue is due. Where a zone's clocks jump between two
    issues both can fall on one and the same hour; the first is not stale for that.
    """
    last = due + LASTS
    return following if following is not None and due < following < last else last


def release_by(approval: str, now: datetime) -> datetime | None:
    """Until when the editor may hold an issue that is ready ``now``; None: it waits for them.

    ``approval`` is ``required`` or ``auto-after:90m``, as the configuration has checked it.
    """
    _, _, span = approval.partition("auto-after:")
    if not span:
        return None
    unit = timedelta(hours=1) if span.endswith("h") else timedelta(minutes=1)
    return now + int(span[:-1]) * unit


def _reason(turn: Turn, *, made: Turn | None, now: datetime, catch_up: timedelta) -> str:
    if made is not None:
        return f"Digest was not running; the issue of {made.period} takes its place"
    late = now - turn.due
    return (
        f"Digest was not running when it was due at {turn.due:%Y-%m-%d %H:%M} UTC, and noticed "
        f"{_span(late)} later; schedule.catch_up_hours allows {_span(catch_up)}"
    )


def _span(length: timedelta) -> str:
    minutes = max(0, round(length.total_seconds() / 60))
    if minutes < 120:
        return f"{minutes} minutes"
    return f"{minutes / 60:.0f} hours" if minutes < 96 * 60 else f"{minutes / 1440:.0f} days"

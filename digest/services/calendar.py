"""A newsletter's calendar: what it owes now, and why a period has no issue."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from digest.clock import Clock
from digest.duty import Cause, Duty, Missed, duty
from digest.model import Newsletter
from digest.periods import Turn
from digest.storage import agenda
from digest.storage.agenda import Miss
from digest.storage.database import Store


async def owed(store: Store, newsletter: Newsletter, *, catch_up: timedelta, clock: Clock) -> Duty:
    """What ``newsletter`` owes at its cadence; the first look begins to keep its calendar."""
    now, cadence = clock(), newsletter.cadence.value
    found = await store.read(agenda.standing, newsletter.id, cadence, now)
    if found.since is None:
        await store.write(agenda.watch, newsletter.id, cadence, now)
    since = found.since or now
    owes = duty(newsletter, settled=found.settled, since=since, now=now, catch_up=catch_up)
    failing = found.failing
    return replace(
        owes,
        missed=tuple(
            replace(one, reason=failing[one.turn.period], cause=Cause.FAILED)
            if one.turn.period in failing
            else one
            for one in owes.missed
        ),
    )


async def missed(store: Store, newsletter: Newsletter, *some: Missed, clock: Clock) -> None:
    """Keep why these periods have no issue."""
    now = clock()
    rows = [_row(newsletter, one, now) for one in some]
    if rows:
        await store.write(agenda.miss, rows)


async def failed(
    store: Store, newsletter: Newsletter, turn: Turn, why: str, *, again: datetime, clock: Clock
) -> None:
    """Keep why this period could not be made yet; it is tried again at ``again``."""
    said = Missed(turn=turn, reason=f"it could not be made: {why}", cause=Cause.FAILED)
    row = replace(_row(newsletter, said, clock()), again=again)
    await store.write(agenda.miss, [row])


async def mended(store: Store, newsletter: Newsletter, turn: Turn) -> None:
    """Forget why this period could not be made: it was."""
    await store.write(agenda.mended, newsletter.id, newsletter.cadence.value, turn.period)


def cadences(newsletter: Newsletter) -> list[Newsletter]:
    """The newsletter at its own cadence, and at each other that it offers."""
    others = [
        replace(newsletter, cadence=one)
        for one in newsletter.offers
        if one is not newsletter.cadence
    ]
    return [newsletter, *others]


def _row(newsletter: Newsletter, one: Missed, now: datetime) -> Miss:
    return Miss(
        newsletter=newsletter.id,
        cadence=newsletter.cadence.value,
        period=one.turn.period,
        due=one.turn.due,
        reason=one.reason,
        at=now,
        kind=one.cause.value,
    )

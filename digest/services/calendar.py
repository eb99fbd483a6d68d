"""A newsletter's calendar: what it owes now, and why a period has no issue."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from digest.clock import Clock
from digest.duty import Duty, Missed, duty
from digest.model import Newsletter
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
    return duty(newsletter, settled=found.settled, since=since, now=now, catch_up=catch_up)


async def missed(store: Store, newsletter: Newsletter, *some: Missed, clock: Clock) -> None:
    """Keep why these periods have no issue."""
    now = clock()
    rows = [
        Miss(
            newsletter=newsletter.id,
            cadence=newsletter.cadence.value,
            period=one.turn.period,
            due=one.turn.due,
            reason=one.reason,
            at=now,
        )
        for one in some
    ]
    if rows:
        await store.write(agenda.miss, rows)


def cadences(newsletter: Newsletter) -> list[Newsletter]:
    """The newsletter at its own cadence, and at each other that it offers."""
    others = [
        replace(newsletter, cadence=one)
        for one in newsletter.offers
        if one is not newsletter.cadence
    ]
    return [newsletter, *others]

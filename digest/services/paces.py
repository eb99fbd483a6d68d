"""The past of relays and domains between a worker's memory and the database.

Several workers of one database share a relay's limits: each adds what it has sent to what the
database says, and takes up the sum.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy import Connection

from digest.deliver import memory, throttle
from digest.deliver.allowance import Lane
from digest.deliver.lines import Lines
from digest.deliver.throttle import Pace
from digest.storage import paces
from digest.storage.database import Store
from digest.storage.paces import Of

FORGET = timedelta(days=2)  # a domain that nobody had trouble with for so long


class Paces:
    """See deliver/past.py."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def recall(self, lines: Lines, now: datetime) -> None:
        limited = _limited(lines)
        known = await self._store.read(paces.known, Of.RELAY) if limited else {}
        lines.adopt({lane.name: _with(lane, known) for lane in limited})
        for domain, past in (await self._store.read(paces.known, Of.DOMAIN)).items():
            lines.domains.restore(domain, past)

    async def keep(self, lines: Lines, now: datetime) -> None:
        booked, limited = lines.booked(), _limited(lines)
        if limited and booked:
            lines.adopt(await self._store.write(_added, limited, booked, now))
        elif limited:  # another worker may have used the room
            known = await self._store.read(paces.known, Of.RELAY)
            lines.adopt({lane.name: _with(lane, known) for lane in limited})

    async def keep_domains(self, lines: Lines, now: datetime) -> None:
        kept = dict(lines.domains.kept())
        known = await self._store.read(paces.known, Of.DOMAIN)
        if kept == known:
            return

        def save(tx: Connection) -> None:
            paces.save(tx, Of.DOMAIN, kept, now)
            paces.forget(tx, Of.DOMAIN, now - FORGET)

        await self._store.write(save)


def _limited(lines: Lines) -> list[Lane]:
    return [lane for lane in lines.lanes if lane.pace.windows]


def _with(lane: Lane, known: Mapping[str, str]) -> Pace:
    past = known.get(lane.name)
    return memory.pace(lane.pace, past) if past is not None else lane.pace


def _added(
    tx: Connection, lanes: Sequence[Lane], booked: Mapping[str, int], now: datetime
) -> dict[str, Pace]:
    """What has left by each relay in all, once ``booked`` is added to what was known."""
    known = paces.held(tx, Of.RELAY)
    after = {}
    for lane in lanes:
        pace = _with(lane, known)
        count = booked.get(lane.name, 0)
        if lane.name in known and count:
            pace = throttle.left(pace, count, now.timestamp())
        after[lane.name] = pace
    # A relay that is new has its own count in its pace already.
    changed = {name: memory.of_pace(pace) for name, pace in after.items() if booked.get(name)}
    paces.save(tx, Of.RELAY, changed, now)
    return after

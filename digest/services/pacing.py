"""Limits and circuits across restarts: what relays and domains have had, loaded and kept.

The operator resumes a relay in the database (``digest relays resume``), and another worker may
have paused it there: whoever changed a circuit last is believed by everybody.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import Connection

from digest.deliver import memory, throttle
from digest.deliver.allowance import Lane
from digest.deliver.choice import Circuit
from digest.deliver.lines import Lines
from digest.deliver.throttle import Pace
from digest.errors import Misconfigured
from digest.storage import paces
from digest.storage.database import Store
from digest.storage.paces import Of

FORGOTTEN = timedelta(days=2)  # a domain that nothing was said of for so long


class Pacing:
    """One worker's memory: see Memory in services/dispatch.py. Raises DigestError."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._circuits: dict[str, str] = {}  # as they were when last looked at
        self._domains: dict[str, str] = {}
        self._unkept: Counter[str] = Counter()  # what has left by each relay and is in no row yet

    async def load(self, lines: Lines) -> None:
        """Before anything leaves."""

        def read(tx: Connection) -> tuple[dict[str, str], dict[str, str], dict[str, str]]:
            return (
                paces.known(tx, Of.RELAY),
                paces.known(tx, Of.CIRCUIT),
                paces.known(tx, Of.DOMAIN),
            )

        relays, circuits, domains = await self._store.read(read)
        lines.adopt({lane.name: _with(lane, relays) for lane in _limited(lines)})
        for name, past in domains.items():
            lines.domains.restore(name, past)
        for name, past in circuits.items():
            # A new start may have mended it: one that rests is tried once, not one that is paused.
            lines.turn(name, replace(memory.circuit(past), closed_until=0.0))
        self._circuits = circuits

    async def save(self, lines: Lines, now: datetime) -> None:
        """What has changed since the last time, and hear what others have changed."""
        own = {lane.name: memory.of_circuit(lane.circuit) for lane in lines.lanes}
        domains = dict(lines.domains.kept())
        changed = _new(domains, self._domains)
        circuits = await self._store.read(paces.known, Of.CIRCUIT)
        theirs = _new(circuits, self._circuits)
        mine = _new({k: v for k, v in own.items() if k not in theirs}, self._circuits | theirs)
        mine = {k: v for k, v in mine.items() if k in circuits or v != _FRESH}
        for name, said in theirs.items():
            circuit, before = memory.circuit(said), memory.circuit(self._circuits.get(name, ""))
            if circuit.paused != before.paused or circuit == Circuit():
                lines.turn(name, circuit)
        if mine or changed:
            await self._store.write(_save, {Of.DOMAIN: changed, Of.CIRCUIT: mine}, now)
        self._circuits = circuits | mine
        self._domains = domains

    async def keep(self, lines: Lines, now: datetime) -> None:
        """What has left by relays with limits; cheap where there is nothing.

        Several workers of one database share a relay's limits: each adds what it has sent to what
        the database says, and takes up the sum.
        """
        self._unkept.update(lines.booked())
        limited, at = _limited(lines), now.timestamp()
        if not limited:
            self._unkept.clear()
            return
        # Another worker may have used the room, or the clock may have been set back.
        known = await self._store.read(paces.known, Of.RELAY)
        found = {lane.name: _with(lane, known) for lane in limited}
        if self._unkept or any(throttle.anew(pace, at) is not pace for pace in found.values()):
            found = await self._store.write(_added, limited, self._unkept, now)
            self._unkept.clear()
        lines.adopt(found)


async def known(store: Store) -> dict[str, Circuit]:
    """How the relays have fared, by name; those that never failed are left out."""
    found = await store.read(paces.known, Of.CIRCUIT)
    return {name: memory.circuit(past) for name, past in found.items()}


async def resume(store: Store, name: str, now: datetime) -> None:
    """Use a relay again that was paused or rests. Raises Misconfigured where it is neither."""
    circuit = (await known(store)).get(name, Circuit())
    if circuit.passes(now.timestamp()):
        raise Misconfigured(f"relay {name}", "is in use; there is nothing to resume")
    await store.write(paces.save, Of.CIRCUIT, {name: _FRESH}, now)


_FRESH = memory.of_circuit(Circuit())


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
    after, changed = {}, {}
    for lane in lanes:
        was = _with(lane, known)
        pace = throttle.anew(was, now.timestamp())
        count = booked.get(lane.name, 0)
        # A relay that is new has its own count in its pace already.
        if lane.name in known and count:
            pace = throttle.left(pace, count, now.timestamp())
        if count or pace is not was:
            changed[lane.name] = memory.of_pace(pace)
        after[lane.name] = pace
    paces.save(tx, Of.RELAY, changed, now)
    return after


def _new(now: dict[str, str], before: dict[str, str]) -> dict[str, str]:
    return {name: said for name, said in now.items() if before.get(name) != said}


def _save(tx: Connection, changed: dict[Of, dict[str, str]], now: datetime) -> None:
    for of, pasts in changed.items():
        if pasts:
            paces.save(tx, of, pasts, now)
    paces.forget(tx, Of.DOMAIN, now - FORGOTTEN)

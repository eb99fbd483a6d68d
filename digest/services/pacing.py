"""Limits and circuits across restarts: what relays and domains have had, loaded and kept.

The operator resumes a relay in the database (``digest relays resume``), and another worker may
have paused it there: whoever changed a circuit last is believed by everybody.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import uuid4

from sqlalchemy import Connection

from digest.deliver import allowance, memory, sharing
from digest.deliver.allowance import Lane
from digest.deliver.choice import Circuit
from digest.deliver.lines import Lines
from digest.deliver.sharing import Granted, Shared, Wish
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
        self._me = uuid4().hex
        self._holding: dict[str, int] = {}  # relay -> what we may send, as the database knows

    async def load(self, lines: Lines) -> None:
        """Before anything leaves."""

        def read(tx: Connection) -> tuple[dict[str, str], dict[str, str], dict[str, str]]:
            return (
                paces.known(tx, Of.RELAY),
                paces.known(tx, Of.CIRCUIT),
                paces.known(tx, Of.DOMAIN),
            )

        relays, circuits, domains = await self._store.read(read)
        lines.adopt({lane.name: _with(lane, relays) for lane in _limited(lines)}, {})
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

    async def keep(self, lines: Lines, now: datetime, *, ready: int = 0) -> None:
        """Book what has left by relays with limits, and hold room for what is ``ready``.

        Several workers of one database share a relay's limits: what each may send until the next
        time is in the database before it leaves. Nothing is written where nothing changes.
        """
        self._unkept.update(lines.booked())
        limited = _limited(lines)
        if not limited:
            self._unkept.clear()
            self._holding.clear()
            return
        in_use = {lane.name for lane in allowance.in_use(lines.lanes, now.timestamp())}
        wishes = [
            (lane, self._wish(lane.name, ready if lane.name in in_use else 0)) for lane in limited
        ]
        known = await self._store.read(paces.known, Of.RELAY)
        found, changed = _granted(known, wishes, now)
        if changed:
            found = await self._store.write(_shared, wishes, now)
        self._unkept.clear()
        self._holding = {name: one.hold.count for name, one in found.items() if one.hold.count}
        lines.adopt(
            {name: one.pace for name, one in found.items()},
            {name: one.hold for name, one in found.items()},
        )

    def _wish(self, name: str, more: int) -> Wish:
        used, holding = self._unkept[name], self._holding.get(name, 0)
        return Wish(worker=self._me, used=used, holding=holding, more=more)


async def known(store: Store) -> dict[str, Circuit]:
    """How the relays have fared, by name; those that never failed are left out."""
    found = await store.read(paces.known, Of.CIRCUIT)
    return {name: memory.circuit(past) for name, past in found.items()}


async def resume(store: Store, name: str, now: datetime) -> None:
    """Use a relay again that was paused or rests, or is tried again after a rest.

    Raises Misconfigured where it is in use.
    """
    circuit = (await known(store)).get(name, Circuit())
    if circuit.passes(now.timestamp()) and not circuit.rests:
        raise Misconfigured(f"relay {name}", "is in use; there is nothing to resume")
    await store.write(paces.save, Of.CIRCUIT, {name: _FRESH}, now)


_FRESH = memory.of_circuit(Circuit())
_NOTHING = memory.of_pace(Pace())  # has left by a relay that is new


def _limited(lines: Lines) -> list[Lane]:
    return [lane for lane in lines.lanes if lane.pace.windows]


def _with(lane: Lane, known: Mapping[str, str]) -> Pace:
    past = known.get(lane.name)
    return memory.pace(lane.pace, past) if past is not None else lane.pace


def _shared(
    tx: Connection, wishes: Sequence[tuple[Lane, Wish]], now: datetime
) -> dict[str, Granted]:
    """What each wish is granted: nobody else reads or writes what relays have had meanwhile."""
    known = paces.held(tx, Of.RELAY)
    if new := {lane.name: _NOTHING for lane, _ in wishes if lane.name not in known}:
        paces.begin(tx, Of.RELAY, new, now)
        known = paces.held(tx, Of.RELAY)
    found, changed = _granted(known, wishes, now)
    paces.save(tx, Of.RELAY, changed, now)
    return found


def _granted(
    known: Mapping[str, str], wishes: Sequence[tuple[Lane, Wish]], now: datetime
) -> tuple[dict[str, Granted], dict[str, str]]:
    """What each wish is granted by relay, and the texts that change with it."""
    found, changed = {}, {}
    for lane, wish in wishes:
        past = known.get(lane.name, _NOTHING)
        before = Shared(pace=memory.pace(lane.pace, past), held=memory.held(past))
        one = found[lane.name] = sharing.grant(before, wish, now.timestamp())
        if one.after != before:
            changed[lane.name] = memory.of_pace(one.after.pace, one.after.held)
    return found, changed


def _new(now: dict[str, str], before: dict[str, str]) -> dict[str, str]:
    return {name: said for name, said in now.items() if before.get(name) != said}


def _save(tx: Connection, changed: dict[Of, dict[str, str]], now: datetime) -> None:
    for of, pasts in changed.items():
        if pasts:
            paces.save(tx, of, pasts, now)
    paces.forget(tx, Of.DOMAIN, now - FORGOTTEN)

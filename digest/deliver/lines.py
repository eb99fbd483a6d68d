"""The connections to the relays: opened while there is something to send, reopened when lost.

A relay that cannot be reached, or breaks off, rests (deliver/choice.py); it is tried again with one
connection, and with all once it has answered for a message. A relay that refuses us is left alone
until the operator has looked: nobody's delivery fails for it. How much each may have is asked of
deliver/allowance.py.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial

from digest.deliver import allowance, outbox, refusals, waits
from digest.deliver.allowance import Domains, Hold, Lane
from digest.deliver.choice import Circuit
from digest.deliver.feed import Feed
from digest.deliver.latch import Latch
from digest.deliver.line import Line
from digest.deliver.outcome import Outcome, Refused
from digest.deliver.refusals import Meant
from digest.deliver.relay import RelayOptions
from digest.deliver.throttle import Pace
from digest.deliver.transport import Outgoing
from digest.deliver.tray import Box, Door, Ready, Tray
from digest.errors import DigestError

Carry = Callable[[RelayOptions, Feed, Callable[[], None]], Awaitable[None]]  # see smtp.carry
SHORT = 1.0  # seconds: what must wait no longer than this stays in the tray


class Lines:
    """All relays. ``tell`` hears each new trouble in one sentence with the relay and the cure."""

    def __init__(
        self,
        ways: Sequence[tuple[RelayOptions, Lane]],
        domains: Domains,
        tray: Tray,
        *,
        carry: Carry,
        clock: Callable[[], datetime],
        tell: Callable[[str], None],
        drain_seconds: float = 8.0,
    ) -> None:
        self._drain_seconds = drain_seconds
        self._tray = tray
        self._domains = domains
        self._carry = carry
        self._clock = clock
        self._tell = tell
        self._lines: list[Line] = []
        self._waited = waits.Waited()
        self._passes: Counter[int] = Counter()  # of messages, from relays that found them too large
        for relay, lane in ways:
            door = Door(tray, relay.name, domains)
            line = Line(
                relay=relay, lane=lane, door=door, domains=domains, now=self._now, tell=tell
            )
            if lane.pace.windows:
                line.door = Latch(tray, relay.name, domains, partial(self._lasts, line))
            line.door.heard = line.hears
            line.door.elsewhere = partial(self._elsewhere, line)
            line.door.outsized = partial(self._outsized, line)
            self._lines.append(line)
        # Each connection may have announced one message that the journal has yet to note.
        tray.spare = max(tray.spare, sum(relay.max_connections for relay, _ in ways))

    @property
    def lanes(self) -> list[Lane]:
        """The relays' shares, limits and circuits, what has left included."""
        return [line.lane for line in self._lines]

    @property
    def domains(self) -> Domains:
        return self._domains

    def booked(self) -> dict[str, int]:
        """How many have left by each relay since this was last asked; those with none left out.

        By one with limits nothing more leaves until ``adjust``: they are all that have.
        """
        now = self._now()
        for line in self._lines:
            if line.lane.pace.windows:
                line.door.room = 0
                line.book(now)
        counts = {line.relay.name: line.unkept for line in self._lines if line.unkept}
        for line in self._lines:
            line.unkept = 0
        return counts

    def adopt(self, paces: Mapping[str, Pace], holds: Mapping[str, Hold]) -> None:
        """Take up what relays have had in all, also by other workers and before a restart, and
        what is held for us; without a hold we are alone."""
        for line in self._lines:
            if pace := paces.get(line.relay.name):
                line.lane = replace(line.lane, pace=pace, hold=holds.get(line.relay.name))

    @property
    def usable(self) -> bool:
        """Whether any relay may be tried now."""
        now = self._now()
        return any(line.lane.circuit.passes(now) for line in self._lines)

    @property
    def connections(self) -> int:
        return sum(len(line.open) for line in self._lines)

    @property
    def troubles(self) -> list[str]:
        """Why relays are not used now, or have taken nothing yet, a sentence each."""
        now = self._now()
        return [
            line.trouble
            for line in self._lines
            if not line.lane.circuit.passes(now) or line.refusals.unsure(line.door.accepts)
        ]

    def waits(self) -> datetime | None:
        """Until when all relays are at an hour's or a day's limit; each wait is told once."""
        now = self._clock()
        found = waits.waits(self.lanes, now.timestamp())
        labels = {line.relay.name: line.relay.label for line in self._lines}
        for one in self._waited.new(found, now.timestamp()):
            self._tell(one.said(labels[one.relay], now))
        return min((one.until for one in found), default=None)

    def appetite(self, most: int) -> int:
        """How many more may be claimed: some seconds' worth of what the relays may have."""
        shares = allowance.shares(allowance.unheld(self.lanes), self._now(), most=most)
        return max(0, sum(shares.values()) - self._tray.ready)

    def adjust(self) -> None:
        """Book what has left, give each relay its share of what is ready, open what it needs."""
        now = self._now()
        self._domains.begin(now)
        for line in self._lines:
            line.book(now)
            line.believe()
        ready = self._tray.ready
        still = [line.stands(now) for line in self._lines]
        shares = allowance.shares(
            self._to_share(ready, still), now, most=min(ready, self._tray.room)
        )
        for line in self._lines:
            line.door.room = shares.get(line.relay.name, 0)
            if line.door.room:
                self._open(line, line.door.room)
        if ready:
            self._tray.wake()

    def _to_share(self, ready: int, still: Sequence[bool]) -> list[Lane]:
        """The lanes. Nothing is kept for a relay that cannot take it, nor the last messages for one
        that stands still."""
        lanes = [line.fitting() for line in self._lines]
        if ready > self.connections or all(still):
            return lanes
        pairs = zip(lanes, still, strict=True)
        return [replace(lane, free=0) if stands else lane for lane, stands in pairs]

    def turn(self, name: str, circuit: Circuit) -> None:
        """Believe somebody else of how a relay fares: the past, the operator, another worker."""
        for line in self._lines:
            if line.relay.name == name:
                line.lane = replace(line.lane, circuit=circuit)
                if circuit.paused:
                    line.trouble = refusals.sentence(line.relay, circuit.paused, Meant.US)
                    self._tell(line.trouble)
                else:
                    line.refusals.forget(line.door.accepts)

    def hold(self) -> None:
        """Let nothing more leave until ``adjust`` is called again."""
        for line in self._lines:
            line.door.room = 0

    def put_off(self) -> list[tuple[Box, list[Ready], datetime | None]]:
        """What was taken for domains that must wait, and until when; and what was taken too long
        ago (None). It is out of the tray."""
        now = self._clock()
        later: dict[tuple[int, int], tuple[Box, list[Ready]]] = {}
        for line in self._lines:
            waiting, line.door.waiting = line.door.waiting, []
            for box, one in waiting:
                seconds = self._domains.waits(one.domain)
                if seconds <= SHORT and not self._tray.over:
                    box.ready.append(one)
                    continue
                # By the second: what returns together is given back together.
                key = (id(box), int(seconds))
                later.setdefault(key, (box, []))[1].append(one)
        found: list[tuple[Box, list[Ready], datetime | None]] = [
            (box, some, now + timedelta(seconds=seconds))
            for (_, seconds), (box, some) in later.items()
        ]
        for line in self._lines:
            late, line.door.late = line.door.late, []
            found += [(box, [one], None) for box, one in late]
        return found

    async def close(self) -> None:
        """Finish what is on the wire, for ``drain_seconds``; then cut the connections."""
        self._tray.over = True
        self._tray.wake()
        for line in self._lines:
            for task in line.opening:  # nothing of it is on the wire
                task.cancel()
        tasks = {task for line in self._lines for task in line.open}
        if tasks:
            _, late = await asyncio.wait(tasks, timeout=self._drain_seconds)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)
        now = self._now()
        self._domains.begin(now)
        for line in self._lines:
            line.book(now)

    def _open(self, line: Line, share: int) -> None:
        wanted = line.wanted(share)
        while len(line.open) < wanted:
            task = asyncio.create_task(self._one(line))
            for tasks in (line.open, line.opening):
                tasks.add(task)
                task.add_done_callback(tasks.discard)

    async def _one(self, line: Line) -> None:
        accepted, lost, failed, crowds = line.door.accepts, line.lost, line.failed, line.crowds
        me, opened = asyncio.current_task(), False

        def connected() -> None:
            nonlocal opened
            opened = True
            line.opening -= {me}
            if line.connected():
                self._tray.signal()

        try:
            await self._carry(line.relay, line.door, connected)
        except DigestError as error:
            if line.up and not opened:
                line.crowd(str(error), since=crowds)
            else:
                line.fails(str(error), since=failed)
        except Exception as error:  # noqa: BLE001 -- or it would be tried again without a rest
            line.fails(refusals.mistake(line.relay, error), since=failed)
        else:
            if line.lost > lost and line.door.accepts == accepted:
                line.fails(refusals.breaks_off(line.relay), since=failed)
        finally:
            line.up -= opened
        self._tray.signal()

    def _elsewhere(self, line: Line, message: Outgoing, refused: Refused) -> bool:
        """Whether another relay that is in use may take what this one cannot; that is told once."""
        line.objects(refused, refused.text)
        return self._another(line, message)

    def _outsized(self, line: Line, message: Outgoing, outcome: Outcome) -> bool:
        """Whether the relay finds the message too large for itself, and another may take it."""
        if not (isinstance(outcome, Refused) and refusals.is_outsized(outcome)):
            return False
        # Each is asked once: a new connection forgets what the relay had against a message.
        asked = self._passes[message.ref] + 1 >= len(self._lines)
        if asked or outbox.may_mean_us(outcome) or not self._another(line, message):
            del self._passes[message.ref]  # tried again some day, all of them are asked again
            return False
        self._passes[message.ref] += 1
        line.door.objection = refusals.measured(message, outcome, line.door.objection)
        line.answered += 1
        line.objects(outcome, refusals.too_large(line.relay, outcome))
        for box in self._tray.boxes:
            box.again()
        self._tray.signal()
        return True

    def _another(self, line: Line, message: Outgoing) -> bool:
        in_use = {lane.name for lane in allowance.in_use(self.lanes, self._now())}
        return any(
            other is not line and other.relay.name in in_use and other.door.can_take(message)
            for other in self._lines
        )

    def _lasts(self, line: Line) -> bool:
        return line.lane.hold is None or line.lane.hold.lasts(self._now())

    def _now(self) -> float:
        return self._clock().timestamp()

"""The connections to the relays: opened while there is something to send, reopened when lost.

A relay that cannot be reached rests (deliver/choice.py); it is tried again with one connection,
and with all once that one is open. A relay that refuses us is left alone until the operator has
looked: nobody's delivery fails for it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from digest.deliver import outbox
from digest.deliver.choice import Circuit
from digest.deliver.feed import Feed
from digest.deliver.outbox import Consequence
from digest.deliver.outcome import Accepted, Deferred, InDoubt, Outcome, Refused
from digest.deliver.relay import RelayOptions
from digest.deliver.tray import Box, Door, Ready, Tray
from digest.errors import DigestError

Carry = Callable[[RelayOptions, Feed, Callable[[], None]], Awaitable[None]]  # see smtp.carry
PLENTY = 1_000_000_000


@dataclass(slots=True, kw_only=True)
class Line:
    """One relay: how it fares, its door, and its connections that are open or opening."""

    relay: RelayOptions
    door: Door
    weight: float = 1.0
    circuit: Circuit = field(default_factory=Circuit)
    trouble: str = ""  # the sentence that closed the circuit last
    proven: bool = False  # a connection was open since it last failed
    lost: int = 0  # messages whose connection was lost under them
    open: set[asyncio.Task[None]] = field(default_factory=set)


class Lines:
    """All relays. ``tell`` hears each new trouble in one sentence with the relay and the cure."""

    def __init__(
        self,
        relays: Sequence[tuple[RelayOptions, float]],
        tray: Tray,
        *,
        carry: Carry,
        clock: Callable[[], datetime],
        tell: Callable[[str], None],
    ) -> None:
        self._tray = tray
        self._carry = carry
        self._clock = clock
        self._tell = tell
        self._lines = []
        for relay, weight in relays:
            line = Line(relay=relay, door=Door(tray, relay.name), weight=weight)
            line.door.heard = self._hearing(line)
            self._lines.append(line)

    def adjust(self) -> None:
        """Give each relay its share of what is ready, and open what it needs for it."""
        now = self._clock().timestamp()
        passing = [line for line in self._lines if line.circuit.passes(now)]
        weighted = [line for line in passing if line.weight > 0] or passing
        ready = self._tray.ready
        whole = sum(line.weight for line in weighted) or 1.0
        for line in self._lines:
            alone = len(weighted) == 1
            share = -int(-ready * (line.weight / whole) // 1) if not alone else PLENTY
            line.door.room = share if line in weighted else 0
            if line in weighted and ready:
                self._open(line, ready)
        if ready:
            self._tray.wake()

    def put_off(self, now: datetime) -> list[tuple[Box, list[Ready], datetime]]:
        """What was taken for domains that must wait, and until when; it is out of the tray."""
        return []

    @property
    def usable(self) -> bool:
        """Whether any relay may be tried now."""
        now = self._clock().timestamp()
        return any(line.circuit.passes(now) for line in self._lines)

    @property
    def connections(self) -> int:
        return sum(len(line.open) for line in self._lines)

    @property
    def troubles(self) -> list[str]:
        """Why relays are not used now, a sentence each."""
        now = self._clock().timestamp()
        return [line.trouble for line in self._lines if not line.circuit.passes(now)]

    async def close(self, seconds: float) -> None:
        """Finish what is on the wire, for so long; then cut the connections."""
        self._tray.over = True
        self._tray.wake()
        tasks = {task for line in self._lines for task in line.open}
        if not tasks:
            return
        _, late = await asyncio.wait(tasks, timeout=seconds)
        for task in late:
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)

    def _open(self, line: Line, ready: int) -> None:
        wanted = min(line.relay.max_connections, ready, line.door.room) if line.proven else 1
        while len(line.open) < wanted:
            task = asyncio.create_task(self._one(line))
            line.open.add(task)
            task.add_done_callback(line.open.discard)

    async def _one(self, line: Line) -> None:
        accepted, lost = line.door.accepted, line.lost
        try:
            await self._carry(line.relay, line.door, lambda: self._proven(line))
        except DigestError as error:
            self._failed(line, str(error))
        else:
            if line.lost > lost and line.door.accepted == accepted:
                self._failed(line, f"{line.relay.label} breaks off before it takes a message")
        self._tray.signal()

    def _proven(self, line: Line) -> None:
        if not line.proven:
            line.proven = True
            line.circuit = line.circuit.worked()
            line.trouble = ""
            asyncio.get_running_loop().call_soon(self.adjust)

    def _failed(self, line: Line, trouble: str) -> None:
        line.proven = False
        line.circuit = line.circuit.failed(self._clock().timestamp())
        if trouble != line.trouble:
            self._tell(trouble)
        line.trouble = trouble

    def _hearing(self, line: Line) -> Callable[[Ready, Outcome], Outcome]:
        def heard(_: Ready, outcome: Outcome) -> Outcome:
            if isinstance(outcome, Accepted):
                return outcome
            if not isinstance(outcome, Refused):
                line.lost += isinstance(outcome, InDoubt) or not outcome.code
                return outcome
            if outbox.consequence(outcome) is not Consequence.PAUSE_RELAY:
                return outcome
            # It refuses us and not the reader, who must not lose a letter by it.
            words = f"{outcome.code} {outcome.enhanced} {outcome.text}".replace("  ", " ")
            trouble = f"{line.relay.label} refuses us and is not used any more: {words}"
            if not line.circuit.paused:
                self._tell(trouble)
            line.circuit, line.trouble = line.circuit.pause(words), trouble
            line.door.room = 0
            return Deferred(outcome.code, outcome.enhanced, outcome.text, outcome.stage)

        return heard

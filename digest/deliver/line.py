"""One relay that is in use: its share, its door, its connections, and how it fares."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field, replace

from digest.deliver import allowance, throttle
from digest.deliver.allowance import Lane
from digest.deliver.refusals import Refusals
from digest.deliver.relay import RelayOptions
from digest.deliver.tray import Door

STILL = 2.0  # seconds


@dataclass(slots=True, kw_only=True)
class Line:
    """``lane`` knows of what has left once it is booked."""

    relay: RelayOptions
    lane: Lane
    door: Door
    trouble: str = ""  # the sentence that closed the circuit last
    proven: bool = False  # it may have all its connections
    failed: int = 0  # how often it has
    lost: int = 0  # messages whose connection was lost under them
    answered: int = 0  # messages that it had words for and did not take
    heard: int = 0  # of those and the accepted, when we last looked
    refusals: Refusals = field(default_factory=Refusals)
    accepted: int = 0  # of the door's, that the lane has heard of
    taken: int = 0  # by its connections, as far as it is booked
    moved: tuple[int, int, float] = (0, 0, 0.0)  # taken, landed, and since when it is so many
    unkept: int = 0  # messages that have left since ``booked`` was last asked
    open: set[asyncio.Task[None]] = field(default_factory=set)

    def book(self, now: float) -> None:
        """Let the lane know what has left, and of which day its limits are."""
        lane, door = self.lane, self.door
        pace = throttle.left(lane.pace, door.left, now) if door.left else lane.pace
        if taken := door.accepts - self.accepted:
            pace = throttle.accepted(pace, taken)
        self.unkept += door.left
        self.taken += door.left
        door.left, self.accepted = 0, door.accepts
        self.lane = allowance.today(replace(lane, pace=pace), now)

    def believe(self) -> None:
        """It works where it has answered for a message since we last looked."""
        heard = self.door.accepts + self.answered
        if heard > self.heard and self.lane.circuit.doubted:
            self.lane = replace(self.lane, circuit=self.lane.circuit.worked())
            self.proven = True
            if not self.refusals.unsure(self.door.accepts):
                self.trouble = ""
        self.heard = heard

    def fitting(self) -> Lane:
        """The lane; with room only for what fits, where the relay cannot take all."""
        return replace(self.lane, free=self.door.fitting()) if self.door.objection else self.lane

    def stands_still(self, now: float) -> bool:
        """Whether each of its connections has a message, and for a while none has come or gone.

        To be asked once everything is booked.
        """
        landed = self.door.accepts + self.door.ended
        if self.moved[:2] != (self.taken, landed):
            self.moved = self.taken, landed, now
        return self.taken - landed >= len(self.open) > 0 and now - self.moved[2] >= STILL

    def fail(self, now: float, trouble: str, *, since: int) -> bool:
        """It failed, as ``trouble`` says; False where it has since ``since``: with the others of
        the same moment it is one failure."""
        self.proven = False
        if self.failed > since:
            return False
        self.failed += 1
        self.heard = self.door.accepts + self.answered
        self.lane = replace(self.lane, circuit=self.lane.circuit.failed(now, trouble))
        return True

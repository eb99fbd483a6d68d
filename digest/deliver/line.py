"""One relay that is in use: its share, its door, its connections, and how it fares."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from digest.deliver import allowance, outbox, refusals, throttle
from digest.deliver.allowance import Domains, Lane
from digest.deliver.choice import FORGOTTEN, Crowd
from digest.deliver.outbox import Consequence
from digest.deliver.outcome import Deferred, InDoubt, Outcome, Refused, Stage
from digest.deliver.refusals import Meant, Refusals
from digest.deliver.relay import RelayOptions
from digest.deliver.transport import Outgoing
from digest.deliver.tray import Door

STILL = 2.0  # seconds: then the last messages are not kept for it
HANGS = 30.0  # and then another relay that works takes all
PUT_OFF = (421, 450, 451, 452)  # a domain that says one of these is to be asked less often


@dataclass(slots=True, kw_only=True)
class Line:
    """``lane`` knows of what has left once it is booked. ``tell`` hears each new trouble."""

    relay: RelayOptions
    lane: Lane
    door: Door
    domains: Domains
    now: Callable[[], float]
    tell: Callable[[str], None]
    trouble: str = ""  # the sentence that closed the circuit last
    told: dict[str, float] = field(default_factory=dict)  # sentence -> when, in the last hour
    proven: bool = False  # it may have all its connections
    failed: int = 0  # how often it has
    failed_before: int = 0  # when it was booked last
    crowded: Crowd | None = None  # it let in fewer connections than it may have
    crowds: int = 0  # how often it has
    lost: int = 0  # messages whose connection was lost under them
    answered: int = 0  # messages that it had words for and did not take
    heard: int = 0  # of those and the accepted, when we last looked
    refusals: Refusals = field(default_factory=Refusals)
    accepted: int = 0  # of the door's, that the lane has heard of
    taken: int = 0  # by its connections, as far as it is booked
    # Taken, landed, connections and those that are open; since when it is so many.
    moved: tuple[tuple[int, ...], float] = ((), 0.0)
    unkept: int = 0  # messages that have left since ``booked`` was last asked
    open: set[asyncio.Task[None]] = field(default_factory=set)
    opening: set[asyncio.Task[None]] = field(default_factory=set)  # of those, not let in yet
    up: int = 0  # how many it has let in
    objections: set[str] = field(default_factory=set)  # by their codes, once told

    def book(self, now: float) -> None:
        """Let the lane know what has left, and of which day its limits are."""
        lane, door = self.lane, self.door
        pace = throttle.left(lane.pace, door.left, now) if door.left else lane.pace
        if taken := door.accepts - self.accepted:
            pace = throttle.accepted(pace, taken)
        self.failed_before = self.failed
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

    def stands(self, now: float) -> bool:
        """Whether each of its connections has a message, or is being opened, and for a while none
        has come or gone. To be asked once everything is booked."""
        landed = self.door.accepts + self.door.ended
        here = self.taken, landed, len(self.open), self.up
        if self.moved[0] != here:
            self.moved = here, now
        busy = self.open and self.taken - landed >= self.up
        still = now - self.moved[1] if busy else 0.0
        if self.lane.hangs != (still >= HANGS):
            self.lane = replace(self.lane, hangs=still >= HANGS)
        return still >= STILL

    def wanted(self, share: int) -> int:
        """How many connections it is to have."""
        if not self.proven:
            return 1
        most = self.relay.max_connections
        if self.crowded:
            most = min(most, self.crowded.most(self.now()))
        return min(most, share)

    def connected(self) -> bool:
        """One more connection is open; whether it may have all of them now."""
        self.up += 1
        if self.crowded:
            self.crowded = self.crowded.opened(self.up)
        self.door.objection = None  # it may take more than it did: the connection says so
        # One that has failed lately proves itself by a message: some open and take none.
        if self.proven or self.lane.circuit.doubted:
            return False
        self.proven = True
        return True

    def crowd(self, trouble: str, *, since: int) -> None:
        """It let in no more, as ``trouble`` says, while others are open: those go on."""
        if self.crowds > since:
            return
        self.crowds += 1
        before, self.crowded = self.crowded, Crowd.after(self.crowded, self.up, self.now())
        if before is None or self.crowded.is_new:
            self.tell(refusals.no_more(self.relay, trouble))

    def fails(self, trouble: str, *, since: int) -> None:
        """It failed, and that is told where it is new. See ``fail``."""
        if self.fail(self.now(), trouble, since=since):
            self._says(trouble)

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

    def hears(self, message: Outgoing, outcome: Outcome) -> Outcome:
        """What an answer that is no acceptance comes to, and what it says of the relay."""
        match outcome:
            case Deferred(code=0) | InDoubt():
                self.lost += 1
                return outcome
            # It has not heard who the reader is, or speaks of our login or quota: of no domain.
            case Deferred(stage=Stage.MAIL) | Deferred(code=454):
                self._rests(refusals.no_time(self.relay, outcome))
                return outcome
            case Deferred(code=code) if code in PUT_OFF:
                self.domains.deferred(message.domain, self.now())
            case Refused() if outbox.may_mean_us(outcome):
                return self._refuses(message, outcome)
            case Refused() if outbox.consequence(outcome) is Consequence.BOUNCE:
                if self.refusals.knows_nobody(message.recipient, self.door.accepts):
                    self._rests(refusals.nobody(self.relay), at_once=True)
                    return _not_now(outcome)
            case Refused() if refusals.is_too_large(outcome):
                self.objects(outcome, refusals.too_large(self.relay, outcome))
        self.answered += 1
        return outcome

    def objects(self, refused: Refused, sentence: str) -> None:
        """It can never take a message; that is told once."""
        if refused.enhanced not in self.objections:
            self.objections.add(refused.enhanced)
            self.tell(sentence)

    def _rests(self, trouble: str, *, at_once: bool = False) -> None:
        """It answers, and takes nothing from anybody. Told ``at_once``, or when it rests."""
        self.door.room = 0  # until the next look
        self.fail(self.now(), trouble, since=self.failed_before)
        rests = not self.lane.circuit.passes(self.now())
        if at_once or rests:
            self._says(trouble)

    def _says(self, trouble: str) -> None:
        """What it is in trouble for. One that comes and goes is told once in an hour."""
        now = self.now()
        self.told = {one: at for one, at in self.told.items() if 0 <= now - at < FORGOTTEN}
        if trouble not in self.told and trouble != self.trouble:
            self.told[trouble] = now
            self.tell(trouble)
        self.trouble = trouble

    def _refuses(self, message: Outgoing, outcome: Refused) -> Outcome:
        """It refuses us and not the reader, who must not lose a letter by it, or seems to."""
        meant = self.refusals.meant(outcome, message.recipient, self.door.accepts)
        if meant is Meant.READER:
            self.answered += 1
            return outcome
        said = refusals.words(outcome)
        trouble = refusals.sentence(self.relay, said, meant)
        if trouble != self.trouble:
            self.tell(trouble)
        self.trouble = trouble
        if meant is Meant.US:
            self.lane = replace(self.lane, circuit=self.lane.circuit.pause(said))
            self.door.room = 0
        return _not_now(outcome)


def _not_now(refused: Refused) -> Deferred:
    """It is not the reader's fault."""
    return Deferred(refused.code, refused.enhanced, refused.text, refused.stage)

"""What is claimed and waits to leave, what is under way, and what became of it. Loop only, no I/O.

An *office* (issues, letters) fills its box with what is ready and empties it of results; the
connections of each relay take from the tray through a Door of that relay's own.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol, TypeAlias

from digest.deliver.feed import OVER, Feed, Objection, Over
from digest.deliver.outcome import Accepted, Outcome, Refused, unwritten
from digest.deliver.transport import Outgoing, domain_of
from digest.errors import DigestError

SPARE = 256  # places of the journal left free, at least: what is announced has yet to depart
FULL = 1000  # so many results are worth a commit


class Journal(Protocol):
    """What outlives a killed process: see deliver/journal.py."""

    @property
    def room(self) -> int: ...

    def departing(self, delivery: int) -> None: ...

    def accepted(self, delivery: int, said: bytes) -> None: ...

    def settle(self, delivery: int, outcome: Outcome) -> None: ...


class Domains(Protocol):
    """How much each recipients' domain may get: see deliver/allowance.py.

    ``free``: nothing is limited now, and nobody need ask.
    """

    @property
    def free(self) -> bool: ...

    def may_go(self, domain: str) -> bool: ...

    def accepted(self, domain: str) -> None: ...


class Unwritten(NamedTuple):
    """A claimed delivery that has no message, and why. For the rest see Outgoing."""

    ref: int
    recipient: str
    person: str
    why: DigestError

    @property
    def domain(self) -> str:
        return domain_of(self.recipient)


Ready: TypeAlias = Outgoing | Unwritten  # ``ref``: unlike any other's in the tray
Result: TypeAlias = tuple[Ready, Outcome, str]  # with the relay that was asked


@dataclass(slots=True, eq=False)
class Box:
    """One office's part of the tray."""

    ready: deque[Ready] = field(default_factory=deque)
    passed: list[Outgoing] = field(default_factory=list)  # not by the relay that had it first
    flying: set[int] = field(default_factory=set)
    # What was accepted as usual: ref, what the relay said, relay. The rest with its outcome.
    sent: list[tuple[int, bytes, str]] = field(default_factory=list)
    rest: list[Result] = field(default_factory=list)

    @property
    def results(self) -> int:
        return len(self.sent) + len(self.rest)

    @property
    def done(self) -> bool:
        """Is nothing ready and nothing under way?"""
        return not (self.flying or self.lying)

    @property
    def lying(self) -> int:
        """How many have not been taken by any connection that can carry them."""
        return len(self.ready) + len(self.passed)

    def take_out(self, unwanted: Callable[[Ready], bool]) -> list[Ready]:
        """What lies here and is unwanted; the rest stays in its order."""
        self.again()
        gone = [one for one in self.ready if unwanted(one)]
        if gone:
            self.ready = deque(one for one in self.ready if not unwanted(one))
        return gone

    def again(self) -> None:
        """What was passed on is ready for any relay, as at first: one can take less than it did."""
        self.ready.extendleft(reversed(self.passed))
        self.passed.clear()


class Tray:
    """``signal`` is called when more should be claimed or results be kept; often, so be quick."""

    def __init__(self, boxes: int, journal: Journal, signal: Callable[[], None]) -> None:
        self.boxes = tuple(Box() for _ in range(boxes))  # the first is served first
        self.journal = journal
        self.signal = signal
        self.over = False  # connections are to say goodbye
        self.spare = SPARE
        self.low = 0  # at so many ready it is time to claim more
        self._idle: list[Callable[[], None]] = []

    @property
    def room(self) -> int:
        """For how many more that leave the journal has a place."""
        return self.journal.room - self.spare

    @property
    def ready(self) -> int:
        return sum(box.lying for box in self.boxes)

    @property
    def flying(self) -> int:
        return sum(len(box.flying) for box in self.boxes)

    @property
    def results(self) -> int:
        return sum(box.results for box in self.boxes)

    def wake(self) -> None:
        """There is something new for connections that wait: messages, room, or the end."""
        idle, self._idle = self._idle, []
        for one in idle:
            one()

    def wait(self, wake: Callable[[], None]) -> None:
        if wake not in self._idle:
            self._idle.append(wake)


class Door(Feed):
    """The way of one relay's connections into the tray: a Feed (see deliver/feed.py).

    ``room``: how many more may leave through it for now; the journal has a place for each. What is
    for a domain that is held back is put into ``waiting``, what was taken too long ago to leave
    into ``late``; what this relay cannot take, and another perhaps can, is passed on in its box.
    """

    def __init__(self, tray: Tray, relay: str, domains: Domains) -> None:
        self.relay = relay
        self._domains = domains
        self.room = 0
        self.left = 0  # since the owner last looked
        self.accepts = 0
        self.ended = 0  # those that were not accepted; what was taken and is in neither, flies
        self.waiting: list[tuple[Box, Ready]] = []
        self.late: list[tuple[Box, Ready]] = []
        self.heard: Callable[[Outgoing, Outcome], Outcome] | None = None
        self.elsewhere: Callable[[Outgoing, Refused], bool] | None = None
        self.outsized: Callable[[Outgoing, Outcome], bool] | None = None  # and another may take it
        self.objection: Objection | None = None  # once the relay has been found to have one
        self._tray = tray
        self._boxes = tray.boxes
        self._journal = tray.journal

    def take(self, wake: Callable[[], None]) -> Outgoing | Over | None:
        tray = self._tray
        if tray.over:
            return OVER
        if self.room > 0:
            for box in self._boxes:
                ready = box.ready
                while ready:
                    one = ready.popleft()
                    if self.objection and self._passes_on(box, one):
                        continue
                    if not (self._domains.free or self._may_leave(box, one)):
                        continue
                    if isinstance(one, Unwritten):
                        box.rest.append((one, unwritten(one.why), self.relay))
                        continue
                    self.room -= 1
                    self.left += 1
                    box.flying.add(one.ref)
                    if len(ready) == tray.low:
                        tray.signal()
                    return one
            if passed := self._passed():
                return passed
        tray.wait(wake)
        return None

    def departing(self, message: Outgoing) -> None:
        self._journal.departing(message.ref)

    def accepted(self, message: Outgoing, said: bytes) -> None:
        ref = message.ref
        for box in self._boxes:  # as _landed, without its call: there are thousands a second
            if ref in box.flying:
                box.flying.remove(ref)
                break
        else:
            self._landed(ref)  # which says that it was never taken
        self._journal.accepted(ref, said)
        self.accepts += 1
        if not self._domains.free:
            self._domains.accepted(message.domain)
        sent = box.sent
        sent.append((ref, said, self.relay))
        if len(sent) == FULL or not (box.flying or box.ready):
            self._tray.signal()

    def settle(self, message: Outgoing, outcome: Outcome) -> None:
        ref = message.ref
        box = self._landed(ref)
        if self.outsized and self.outsized(message, outcome):
            self.ended += 1
            box.passed.append(message)
            return
        self._journal.settle(ref, outcome)
        if isinstance(outcome, Accepted):
            self.accepts += 1
            self._domains.accepted(message.domain)
        else:
            self.ended += 1
            if self.heard:
                outcome = self.heard(message, outcome)
        box.rest.append((message, outcome, self.relay))
        if box.results >= FULL or box.done:
            self._tray.signal()

    def objected(self, message: Outgoing, refused: Refused, objection: Objection) -> None:
        self.objection = objection
        self.room, self.left = self.room + 1, self.left - 1  # it did not leave
        self._passes_on(self._landed(message.ref), message)
        for box in self._boxes:
            box.again()

    def can_take(self, message: Outgoing) -> bool:
        """Whether nothing is known that the relay has against it."""
        return self.objection is None or self.objection(message) is None

    def fitting(self) -> int:
        """How much of what lies in the tray the relay can take. To be asked where it objects."""
        lying = (one for box in self._boxes for one in (*box.ready, *box.passed))
        return sum(isinstance(one, Unwritten) or self.can_take(one) for one in lying)

    def returned(self, message: Outgoing, outcome: Outcome) -> None:
        box = self._landed(message.ref)
        self.ended += 1
        box.ready.appendleft(message)  # first: if it is why connections end, that shows
        self._tray.signal()

    def overdue(self, message: Outgoing, outcome: Outcome) -> None:
        self.late.append((self._landed(message.ref), message))
        self.ended += 1
        self._tray.signal()

    def _passes_on(self, box: Box, one: Ready) -> bool:
        """Whether this relay cannot take it: then another may, or it fails."""
        if isinstance(one, Unwritten) or not self.objection or not (why := self.objection(one)):
            return False
        if self.elsewhere and self.elsewhere(one, why):
            box.passed.append(one)
            return True
        box.rest.append((one, self.heard(one, why) if self.heard else why, self.relay))
        if box.results >= FULL or box.done:
            self._tray.signal()
        return True

    def _passed(self) -> Outgoing | None:
        """What another relay could not take and this one can."""
        for box in self._boxes:
            while one := next(filter(self.can_take, box.passed), None):
                box.passed.remove(one)
                if not self._may_leave(box, one):
                    continue
                box.flying.add(one.ref)
                self.room -= 1
                self.left += 1
                return one
        return None

    def _landed(self, ref: int) -> Box:
        for box in self._boxes:
            if ref in box.flying:
                box.flying.remove(ref)
                return box
        raise AssertionError(f"delivery {ref} is settled and was never taken")

    def _may_leave(self, box: Box, one: Ready) -> bool:
        if self._domains.may_go(one.domain):
            return True
        self.waiting.append((box, one))
        return False

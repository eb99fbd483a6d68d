"""A message under way on a connection, and what becomes of it when the connection is lost. Pure."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from enum import IntEnum, auto

from digest.deliver.outcome import Deferred, InDoubt, Outcome, Refused, Stage
from digest.deliver.relay import Patience
from digest.deliver.transport import Outgoing


class Step(IntEnum):
    """What a reply that we wait for answers. An int, for those hash in a tenth of the time."""

    MAIL = auto()
    RCPT = auto()
    DATA = auto()
    END = auto()
    RESET = auto()
    QUIT = auto()


def allowances(patience: Patience) -> dict[Step, float]:
    """Seconds to wait for the answer to each step."""
    return {
        Step.MAIL: patience.mail,
        Step.RCPT: patience.rcpt,
        Step.DATA: patience.data,
        Step.END: patience.end,
        Step.RESET: patience.mail,
        Step.QUIT: patience.quit,
    }


class Flight:
    """One message under way."""

    __slots__ = ("begun", "departed", "fate", "late", "message")

    def __init__(self, message: Outgoing) -> None:
        self.message = message
        self.begun = False  # the relay has an open transaction for it
        self.departed = False  # the dot is written
        self.late = False  # it was announced too long ago to leave: its reader may have left
        self.fate: Deferred | Refused | None = None

    @classmethod
    def gone(cls, message: Outgoing) -> Flight:
        """One whose dot is written."""
        flight = cls(message)
        flight.begun = flight.departed = True
        return flight

    def left_behind(self, why: str) -> Outcome:
        """Its outcome when the connection is gone; ``why`` is a sentence without its end."""
        if self.fate:
            return self.fate
        if self.departed:
            return InDoubt(f"{why} after the message, before its reply")
        return Deferred(0, "", f"{why} before the message was over", Stage.CONNECT)


class Awaited:
    """The replies that are still to come, in the order of what they answer.

    Nearly always these are four: the dot of one message, and MAIL, RCPT, DATA of the next. Then
    the two messages stand in ``turn`` and nothing is queued, for this is made for each message.
    """

    __slots__ = ("_queue", "turn")

    def __init__(self) -> None:
        self._queue: deque[tuple[Step, Flight | None]] = deque()
        self.turn: tuple[Outgoing, Outgoing] | None = None

    def __bool__(self) -> bool:
        return self.turn is not None or bool(self._queue)

    def add(self, step: Step, flight: Flight | None) -> None:
        self._queue.append((step, flight))

    def opening(self, flight: Flight) -> None:
        """MAIL, RCPT and DATA of a message, said at once."""
        self._queue.extend(((Step.MAIL, flight), (Step.RCPT, flight), (Step.DATA, flight)))

    @property
    def step(self) -> Step:
        """What the next reply answers. Raises IndexError where none is awaited."""
        return Step.END if self.turn else self._queue[0][0]

    def overtaken(self) -> None:
        """The answer to come took long: what was announced behind its message is late."""
        if self.step is Step.END:
            for _, flight in self._queue:
                if flight and not flight.departed:
                    flight.late = True

    def first(self) -> tuple[Step, Flight | None]:
        """That, and of which message; a turn is unfolded by it."""
        self.unfold()
        return self._queue[0]

    def next(self) -> tuple[Step, Flight | None]:
        """What the reply that has come answers; it is awaited no more."""
        return self._queue.popleft()

    def put_back(self, step: Step, flight: Flight | None) -> None:
        self._queue.appendleft((step, flight))

    def flights(self) -> Iterator[Flight]:
        """Each message under way, once; nothing is awaited any more."""
        self.unfold()
        flights = dict.fromkeys(flight for _, flight in self._queue if flight)
        self._queue.clear()
        return iter(flights)

    def fold(self) -> None:
        """Make a turn of the queue, where it is one."""
        if len(self._queue) != 4 or self._queue[3][0] is not Step.DATA:
            return
        (step, flight), (_, following) = self._queue[0], self._queue[1]
        if step is Step.END and flight and following and flight.departed and not flight.fate:
            self.turn = flight.message, following.message
            self._queue.clear()

    def unfold(self) -> None:
        """Make a queue of the turn, where there is one: the relay says something unusual."""
        if self.turn is not None:
            departed, announced = self.turn
            self.turn = None
            self.add(Step.END, Flight.gone(departed))
            self.opening(Flight(announced))

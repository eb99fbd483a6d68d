"""A message under way on a connection, and what becomes of it when the connection is lost. Pure."""

from __future__ import annotations

from enum import Enum, auto

from digest.deliver.outcome import Deferred, InDoubt, Outcome, Refused, Stage
from digest.deliver.relay import Patience
from digest.deliver.transport import Outgoing


class Step(Enum):
    """What a reply that we wait for answers."""

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

    __slots__ = ("begun", "departed", "fate", "message")

    def __init__(self, message: Outgoing) -> None:
        self.message = message
        self.begun = False  # the relay has an open transaction for it
        self.departed = False  # the dot is written
        self.fate: Deferred | Refused | None = None

    def left_behind(self, why: str) -> Outcome:
        """Its outcome when the connection is gone; ``why`` is a sentence without its end."""
        if self.fate:
            return self.fate
        if self.departed:
            return InDoubt(f"{why} after the message, before its reply")
        return Deferred(0, "", f"{why} before the message was over", Stage.CONNECT)

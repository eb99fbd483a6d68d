"""Where a connection gets its messages and where it says what became of them. Pure."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from typing import Final, Protocol

from digest.deliver import replies
from digest.deliver.outcome import Outcome, Refused
from digest.deliver.transport import Outgoing


class Over(Enum):
    """The end of a feed: the connection says QUIT."""

    OVER = "over"


OVER: Final = Over.OVER
Objection = Callable[[Outgoing], Refused | None]


class Feed(Protocol):
    """Hands out messages, hears outcomes. All are called on the loop and must not block.

    ``settle``, ``accepted``, ``objected``, ``returned`` or ``overdue`` is called exactly once for
    each message that ``take`` handed out.
    """

    def take(self, wake: Callable[[], None]) -> Outgoing | Over | None:
        """The next message. None: none right now, and ``wake`` is called when there is one."""

    def departing(self, message: Outgoing) -> None:
        """The dot is written next; from here on the relay may have the message."""

    def settle(self, message: Outgoing, outcome: Outcome) -> None:
        """What became of it."""

    def accepted(self, message: Outgoing, said: bytes) -> None:
        """What nearly always became of it: ``said`` is the relay's one line, with its 250.

        Read only where somebody wants to know, for there are thousands a second.
        """
        self.settle(message, replies.accepted((250, said)))

    def objected(self, message: Outgoing, refused: Refused, objection: Objection) -> None:
        """This relay can never take it, and another perhaps can; it was not asked.

        ``objection``: why it cannot take a message; None where it can.
        """
        self.settle(message, refused)

    def returned(self, message: Outgoing, outcome: Outcome) -> None:
        """The relay never came to it, so it was no attempt; ``outcome`` is what it would be."""
        self.settle(message, outcome)

    def overdue(self, message: Outgoing, outcome: Outcome) -> None:
        """The same, and it was taken too long ago to leave: its reader may have left since."""
        self.returned(message, outcome)

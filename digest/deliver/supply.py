"""The messages of one connection: so many at most, and none that its relay can never take. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from digest.deliver.envelope import UNSAYABLE, Envelopes
from digest.deliver.feed import OVER, Feed
from digest.deliver.flight import Flight
from digest.deliver.transport import Outgoing


class Supply:
    """``over``: there are no more, and the connection is to say goodbye."""

    __slots__ = ("_feed", "_left", "_most", "_objection", "_wake", "over")

    def __init__(
        self, feed: Feed, envelopes: Envelopes, most: int, wake: Callable[[], None]
    ) -> None:
        self._feed = feed
        self._objection = envelopes.objection
        self._left = self._most = most
        self._wake = wake
        self.over = False

    @property
    def handed(self) -> int:
        """How many messages it has handed out."""
        return self._most - self._left

    def lost(self, flights: Sequence[Flight], why: str) -> None:
        """The connection is gone, with these under way. What the relay never came to goes back.

        That is all behind the first, and the first where it was only announced behind others:
        many a relay closes after so many messages. One that is alone may be why.
        """
        others = self.handed > len(flights)
        for behind, flight in enumerate(flights):
            outcome = flight.left_behind(why)
            if flight.late and not (flight.departed or flight.fate):
                self._feed.overdue(flight.message, outcome)
            elif (behind or others) and not (flight.departed or flight.fate):
                self._feed.returned(flight.message, outcome)
            else:
                self._feed.settle(flight.message, outcome)

    def next(self) -> Outgoing | None:
        """The next message. None: none right now, or they are over.

        Those that may not go are settled here, or left to other relays.
        """
        while self._left > 0 and not self.over:
            message = self._feed.take(self._wake)
            if message is None:
                return None
            if message is OVER:
                break
            refused = self._objection(message)
            if refused is None:
                self._left -= 1
                return message
            if refused.code == UNSAYABLE:
                self._feed.settle(message, refused)
            else:
                self._feed.objected(message, refused, self._objection)
        self.over = True
        return None

"""The messages of one connection: so many at most, and none that its relay can never take. Pure."""

from __future__ import annotations

from collections.abc import Callable

from digest.deliver.envelope import Envelopes
from digest.deliver.feed import OVER, Feed
from digest.deliver.transport import Outgoing


class Supply:
    """``over``: there are no more, and the connection is to say goodbye."""

    __slots__ = ("_feed", "_left", "_objection", "_wake", "over")

    def __init__(
        self, feed: Feed, envelopes: Envelopes, most: int, wake: Callable[[], None]
    ) -> None:
        self._feed = feed
        self._objection = envelopes.objection
        self._left = most
        self._wake = wake
        self.over = False

    def next(self) -> Outgoing | None:
        """The next message. None: none right now, or they are over.

        Those that may not go are settled here.
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
            self._feed.settle(message, refused)
        self.over = True
        return None

"""A Transport that takes one message at a time as a line of its own: the maildir.  ~ world"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from digest.deliver.feed import OVER, Feed
from digest.deliver.outcome import Deferred, Stage
from digest.deliver.relay import RelayOptions
from digest.deliver.transport import Transport
from digest.errors import DigestError

IDLE_SECONDS = 5.0


def singly(
    transport: Transport,
) -> Callable[[RelayOptions, Feed, Callable[[], None] | None], Awaitable[None]]:
    """``carry`` (see smtp.py) over ``transport``; the relay's options say only its name."""

    async def carry(_: RelayOptions, feed: Feed, opened: Callable[[], None] | None = None) -> None:
        if opened:
            opened()
        more = asyncio.Event()
        while (message := feed.take(more.set)) is not OVER:
            if message is None:
                try:
                    await asyncio.wait_for(more.wait(), IDLE_SECONDS)
                except TimeoutError:
                    return
                more.clear()
                continue
            feed.departing(message)
            try:
                outcome = await transport(message)
            except DigestError as error:
                feed.settle(message, Deferred(0, "", str(error), Stage.CONNECT))
                raise
            feed.settle(message, outcome)

    return carry

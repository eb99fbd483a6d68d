"""A transport whose single messages are signed by us (DKIM) before they leave. See inturn.py.

What dispatch sends is signed ahead, in workers (sealing.py); a lone letter needs none.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from digest.clock import Clock
from digest.deliver import dkim
from digest.deliver.dkim import Body, Key
from digest.deliver.outcome import Outcome
from digest.deliver.transport import Outgoing, Transport


class Signed:
    """``inner``, with the lines of a signature for each key before the message's own."""

    def __init__(
        self, inner: Transport, *, keys: Sequence[Key], body: Body = Body.RELAXED, clock: Clock
    ) -> None:
        self._inner = inner
        self._keys = keys
        self._body = body
        self._clock = clock

    async def __call__(self, message: Outgoing) -> Outcome:
        """Raises Misconfigured for a key that cannot sign."""
        at = int(self._clock().timestamp())
        lines = await asyncio.to_thread(
            dkim.sign, message.parts, self._keys, at=at, body=self._body
        )
        return await self._inner(message.headed(lines))

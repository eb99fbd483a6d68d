"""Messages to their DKIM-Signature lines, in batches and in processes of their own.  ~ world

Signing with RSA costs ten times what writing and sending a message does. The loop goes on writing;
a thread hashes a batch (SHA-256 lets the loop run meanwhile), and a worker gets the few lines that
RSA is to sign and gives back those to put in front of each message.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from digest.deliver import dkim
from digest.deliver.dkim import Body, Key, Prepared, Shared
from digest.errors import Permanent, Temporary
from digest.isolation import Isolate

PRELOAD = ("digest.deliver.signing",)  # what its workers import
Parts = Sequence[bytes]  # a message, whole or in pieces


@dataclass(frozen=True, slots=True, kw_only=True)
class Signer:
    """``await signer(messages, at=...)``: the header lines to put before each, in their order."""

    isolate: Isolate
    keys: tuple[Key, ...]
    body: Body = Body.RELAXED
    workers: int = 1  # of ``isolate``

    async def __call__(self, messages: Sequence[Parts], *, at: int) -> list[bytes]:
        """``at``: seconds since the epoch. Signing is all they wait for: it changes no message.

        Raises Misconfigured for a key that cannot sign, Temporary when the workers die.
        """
        hashed = await asyncio.to_thread(prepared, messages, self.body)
        try:
            return await self._sealed(hashed, at)
        except Permanent:
            pass  # a worker that was killed says nothing of the messages: once more in a new one
        try:
            return await self._sealed(hashed, at)
        except Permanent as error:
            raise Temporary(f"the messages could not be signed: {error}") from error

    async def _sealed(self, hashed: Sequence[Prepared], at: int) -> list[bytes]:
        return await self.isolate(sealed, hashed, keys=self.keys, at=at, body=self.body)


def prepared(messages: Sequence[Parts], body: Body) -> list[Prepared]:
    """What of each message is signed."""
    shared = _shared(messages, body)
    return [dkim.prepared(parts, body=body, shared=shared) for parts in messages]


def sealed(hashed: Sequence[Prepared], *, keys: Sequence[Key], at: int, body: Body) -> list[bytes]:
    """The header lines of each; what a worker does. Raises Misconfigured."""
    return [dkim.seal(message, keys, at=at, body=body) for message in hashed]


def signed(messages: Sequence[Parts], *, keys: Sequence[Key], at: int, body: Body) -> list[bytes]:
    """Both, in this very process."""
    return sealed(prepared(messages, body), keys=keys, at=at, body=body)


def _shared(messages: Sequence[Parts], body: Body) -> Shared:
    """What the bodies of the batch begin with, as far as the first two tell."""
    if len(messages) < 3:
        return Shared()
    first, second = (b"".join(dkim.split(parts, body)[1]) for parts in messages[:2])
    least, most = 0, min(len(first), len(second))
    while least < most:
        middle = (least + most + 1) // 2
        if first.startswith(second[:middle]):
            least = middle
        else:
            most = middle - 1
    return Shared(first[:least])

"""Messages to their DKIM-Signature lines, in batches and in processes of their own.  ~ world

Signing with RSA costs ten times what writing and sending a message does. The loop goes on writing;
a batch of messages goes to a worker as the parts they are made of, those that all share only
once, and only the lines to put in front of each come back.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from digest.deliver import dkim
from digest.deliver.dkim import Body, Key, Shared
from digest.errors import Permanent, Temporary
from digest.isolation import Isolate

BATCH = 64  # messages: some 20 ms of a worker's time
PRELOAD = ("digest.deliver.signing",)  # what its workers import
Parts = Sequence[bytes]  # a message, whole or in pieces


@dataclass(frozen=True, slots=True, kw_only=True)
class Signer:
    """``await signer(messages, at=...)``: the header lines to put before each, in their order."""

    isolate: Isolate
    keys: tuple[Key, ...]
    body: Body = Body.RELAXED

    async def __call__(self, messages: Sequence[Parts], *, at: int) -> list[bytes]:
        """``at``: seconds since the epoch. Signing is all they wait for: it changes no message.

        Raises Misconfigured for a key that cannot sign, Temporary when the workers die.
        """
        try:
            return await self._signed(messages, at)
        except Permanent:
            pass  # a worker that was killed says nothing of the messages: once more in a new one
        try:
            return await self._signed(messages, at)
        except Permanent as error:
            raise Temporary(f"the messages could not be signed: {error}") from error

    async def _signed(self, messages: Sequence[Parts], at: int) -> list[bytes]:
        return await self.isolate(signed, messages, keys=self.keys, at=at, body=self.body)


def signed(messages: Sequence[Parts], *, keys: Sequence[Key], at: int, body: Body) -> list[bytes]:
    """The header lines of each message; what a worker does. Raises Misconfigured."""
    shared = _shared(messages, body)
    # One after the other, since what hashing and what RSA need does not fit into the core's cache
    # together: 5 % quicker.
    hashed = [dkim.prepared(parts, body=body, shared=shared) for parts in messages]
    return [dkim.seal(message, keys, at=at, body=body) for message in hashed]


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

"""One act for one person, as a word in a link: made with a key, proven with a key ring. Pure.

A token carries the subscriber's opaque id and an HMAC-SHA256 over version, purpose, subscriber and
newsletter. It reveals no address and holds no time, so a rehearsal writes the very links of the
send; what must expire (a confirmation) does so in its row.
"""

from __future__ import annotations

import hmac
import re
from binascii import b2a_base64
from collections.abc import Callable, Sequence
from enum import StrEnum
from hashlib import sha256
from typing import Any, TypeAlias

from subscribers.model import SubscriberId

VERSION = "1"
MAC_BYTES = 16  # 128 bits: nobody guesses one, and the link stays short
_SHAPE = re.compile(r"([A-Za-z0-9-]{1,64})\.([A-Za-z0-9_-]{22})")
_LETTERS = 22  # of base64 without its padding
_BLOCK = 64  # bytes of SHA-256
_Copy: TypeAlias = Callable[[], Any]  # of a hash as it stands: hashlib names no type for it
_URL_SAFE = bytes.maketrans(b"+/", b"-_")


class Purpose(StrEnum):
    """What a token lets its bearer do; one never serves for another."""

    CONFIRM = "confirm"
    UNSUBSCRIBE = "unsubscribe"
    PREFERENCES = "preferences"
    ADDRESS = "address"  # confirm a new address: bound to the address's key, not to a newsletter
    REVIEW = "review"  # an editor's: the number of an issue stands in the subscriber's place


def make(key: bytes, purpose: Purpose, subscriber: SubscriberId, newsletter: str) -> str:
    """The token, URL-safe: ``SUBSCRIBER.MAC``.

    For ``Purpose.ADDRESS`` the key of the new address stands in the newsletter's place: a link
    sent to one address never confirms another.
    """
    [[token]] = Mint(key, newsletter, purpose).make([subscriber.encode()])
    return token.decode()


def proves(
    ring: Sequence[bytes], token: str, purpose: Purpose, newsletter: str
) -> SubscriberId | None:
    """Whom the token speaks for, or None. Every key of the ring is tried in constant time."""
    shape = _SHAPE.fullmatch(token)
    if shape is None:
        return None
    subscriber = SubscriberId(shape[1])
    # A list and not any() of a generator: it takes as long whichever key it was.
    matches = [
        hmac.compare_digest(make(key, purpose, subscriber, newsletter), token) for key in ring
    ]
    return subscriber if any(matches) else None


class Mac:
    """HMAC-SHA256 (RFC 2104) of one key, for many messages that begin alike.

    ``hmac.digest`` hashes the key again for each message, which is most of its time.
    """

    __slots__ = ("inner", "outer")  # how to copy the two hashes as they stand

    def __init__(self, key: bytes, beginning: bytes = b"") -> None:
        block = (sha256(key).digest() if len(key) > _BLOCK else key).ljust(_BLOCK, b"\0")
        self.inner = sha256(bytes(byte ^ 0x36 for byte in block) + beginning).copy
        self.outer = sha256(bytes(byte ^ 0x5C for byte in block)).copy

    def digest(self, rest: bytes) -> bytes:
        """32 bytes: the MAC of what all begin with, and ``rest``."""
        inner, outer = self.inner(), self.outer()
        inner.update(rest)
        outer.update(inner.digest())
        return outer.digest()


class Mint:
    """``make`` for many subscribers of one newsletter: what they share is hashed once."""

    __slots__ = ("_hashes", "_newsletter")

    def __init__(self, key: bytes, newsletter: str, *purposes: Purpose) -> None:
        version = _measured(VERSION.encode())
        macs = [Mac(key, version + _measured(purpose.encode())) for purpose in purposes]
        self._hashes = [(mac.inner, mac.outer) for mac in macs]
        self._newsletter = _measured(newsletter.encode())

    def make(self, subscribers: Sequence[bytes]) -> list[list[bytes]]:
        """For each purpose a token for each of the subscribers whose ids these bytes spell."""
        said = [_measured(one) + self._newsletter for one in subscribers]
        begun = [one + b"." for one in subscribers]
        return [self._purposed(inner, outer, said, begun) for inner, outer in self._hashes]

    @staticmethod
    def _purposed(
        inner: _Copy, outer: _Copy, said: Sequence[bytes], begun: Sequence[bytes]
    ) -> list[bytes]:
        macs = []
        for one in said:  # Mac.digest, without a call for each of thousands
            first, second = inner(), outer()
            first.update(one)
            second.update(first.digest())
            macs.append(second.digest()[:MAC_BYTES])
        return [
            start + b2a_base64(mac, newline=False)[:_LETTERS].translate(_URL_SAFE)
            for start, mac in zip(begun, macs, strict=True)
        ]


def _measured(text: bytes) -> bytes:
    # Lengths first: no two different acts share one message.
    return len(text).to_bytes(4, "big") + text

"""One act for one person, as a word in a link: made with a key, proven with a key ring. Pure.

A token carries the subscriber's opaque id and an HMAC-SHA256 over version, purpose, subscriber and
newsletter. It reveals no address and holds no time, so a rehearsal writes the very links of the
send; what must expire (a confirmation) does so in its row.

The two links of every issue are halves of one HMAC: its bits tell nothing of one another, so who
has one half cannot make the other. Those of the first version, which had one each, still prove.
"""

from __future__ import annotations

import hmac
import re
from binascii import b2a_base64
from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from hashlib import sha256

from subscribers.model import SubscriberId

MAC_BYTES = 16  # 128 bits: nobody guesses one, and the link stays short
_SHAPE = re.compile(r"([A-Za-z0-9-]{1,64})\.([A-Za-z0-9_-]{22})")
_LETTERS = 22  # of base64 without its padding
_BLOCK = 64  # bytes of SHA-256
_URL_SAFE = bytes.maketrans(b"+/", b"-_")


class Purpose(StrEnum):
    """What a token lets its bearer do; one never serves for another."""

    CONFIRM = "confirm"
    UNSUBSCRIBE = "unsubscribe"
    PREFERENCES = "preferences"
    ADDRESS = "address"  # confirm a new address: bound to the address's key, not to a newsletter
    REVIEW = "review"  # an editor's: the number of an issue stands in the subscriber's place


# Where its half of the HMAC begins. What they share is made for all readers of each issue.
_HALVES = {Purpose.UNSUBSCRIBE: 0, Purpose.PREFERENCES: MAC_BYTES}


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
    subscriber = claimed(token)
    if subscriber is None:
        return None
    mints = [Mint(key, newsletter, purpose) for key in ring]
    if purpose in _HALVES:
        mints += [Mint(key, newsletter, purpose, halves={}) for key in ring]
    # A list and not any() of a generator: it takes as long whichever key it was.
    matches = [
        hmac.compare_digest(made, token.encode())
        for mint in mints
        for [made] in mint.make([subscriber.encode()])
    ]
    return subscriber if any(matches) else None


def claimed(token: str) -> SubscriberId | None:
    """Whom the token says it speaks for; None where it has no token's shape. Proves nothing."""
    shape = _SHAPE.fullmatch(token)
    return SubscriberId(shape[1]) if shape else None


class Mac:
    """HMAC-SHA256 (RFC 2104) of one key, for many messages that begin alike.

    ``hmac.digest`` hashes the key again for each message, which is most of its time.
    """

    __slots__ = ("_inner", "_outer")  # how to copy the two hashes as they stand

    def __init__(self, key: bytes, beginning: bytes = b"") -> None:
        block = (sha256(key).digest() if len(key) > _BLOCK else key).ljust(_BLOCK, b"\0")
        self._inner = sha256(bytes(byte ^ 0x36 for byte in block) + beginning).copy
        self._outer = sha256(bytes(byte ^ 0x5C for byte in block)).copy

    def digests(self, rests: Iterable[bytes], length: int = 32) -> list[bytes]:
        """The first ``length`` bytes of the MAC of what all begin with and each of ``rests``."""
        inner, outer = self._inner, self._outer
        found = []
        for rest in rests:
            first, second = inner(), outer()
            first.update(rest)
            second.update(first.digest())
            found.append(second.digest()[:length])
        return found


class Mint:
    """``make`` for many subscribers of one newsletter: what they share is hashed once."""

    __slots__ = ("_macs", "_newsletter", "_places")

    def __init__(
        self,
        key: bytes,
        newsletter: str,
        *purposes: Purpose,
        halves: Mapping[Purpose, int] = _HALVES,
    ) -> None:
        # For each purpose what its HMAC begins with, and where in it the token's bytes begin.
        self._places = [
            (_beginning("2", "reader"), halves[purpose])
            if purpose in halves
            else (_beginning("1", purpose), 0)
            for purpose in purposes
        ]
        self._macs = {beginning: Mac(key, beginning) for beginning, _ in self._places}
        self._newsletter = _measured(newsletter.encode())

    def make(self, subscribers: Sequence[bytes]) -> list[list[bytes]]:
        """For each purpose a token for each of the subscribers whose ids these bytes spell."""
        lengths = {length: length.to_bytes(4, "big") for length in set(map(len, subscribers))}
        said = [lengths[len(one)] + one + self._newsletter for one in subscribers]  # measured
        begun = [one + b"." for one in subscribers]
        macs = {beginning: mac.digests(said) for beginning, mac in self._macs.items()}
        return [_tokens(begun, macs[beginning], at) for beginning, at in self._places]


def _tokens(begun: Sequence[bytes], macs: Sequence[bytes], at: int) -> list[bytes]:
    # Encoded together: with two more bytes each, a MAC ends where a group of four letters does.
    cut = slice(at, at + MAC_BYTES)
    letters = b2a_base64(b"".join([mac[cut] + b"\0\0" for mac in macs]), newline=False)
    safe, step = letters.translate(_URL_SAFE), _LETTERS + 2
    places = range(0, len(safe), step)
    return [one + safe[to : to + _LETTERS] for one, to in zip(begun, places, strict=True)]


def _beginning(version: str, purpose: str) -> bytes:
    return _measured(version.encode()) + _measured(purpose.encode())


def _measured(text: bytes) -> bytes:
    # Lengths first: no two different acts share one message.
    return len(text).to_bytes(4, "big") + text

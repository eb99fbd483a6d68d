"""One act for one person, as a word in a link: made with a key, proven with a key ring. Pure.

A token carries the subscriber's opaque id and an HMAC-SHA256 over version, purpose, subscriber and
newsletter. It reveals no address and holds no time, so a rehearsal writes the very links of the
send; what must expire (a confirmation) does so in its row.
"""

from __future__ import annotations

import base64
import hmac
import re
from collections.abc import Sequence
from enum import StrEnum

from subscribers.model import SubscriberId

VERSION = "1"
MAC_BYTES = 16  # 128 bits: nobody guesses one, and the link stays short
_SHAPE = re.compile(r"([A-Za-z0-9-]{1,64})\.([A-Za-z0-9_-]{22})")


class Purpose(StrEnum):
    """What a token lets its bearer do; one never serves for another."""

    CONFIRM = "confirm"
    UNSUBSCRIBE = "unsubscribe"
    PREFERENCES = "preferences"
    ADDRESS = "address"  # confirm a new address: bound to the address's key, not to a newsletter


def make(key: bytes, purpose: Purpose, subscriber: SubscriberId, newsletter: str) -> str:
    """The token, URL-safe: ``SUBSCRIBER.MAC``.

    For ``Purpose.ADDRESS`` the key of the new address stands in the newsletter's place: a link
    sent to one address never confirms another.
    """
    return f"{subscriber}.{_mac(key, purpose, subscriber, newsletter)}"


def proves(
    ring: Sequence[bytes], token: str, purpose: Purpose, newsletter: str
) -> SubscriberId | None:
    """Whom the token speaks for, or None. Every key of the ring is tried in constant time."""
    shape = _SHAPE.fullmatch(token)
    if shape is None:
        return None
    subscriber = SubscriberId(shape[1])
    matches = [
        hmac.compare_digest(_mac(key, purpose, subscriber, newsletter), shape[2]) for key in ring
    ]
    return subscriber if any(matches) else None


def _mac(key: bytes, purpose: Purpose, subscriber: SubscriberId, newsletter: str) -> str:
    # Lengths first: no two different acts share one message.
    parts = (VERSION, purpose.value, subscriber, newsletter)
    said = b"".join(len(p.encode()).to_bytes(4, "big") + p.encode() for p in parts)
    mac = hmac.digest(key, said, "sha256")[:MAC_BYTES]
    return base64.urlsafe_b64encode(mac).rstrip(b"=").decode()

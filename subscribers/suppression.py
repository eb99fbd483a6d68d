"""An address to the keyed hash that stays when everything else of a person is gone. Pure.

Without the key nobody can ask the list about an address; with it, an import or a join can.
"""

from __future__ import annotations

import hmac
from collections.abc import Sequence

from subscribers.address import Address


def mark(key: bytes, address: Address) -> str:
    """HMAC-SHA256 of the address's key, 64 hexadecimal digits."""
    return hmac.digest(key, b"suppression\x00" + address.key.encode(), "sha256").hex()


def marks(ring: Sequence[bytes], address: Address) -> tuple[str, ...]:
    """What the address may be listed under: one mark for each key that was ever the newest."""
    return tuple(mark(key, address) for key in ring)

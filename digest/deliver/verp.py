"""An envelope sender that says, and proves, which of our mails a bounce is about. Pure.

VERP (variable envelope return path): ``bounces+WORD@BOUNCE_DOMAIN``, 48 octets before the @ (RFC
5321, 4.5.3.1.1 allows 64). The word is base32, so a relay that folds it to one case does no harm.
A word that was not made with one of our keys is about nothing: a forged bounce removes nobody.
"""

from __future__ import annotations

import base64
import hmac
import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

LOCAL = "bounces"
MAC_BYTES = 16  # with one octet of kind and eight of id: 25 octets, 40 letters without padding
_ID_BYTES = 8
_WORD = re.compile(r"(?<![a-z0-9+])bounces\+([a-z2-7]{40})@", re.IGNORECASE)
_PURPOSE = b"\x00verp"  # no Message-ID and no token is ever made of this


class Sort(StrEnum):
    """Which table the row is in."""

    ISSUE = "issue"  # deliveries.id
    LETTER = "letter"  # letters.id


@dataclass(frozen=True, slots=True, kw_only=True)
class Ref:
    """One mail of ours: the row it was sent for."""

    sort: Sort
    id: int


_SORTS = (Sort.ISSUE, Sort.LETTER)


def sender(ring: Sequence[bytes], domain: str, ref: Ref) -> str:
    """The envelope sender of a mail; the newest key of the ring signs."""
    said = bytes([_SORTS.index(ref.sort)]) + ref.id.to_bytes(_ID_BYTES, "big")
    word = base64.b32encode(said + _mac(ring[0], said)).decode("ascii").lower()
    return f"{LOCAL}+{word}@{domain}"


def parse(ring: Sequence[bytes], text: str) -> Ref | None:
    """Which mail an address is the sender of; None where no key of the ring has signed it.

    ``text`` may hold more than the address; the first one in it that is ours counts.
    """
    for found in _WORD.finditer(text):
        word = base64.b32decode(found[1].upper())
        said, mac = word[:-MAC_BYTES], word[-MAC_BYTES:]
        proven = [hmac.compare_digest(_mac(key, said), mac) for key in ring]
        if any(proven) and said[0] < len(_SORTS):
            return Ref(sort=_SORTS[said[0]], id=int.from_bytes(said[1:], "big"))
    return None


def _mac(key: bytes, said: bytes) -> bytes:
    return hmac.digest(key, _PURPOSE + said, "sha256")[:MAC_BYTES]

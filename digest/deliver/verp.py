"""An envelope sender that says, and proves, which of our mails a bounce is about. Pure.

VERP (variable envelope return path): ``bounces+WORD@BOUNCE_DOMAIN``, 55 octets before the @ (RFC
5321, 4.5.3.1.1 allows 64). The word is base32, so a relay that folds it to one case does no harm.
It holds the moment the mail was due, too: where old rows are let go of, SQLite gives their numbers
to new ones, and a late bounce must not find another reader.
A word that was not made with one of our keys is about nothing: a forged bounce removes nobody.
"""

from __future__ import annotations

import base64
import hmac
import re
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

LOCAL = "bounces"
MAC_BYTES = 16
_HEAD = struct.Struct(">BQI")  # which table, which row, due in seconds since 1970 (until 2106)
_LETTERS = 47  # of base32 for 29 octets
# Without ASCII the Kelvin sign would be a "k", which base32 does not know.
_WORD = re.compile(rf"(?<![a-z0-9+])bounces\+([a-z2-7]{{{_LETTERS}}})@", re.IGNORECASE | re.ASCII)
_PURPOSE = b"\x00verp"  # no Message-ID and no token is ever made of this


class Sort(StrEnum):
    """Which table the row is in."""

    ISSUE = "issue"  # deliveries.id
    LETTER = "letter"  # letters.id


@dataclass(frozen=True, slots=True, kw_only=True)
class Ref:
    """One mail of ours: the row it was sent for, and when that was due, to the second."""

    sort: Sort
    id: int
    due: int  # seconds since 1970

    @classmethod
    def of(cls, sort: Sort, row: int, due: datetime) -> Ref:
        """The mail of a row that was due at a moment (aware)."""
        return cls(sort=sort, id=row, due=int(due.timestamp()))


_SORTS = (Sort.ISSUE, Sort.LETTER)


def sender(ring: Sequence[bytes], domain: str, ref: Ref) -> str:
    """The envelope sender of a mail; the newest key of the ring signs."""
    said = _HEAD.pack(_SORTS.index(ref.sort), ref.id, ref.due)
    word = base64.b32encode(said + _mac(ring[0], said)).decode("ascii").rstrip("=").lower()
    return f"{LOCAL}+{word}@{domain}"


def parse(ring: Sequence[bytes], text: str) -> Ref | None:
    """Which mail an address is the sender of; None where no key of the ring has signed it.

    ``text`` may hold more than the address; the first one in it that is ours counts.
    """
    for found in _WORD.finditer(text):
        word = base64.b32decode(found[1].upper() + "=")
        said, mac = word[:-MAC_BYTES], word[-MAC_BYTES:]
        proven = [hmac.compare_digest(_mac(key, said), mac) for key in ring]
        if any(proven):
            sort, row, due = _HEAD.unpack(said)
            return Ref(sort=_SORTS[sort], id=row, due=due)
    return None


def _mac(key: bytes, said: bytes) -> bytes:
    return hmac.digest(key, _PURPOSE + said, "sha256")[:MAC_BYTES]

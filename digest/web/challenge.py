"""What a form must bring back: proof that a browser worked for it, or at least that time went by.

Two things go out with a form and come back once, signed, for a while:

* a *stamp*, in every form: when it was handed out, so that a form filled in by a program in no
  time is known;
* an ALTCHA challenge, for browsers that run scripts: the counter for which PBKDF2 begins with a
  zero byte, some 256 guesses (https://altcha.org, version 2 of its challenges).

Neither knows who asks; both are of no use a second time. Pure but for the dice of the nonces.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

import altcha

from digest.web.limits import Spent

STAMP_LIFE = timedelta(hours=2)
PROOF_LIFE = timedelta(minutes=20)
ALGORITHM = "PBKDF2/SHA-256"
MOST_CHARACTERS = 4096


class Verdict(StrEnum):
    """What was brought back."""

    GOOD = "good"
    EARLY = "early"  # faster than anyone types
    STALE = "stale"  # forged, used, or older than it may be


@dataclass(frozen=True, slots=True)
class Challenger:
    """Hands out stamps and challenges and looks at what comes back. ``ring``: newest key first."""

    ring: Sequence[bytes]
    cost: int
    min_fill: timedelta
    spent: Spent

    def stamp(self, now: datetime) -> str:
        """A stamp for one form: ``SECONDS.NONCE.MAC``."""
        said = f"{int(now.timestamp())}.{secrets.token_urlsafe(9)}"
        return f"{said}.{_mac(self.ring[0], 'stamp', said)}"

    def weigh(self, stamp: str, now: datetime) -> Verdict:
        """What a stamp that comes back is worth; ``use`` it for what it lets in, and once."""
        said, _, mac = stamp[:200].rpartition(".")
        if not any(_is(_mac(key, "stamp", said), mac) for key in self.ring):
            return Verdict.STALE
        made = datetime.fromtimestamp(int(said.partition(".")[0]), UTC)
        if now - made > STAMP_LIFE:
            return Verdict.STALE
        return Verdict.EARLY if now - made < self.min_fill else Verdict.GOOD

    def use(self, stamp: str, now: datetime) -> bool:
        """Use up a good stamp; False where it was used before.

        Only once a join is let in: stamps cost nothing, and those of one who brings thousands
        must not push out what everybody's memory holds.
        """
        return self.spent.spend(stamp, now + STAMP_LIFE, now)

    def challenge(self, now: datetime) -> dict[str, object]:
        """A challenge as the widget reads it."""
        until = int((now + PROOF_LIFE).timestamp())
        made = altcha.create_challenge(
            ALGORITHM, self.cost, data={"until": until}, hmac_secret=_secret(self.ring[0])
        )
        return dict(made.to_dict())

    def is_solved(self, payload: str, now: datetime) -> bool:
        """Whether a payload solves one of our challenges, in time and for the first time."""
        if not payload or len(payload) > MOST_CHARACTERS:
            return False
        until = _until(payload)
        if until is None or until < now:
            return False
        for key in self.ring:
            found = altcha.verify_solution(payload, _secret(key))
            if found.verified:
                return self.spent.spend(_signature(payload), until, now)
            if not found.invalid_signature:
                return False
        return False


def _until(payload: str) -> datetime | None:
    try:
        until = _read(payload)["challenge"]["parameters"]["data"]["until"]
        return datetime.fromtimestamp(until, UTC)
    except (KeyError, TypeError, ValueError, OverflowError, OSError, RecursionError):
        return None


def _signature(payload: str) -> str:
    # Not the payload: base64 and JSON can spell one solution in many ways.
    return str(_read(payload)["challenge"]["signature"])


def _read(payload: str) -> dict[str, dict[str, dict[str, dict[str, int]]]]:
    try:
        read = json.loads(base64.b64decode(payload).decode())
    except (binascii.Error, UnicodeDecodeError) as error:
        raise ValueError("no payload") from error
    if not isinstance(read, dict):
        raise ValueError("no payload")
    return read


def _secret(key: bytes) -> bytes:
    return hmac.new(key, b"digest.web.altcha", hashlib.sha256).digest()


def _mac(key: bytes, purpose: str, said: str) -> str:
    mac = hmac.new(key, f"digest.web.{purpose}|{said}".encode(), hashlib.sha256).digest()[:16]
    return base64.urlsafe_b64encode(mac).rstrip(b"=").decode()


def _is(ours: str, theirs: str) -> bool:
    return hmac.compare_digest(ours.encode(), theirs.encode())

"""A mail to the unsubscribe mailbox, to whom it asks to take off which newsletter. Pure.

``List-Unsubscribe: <mailto:…?subject=NEWSLETTER.TOKEN>`` (RFC 2369): mail programs send an empty
mail with that subject. Only the token counts, never the From line: anyone can write that.
"""

from __future__ import annotations

import email.policy
import re
from collections.abc import Sequence
from dataclasses import dataclass
from email.errors import MessageError
from email.parser import BytesHeaderParser

from subscribers import tokens
from subscribers.model import SubscriberId
from subscribers.tokens import Purpose

MOST_BYTES = 256 * 1024  # the head of a mail; what follows is not looked at
_ANSWER = re.compile(
    r"^(?:(?:re|aw|fwd?|wg|sv|antw|tr|rv|ref)\s*(?:\[\d+\])?\s*:\s*)+", re.IGNORECASE
)
_TOKEN = re.compile(r"([a-z0-9-]{1,64})\.([A-Za-z0-9-]{1,64}\.[A-Za-z0-9_-]{22})")


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaves:
    """The bearer of the token wants no more of this newsletter."""

    subscriber: SubscriberId
    newsletter: str


@dataclass(frozen=True, slots=True)
class Unproven:
    """Nothing may be done by itself; ``reason`` is one sentence for the operator."""

    reason: str


Verdict = Leaves | Unproven


def verdict(ring: Sequence[bytes], mail: bytes) -> Verdict:
    """What a raw mail (RFC 5322) asks for, as far as its token proves it."""
    try:
        # Only the head: parts within parts would cost as many calls within calls.
        parser = BytesHeaderParser(policy=email.policy.default)
        message = parser.parsebytes(mail[:MOST_BYTES])
        subject = str(message.get("Subject", ""))
        automatic = str(message.get("Auto-Submitted", "no")).partition(";")[0].strip().lower()
    except (MessageError, ValueError, IndexError, LookupError):
        return Unproven("The mail's head cannot be read.")
    if automatic == "auto-replied":  # RFC 3834: an absence notice is nobody's act
        return Unproven("The mail is an automatic answer.")
    # Long subjects are folded on their way, some programs then keep the blanks.
    said = re.sub(r"\s+", "", _ANSWER.sub("", subject.strip()))
    shape = _TOKEN.fullmatch(said)
    if shape is None:
        return Unproven("The subject holds no token.")
    subscriber = tokens.proves(ring, shape[2], Purpose.UNSUBSCRIBE, shape[1])
    if subscriber is None:
        return Unproven("The token in the subject is not one of ours.")
    return Leaves(subscriber=subscriber, newsletter=shape[1])

"""The word in a link to the person and newsletter it speaks for, and back. Pure.

The word is the one that mails carry: ``NEWSLETTER.TOKEN`` (digest/deliver/postmark.py).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from digest.model import Newsletter
from subscribers import tokens
from subscribers.model import SubscriberId
from subscribers.tokens import Purpose

LONGEST = 300


@dataclass(frozen=True, slots=True)
class Bearer:
    """Whoever holds the link."""

    subscriber: SubscriberId
    newsletter: Newsletter


def bearer(
    word: str, purpose: Purpose, newsletters: Mapping[str, Newsletter], ring: Sequence[bytes]
) -> Bearer | None:
    """Whom a word speaks for; None for one that is forged, cut short or made for another act."""
    name, _, token = word[:LONGEST].partition(".")
    newsletter = newsletters.get(name)
    if newsletter is None:
        return None
    who = tokens.proves(ring, token, purpose, newsletter.id)
    return Bearer(who, newsletter) if who is not None else None


def link(bearer: Bearer, purpose: Purpose, *, base: str, key: bytes) -> str:
    """The path of a page for the same person and newsletter."""
    made = tokens.make(key, purpose, bearer.subscriber, bearer.newsletter.id)
    return f"{base}/{purpose.value}/{bearer.newsletter.id}.{made}"

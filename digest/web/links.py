"""The word in a link to the person and newsletter it speaks for, and back. Pure.

The word is the one that mails carry: ``NEWSLETTER.TOKEN`` (digest/deliver/postmark.py).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from digest.model import Newsletter, NewsletterId
from subscribers import tokens
from subscribers.model import SubscriberId
from subscribers.tokens import Purpose

LONGEST = 300
# NEWSLETTER.SUBSCRIBER.MAC, or without the first; what follows is no letter of a MAC.
_WORD = re.compile(r"((?:[^.]*\.)?[A-Za-z0-9-]{1,64}\.[A-Za-z0-9_-]{22})[^A-Za-z0-9_-]")


@dataclass(frozen=True, slots=True)
class Bearer:
    """Whoever holds the link."""

    subscriber: SubscriberId
    newsletter: Newsletter


def bearer(
    word: str, purpose: Purpose, newsletters: Mapping[str, Newsletter], ring: Sequence[bytes]
) -> Bearer | None:
    """Whom a word speaks for; None for one that is forged, cut short or made for another act."""
    newsletter, token = _read(word, newsletters)
    who = tokens.proves(ring, token, purpose, newsletter.id) if newsletter else None
    return Bearer(who, newsletter) if newsletter and who is not None else None


def former(word: str, ring: Sequence[bytes], alike: Newsletter) -> Bearer | None:
    """Whom a link to leave a newsletter speaks for that is not in the configuration any more.

    All that is known of it is its name; else it is taken for one like ``alike``.
    """
    name, token = _parted(word)
    who = tokens.proves(ring, token, Purpose.UNSUBSCRIBE, name)
    gone = replace(alike, id=NewsletterId(name), title=name, archive="off")
    return Bearer(who, gone) if who is not None else None


def named(word: str, newsletters: Mapping[str, Newsletter]) -> Newsletter | None:
    """The newsletter that a word of our shape names, proven or not; None for any other."""
    newsletter, token = _read(word, newsletters)
    return newsletter if tokens.claimed(token) else None


def _read(word: str, newsletters: Mapping[str, Newsletter]) -> tuple[Newsletter | None, str]:
    name, token = _parted(word)
    return newsletters.get(name), token


def whole(word: str) -> str:
    """A word as it was written, where a program of mail wrapped its line or put something behind.

    Some take the full stop, the bracket or the ``=0D`` after an address for a part of it.
    """
    joined = "".join(word[:LONGEST].split())
    found = _WORD.match(joined)
    return found[1] if found else joined


def _parted(word: str) -> tuple[str, str]:
    name, _, token = whole(word).partition(".")
    return name, token


def link(bearer: Bearer, purpose: Purpose, *, base: str, key: bytes) -> str:
    """The path of a page for the same person and newsletter."""
    made = tokens.make(key, purpose, bearer.subscriber, bearer.newsletter.id)
    return f"{base}/{purpose.value}/{bearer.newsletter.id}.{made}"

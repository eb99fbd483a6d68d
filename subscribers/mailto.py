"""A mail to the unsubscribe mailbox, to whom it asks to take off which newsletter. Pure.

``List-Unsubscribe: <mailto:…?subject=NEWSLETTER.TOKEN>`` (RFC 2369): mail programs send an empty
mail with that subject. Only the token counts, never the From line: anyone can write that.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from email.parser import BytesHeaderParser

from subscribers import tokens
from subscribers.answers import is_answer
from subscribers.fields import SHORT, field, keyword
from subscribers.model import SubscriberId
from subscribers.tokens import Purpose

MOST_BYTES = 64 * 1024  # the head of a mail; what follows is not looked at
LONGEST_SUBJECT = 998  # characters: a line of RFC 5322, 2.1.1
MOST_WORDS = 30  # of a subject, that a token may begin with
_BODY = re.compile(rb"\r?\n\r?\n|\r\r")
_TOKEN = re.compile(r"(?<![A-Za-z0-9-])([a-z0-9-]{1,64})\.([A-Za-z0-9-]{1,64}\.[A-Za-z0-9_-]{22})")


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
    """What a raw mail (RFC 5322) asks for, as far as its token proves it.

    The token may stand anywhere in the subject: mailing systems write before it, and people do.
    """
    head = _BODY.split(mail[:MOST_BYTES], maxsplit=1)[0]
    message = BytesHeaderParser(policy=SHORT).parsebytes(head)
    # Apple's mail programs call what their button sends an automatic reply; a person pressed it.
    is_pressed = keyword(field(message, "X-Apple-Unsubscribe")) == "true"
    if is_answer(message) and not is_pressed:
        return Unproven("The mail is an automatic answer.")
    shapes = dict.fromkeys(_shapes(field(message, "Subject")[:LONGEST_SUBJECT]))
    if not shapes:
        return Unproven("The subject holds no token.")
    for newsletter, token in shapes:
        subscriber = tokens.proves(ring, token, Purpose.UNSUBSCRIBE, newsletter)
        if subscriber is not None:
            return Leaves(subscriber=subscriber, newsletter=newsletter)
    return Unproven("The token in the subject is not one of ours.")


def _shapes(subject: str) -> Iterator[tuple[str, str]]:
    """What has the shape of a newsletter and a token, whichever word of the subject it begins in.

    Long subjects are folded on their way, and some programs keep the blanks.
    """
    words = subject.split()
    for first in range(min(len(words), MOST_WORDS)):
        if found := _TOKEN.search("".join(words[first:])):
            yield found[1], found[2]

"""A mail that came back to whom it is about: our signatures in it, else what it claims. Pure."""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from dataclasses import replace
from email.message import Message
from itertools import islice

from digest.deliver import verp
from digest.deliver.opened import MOST_BYTES, field, given_back
from digest.deliver.verdict import About
from subscribers import tokens
from subscribers.tokens import Purpose

# Where mail servers write to whom they delivered a mail.
RECIPIENTS = ("Delivered-To", "X-Original-To", "Envelope-To", "X-Envelope-To", "To")
MOST_TRIED = 20
MOST_IDS = 8
_MESSAGE_ID = re.compile(r"<([0-9a-f]{40}@[a-z0-9.-]{1,253})>", re.IGNORECASE)  # as we make them
_LINK = re.compile(r"(?<![a-z0-9-])([a-z0-9-]{1,64})\.([A-Za-z0-9-]{1,64}\.[A-Za-z0-9_-]{22})")
_ADDRESS = re.compile(r"[^\s<>;,()\"]{1,320}@[^\s<>;,()\"]{1,255}")
_UNICODE = re.compile(r"\\x\{([0-9A-Fa-f]{1,6})\}")


def about(
    ring: Sequence[bytes], mail: bytes, message: Message, *, envelope: str, claimed: str
) -> About:
    """Whom ``mail`` is about.

    ``envelope``: the address it was delivered to, where the mail server told us; ``claimed``: the
    recipient that its report names.
    """
    delivered = " ".join((envelope, *(field(message, name) for name in RECIPIENTS)))
    text = f"{mail[:MOST_BYTES].decode('latin-1')}\n{given_back(message)}"
    ids = dict.fromkeys(found[1].lower() for found in _MESSAGE_ID.finditer(text))
    return replace(
        linked(ring, text),
        ref=verp.parse(ring, delivered) or verp.parse(ring, text),
        message_ids=tuple(islice(ids, MOST_IDS)),  # the report's own may look like one of ours
        recipient=address_in(claimed),
    )


def linked(ring: Sequence[bytes], text: str) -> About:
    """Whose signed unsubscribe link stands in a text, as List-Unsubscribe has it, and for what."""
    for found in islice(_LINK.finditer(text), MOST_TRIED):
        if who := tokens.proves(ring, found[2], Purpose.UNSUBSCRIBE, found[1]):
            return About(subscriber=who, newsletter=found[1])
    return About()


def address_in(text: str) -> str:
    """The address of a field such as ``rfc822; ada@example.org``; empty where there is none.

    In one of the kind ``utf-8`` letters may be written as ``\\x{434}`` (RFC 6533, 3).
    """
    found = _ADDRESS.search(_UNICODE.sub(_letter, text[:2048]))
    return found[0].rstrip(".") if found else ""


def original(text: str) -> str:
    """``Original-Recipient`` as its sender meant it: some servers leave it in xtext (RFC 3461, 4).

    Only the two characters that must be escaped are read so: ``ada+2024@`` is an address, too.
    """
    return text.replace("+2B", "+").replace("+3D", "=")


def _letter(escape: re.Match[str]) -> str:
    code = int(escape[1], 16)
    return chr(code) if code <= sys.maxunicode and not 0xD800 <= code < 0xE000 else escape[0]

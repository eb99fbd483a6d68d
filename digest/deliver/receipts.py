"""What relays said when they took messages, sorted so that one statement keeps many. Pure.

They say nearly the same of all; their own words, often a queue id, are each message's own.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from digest.deliver import replies

_VISIBLE = bytes(range(32, 127)) + b"\n"


class Alike(NamedTuple):
    """Messages of which one relay said one enhanced code (RFC 3463; empty: none)."""

    relay: str
    enhanced: str
    texts: dict[int, str]  # by what the tray calls the message


def alike(sent: Sequence[tuple[int, bytes, str]]) -> Iterator[Alike]:
    """What was accepted (ref, the relay's line with its 250, relay), by relay and code."""
    relays = dict.fromkeys([one[2] for one in sent])
    for relay in relays:
        its = sent if len(relays) == 1 else [one for one in sent if one[2] == relay]
        refs, lines, _ = zip(*its, strict=True)
        if same := _same(lines):
            enhanced, texts = same
            yield Alike(relay, enhanced, dict(zip(refs, texts, strict=True)))
            continue
        found: dict[str, dict[int, str]] = {}
        for ref, line in zip(refs, lines, strict=True):
            enhanced, text = replies.said(line)
            found.setdefault(enhanced, {})[ref] = text
        for enhanced, some in found.items():
            yield Alike(relay, enhanced, some)


def _same(lines: Sequence[bytes]) -> tuple[str, list[str]] | None:
    """``replies.said`` of all of them at once, where they are short and have one code."""
    enhanced, _ = replies.said(lines[0])
    begun = f"250 {enhanced} ".encode()
    whole = b"\n".join(lines)
    ends = len(lines) - 1
    if not enhanced or whole.translate(None, _VISIBLE) or whole.count(b"\n") != ends:
        return None
    if not whole.startswith(begun) or whole.count(b"\n" + begun) != ends:
        return None
    if max(map(len, lines)) > replies.MAX_TEXT:
        return None
    texts = whole[len(begun) :].replace(b"\n" + begun, b"\n").decode("ascii").split("\n")
    return enhanced, list(map(str.strip, texts))

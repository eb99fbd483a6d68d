"""Claimed deliveries to messages that are ready to leave, many of one edition at once. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from itertools import repeat
from typing import Any

from digest.deliver.postmark import Postmark, Reader
from digest.deliver.transport import Outgoing
from digest.deliver.tray import Ready
from digest.deliver.verp import Ref, Sort
from digest.deliver.writer import Writer
from digest.delivery import Claimed
from digest.errors import DigestError


def written(some: Sequence[Claimed], writer: Writer, postmark: Postmark) -> list[Ready]:
    """Deliveries of the writer's edition with their messages."""
    readers = _readers(some)
    senders: list[str] = []
    if postmark.bounce_domain:
        refs = (Ref.of(Sort.ISSUE, one.id, one.due_at) for one in some)
        senders = list(map(postmark.envelope, refs))
    messages = writer.messages(readers, senders=senders, refs=[one.id for one in some])
    return _ready(some, readers, messages)


def lost(some: Sequence[Claimed], why: DigestError) -> list[Ready]:
    """Deliveries that can have no message."""
    return _ready(some, _readers(some), repeat(why))


def editions(taken: Sequence[Claimed]) -> Iterable[tuple[str, list[Claimed]]]:
    """Deliveries by the key of their edition."""
    found: dict[str, list[Claimed]] = {}
    if len({one.edition for one in taken}) == 1:  # as nearly always
        return [(taken[0].edition, list(taken))]
    for one in taken:
        found.setdefault(one.edition, []).append(one)
    return found.items()


# Their own way to be made takes twice as long, and there are thousands a second.
_A_READER: Callable[[tuple[Any, ...]], Reader] = partial(tuple.__new__, Reader)
_A_READY: Callable[[tuple[Any, ...]], Ready] = partial(tuple.__new__, Ready)


def _readers(some: Sequence[Claimed]) -> list[Reader]:
    _, who, _, _, addresses, names, due, _ = zip(*some, strict=True)
    return list(map(_A_READER, zip(who, addresses, names, due, strict=True)))


def _ready(
    some: Sequence[Claimed], readers: Sequence[Reader], messages: Iterable[Outgoing | DigestError]
) -> list[Ready]:
    ids, _, _, attempts, addresses, _, _, expires = zip(*some, strict=True)
    # Where none could be written, one reason has no end.
    rows = zip(ids, attempts, expires, addresses, readers, messages, strict=False)
    return list(map(_A_READY, rows))

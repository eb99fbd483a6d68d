"""Claimed deliveries to messages that are ready to leave, many of one edition at once. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from itertools import repeat
from typing import Any

from digest.deliver.postmark import Postmark
from digest.deliver.transport import Outgoing
from digest.deliver.tray import Ready
from digest.deliver.verp import Ref, Sort
from digest.deliver.writer import Writer
from digest.delivery import Claimed
from digest.errors import DigestError

# A NamedTuple's own way to be made takes twice as long, and there are thousands a second.
_A_READY: Callable[[tuple[Any, ...]], Ready] = partial(tuple.__new__, Ready)


def written(some: Claimed, writer: Writer, postmark: Postmark) -> list[Ready]:
    """Deliveries of the writer's edition with their messages."""
    senders: list[str] = []
    if postmark.bounce_domain:
        refs = map(partial(Ref.of, Sort.ISSUE), some.ids, some.due_at)
        senders = list(map(postmark.envelope, refs))
    messages = writer.columns(
        some.subscribers,
        some.addresses,
        some.names,
        some.due_at,
        senders=senders,
        refs=some.ids,
    )
    return _ready(some, messages)


def lost(some: Claimed, why: DigestError) -> list[Ready]:
    """Deliveries that can have no message."""
    return _ready(some, repeat(why))


def editions(taken: Claimed) -> Iterator[tuple[str, Claimed]]:
    """Deliveries by the key of their edition."""
    keys = dict.fromkeys(taken.editions)
    for key in keys:
        if len(keys) == 1:  # as nearly always
            yield key, taken
        else:
            yield key, taken.only([one == key for one in taken.editions])


def _ready(some: Claimed, messages: Iterable[Outgoing | DigestError]) -> list[Ready]:
    # Where none could be written, one reason has no end.
    rows = zip(some.ids, some.addresses, some.subscribers, messages, strict=False)
    return list(map(_A_READY, rows))

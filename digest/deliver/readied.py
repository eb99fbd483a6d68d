"""Claimed deliveries to messages that are ready to leave, many of one edition at once. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from digest.deliver.postmark import Postmark
from digest.deliver.transport import Outgoing
from digest.deliver.tray import Ready, Unwritten
from digest.deliver.verp import Ref, Sort
from digest.deliver.writer import Writer
from digest.delivery import Claimed
from digest.errors import DigestError


def written(some: Claimed, writer: Writer, postmark: Postmark) -> list[Outgoing]:
    """Deliveries of the writer's edition with their messages."""
    senders: list[str] = []
    if postmark.bounce_domain:
        refs = map(partial(Ref.of, Sort.ISSUE), some.ids, some.due_at)
        senders = list(map(postmark.envelope, refs))
    return writer.columns(
        some.subscribers,
        some.addresses,
        some.names,
        some.due_at,
        senders=senders,
        refs=some.ids,
    )


def lost(some: Claimed, why: DigestError) -> list[Ready]:
    """Deliveries that can have no message."""
    rows = zip(some.ids, some.addresses, some.subscribers, strict=True)
    return [Unwritten(*row, why) for row in rows]


def editions(taken: Claimed) -> Iterator[tuple[str, Claimed]]:
    """Deliveries by the key of their edition."""
    keys = dict.fromkeys(taken.editions)
    for key in keys:
        if len(keys) == 1:  # as nearly always
            yield key, taken
        else:
            yield key, taken.only([one == key for one in taken.editions])

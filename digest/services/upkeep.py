"""Keeping house: what is older than it is kept goes, a batch at a time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import TypeVar

from sqlalchemy import Connection

from digest.clock import Clock
from digest.storage import retention
from digest.storage.batches import Batch
from digest.storage.database import Store
from digest.storage.options import Keep
from digest.storage.retention import Old

Key = TypeVar("Key", int, str)

NOTHING = Old(deliveries=0, letters=0, texts=0, originals=0)


async def foresee(store: Store, keep: Keep, *, clock: Clock) -> Old:
    """What ``prune`` would let go of; nothing is changed."""
    now = clock()
    return await store.read(
        retention.count,
        deliveries_by=_before(now, keep.deliveries_days),
        letters_by=_before(now, keep.letters_days),
        texts_by=_before(now, keep.texts_days),
        originals_by=_before(now, keep.originals_days),
    )


async def prune(store: Store, keep: Keep, *, clock: Clock) -> Old:
    """Let go of what is too old. Stopped half way, the next run goes on where it was."""
    now = clock()
    letters_by = _before(now, keep.letters_days)
    texts_by = _before(now, keep.texts_days)
    originals_by = _before(now, keep.originals_days)
    deliveries = 0
    for issue in await store.read(retention.finished, _before(now, keep.deliveries_days)):
        deliveries += await _rolled_up(store, issue)
    return Old(
        deliveries=deliveries,
        letters=await _all(store, retention.old_letters, retention.drop_letters, letters_by, 0),
        texts=await _all(store, retention.old_texts, retention.empty_texts, texts_by, ""),
        originals=await _all(
            store, retention.old_originals, retention.empty_originals, originals_by, 0
        ),
    )


async def _rolled_up(store: Store, issue: int) -> int:
    total, batch = 0, Batch(retention.BATCH)

    def change(tx: Connection) -> int:
        return batch.run(partial(retention.roll_up, tx, issue))

    while gone := await store.write(change):
        total += gone
        await store.catch_up()
    return total


async def _all(
    store: Store,
    find: Callable[[Connection, datetime, Key], list[Key]],
    change: Callable[[Connection, Sequence[Key], datetime], int],
    before: datetime,
    after: Key,
) -> int:
    """``change`` all that ``find`` finds behind ``after``; how many rows that were."""
    total, batch = 0, Batch(retention.BATCH)

    def some(tx: Connection, keys: Sequence[Key]) -> int:
        return batch.run(lambda _: change(tx, keys, before))

    while found := await store.read(find, before, after):
        after = found[-1]
        while found:
            keys, found = found[: batch.size], found[batch.size :]
            total += await store.write(some, keys)
            await store.catch_up()
    return total


def _before(now: datetime, days: int) -> datetime:
    return now - timedelta(days=days)

"""Keeping house: what is older than it is kept goes, a batch at a time."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy import Connection

from digest.clock import Clock
from digest.storage import retention
from digest.storage.database import Store
from digest.storage.options import Keep
from digest.storage.retention import Old

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
    deliveries = 0
    for issue in await store.read(retention.finished, _before(now, keep.deliveries_days)):
        while gone := await store.write(retention.roll_up, issue):
            deliveries += gone
    return Old(
        deliveries=deliveries,
        letters=await _all(store, retention.drop_letters, _before(now, keep.letters_days)),
        texts=await _all(store, retention.empty_texts, _before(now, keep.texts_days)),
        originals=await _all(store, retention.empty_originals, _before(now, keep.originals_days)),
    )


async def _all(store: Store, batch: Callable[[Connection, datetime], int], before: datetime) -> int:
    total = 0
    while gone := await store.write(batch, before):
        total += gone
    return total


def _before(now: datetime, days: int) -> datetime:
    return now - timedelta(days=days)

"""A change of very many rows, batch after batch: whoever else writes waits for one of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Concatenate, ParamSpec

from sqlalchemy import Connection

from digest.storage.database import Store

P = ParamSpec("P")


async def until_none(
    store: Store,
    change: Callable[Concatenate[Connection, P], int],
    *args: P.args,
    **kwargs: P.kwargs,
) -> int:
    """Run ``change``, each time durably, until it says that it changed none; how many in all.

    Stopped in between, what was changed is kept.
    """
    total = 0
    while some := await store.write(change, *args, **kwargs):
        total += some
        await store.catch_up()
    return total

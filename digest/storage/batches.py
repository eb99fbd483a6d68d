"""A change of very many rows, batch after batch: whoever else writes waits for one of them."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Concatenate, ParamSpec

from sqlalchemy import Connection

from digest.storage.database import Store

P = ParamSpec("P")

AIM = 0.02  # seconds that a batch may take: a join waits for it, and for the disk
LEAST = 100  # rows: fewer cost more to ask for than to write


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


class Batch:
    """``size``: how many rows to change in one go, at most ``most``; fewer where they take long.

    On a slow machine, or one that does much else, whoever waits for a batch then waits no longer.
    """

    def __init__(self, most: int, *, timer: Callable[[], float] = time.perf_counter) -> None:
        self._most = self.size = most
        self._timer = timer

    def run(self, change: Callable[[int], int]) -> int:
        """``change(size)``; the next size is by how long it took."""
        began = self._timer()
        done = change(self.size)
        took = self._timer() - began
        fits = int(self.size * AIM / took) if took > 0 else self._most
        # It grows by and by: one that was quick says little of the next.
        self.size = min(self._most, max(LEAST, min(fits, self.size * 5 // 4)))
        return done

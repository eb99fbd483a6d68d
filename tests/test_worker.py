"""Beside its sending a worker finishes what others left half released."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace

from digest import worker
from digest.errors import Temporary


async def test_it_looks_again_and_again_for_releases_that_were_cut_short(monkeypatch):
    looks, thrice = [], asyncio.Event()

    async def finish(store, *, clock):
        looks.append((store, clock))
        if len(looks) == 1:
            raise Temporary("the database is locked")
        if len(looks) == 3:
            thrice.set()

    monkeypatch.setattr(worker.release, "finish", finish)

    async with asyncio.timeout(10), worker._finishing(SimpleNamespace(store=1, clock=2), every=0):
        await thrice.wait()

    seen = len(looks)
    await asyncio.sleep(0)
    assert looks == [(1, 2)] * seen

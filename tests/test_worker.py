"""What a worker hears, and what it leaves alone."""

from __future__ import annotations

import asyncio
import os
import signal
from types import SimpleNamespace

import pytest

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


@pytest.fixture
def hangup():
    before = signal.getsignal(signal.SIGHUP)
    yield lambda handler: signal.signal(signal.SIGHUP, handler)
    signal.signal(signal.SIGHUP, before)


async def heard() -> bool:
    """Whether SIGHUP reached it, once SIGTERM has."""
    told, over = [], asyncio.Event()
    with worker.listening() as ears:
        os.kill(os.getpid(), signal.SIGHUP)
        for _ in range(3):
            await asyncio.sleep(0)
        told.append(ears.told())
        ears.then(over.set)
        os.kill(os.getpid(), signal.SIGTERM)
        await asyncio.wait_for(over.wait(), 10)
    return told[0]


def test_a_hangup_is_heard_as_the_word_to_stop(hangup):
    hangup(signal.SIG_DFL)

    assert asyncio.run(heard())
    assert signal.getsignal(signal.SIGHUP) is signal.SIG_DFL


def test_who_was_started_by_nohup_outlives_the_terminal(hangup):
    hangup(signal.SIG_IGN)

    assert not asyncio.run(heard())
    assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN

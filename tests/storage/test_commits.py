from __future__ import annotations

import asyncio
import os
import sqlite3
import threading
from pathlib import Path

import pytest
from sqlalchemy import Connection, text

from digest.errors import DigestError
from digest.storage.database import Store


@pytest.fixture
async def store(tmp_path: Path):
    made = await Store.open(f"sqlite:///{tmp_path / 'digest.db'}")
    await made.write(lambda tx: tx.execute(text("CREATE TABLE said (word TEXT UNIQUE)")) and None)
    yield made
    await made.close()


def _say(tx: Connection, word: str) -> str:
    tx.execute(text("INSERT INTO said VALUES (:word)"), {"word": word})
    return word


def _words(tx: Connection) -> list[str]:
    return list(tx.scalars(text("SELECT word FROM said ORDER BY rowid")))


class _Held:
    """A change that keeps the writer busy until it is let go, so that others wait together."""

    def __init__(self) -> None:
        self.begun = threading.Event()
        self.go = threading.Event()

    def __call__(self, tx: Connection) -> None:
        self.begun.set()
        assert self.go.wait(30)


async def _together(store: Store, *changes: object) -> list[object]:
    held = _Held()
    first = asyncio.create_task(store.write(held))
    await asyncio.to_thread(held.begun.wait, 30)
    waiting = [asyncio.create_task(store.write(change)) for change in changes]  # type: ignore[arg-type]  # -- any callable will do here
    await asyncio.sleep(0)
    held.go.set()
    await first
    return await asyncio.gather(*waiting, return_exceptions=True)


async def test_changes_that_wait_together_are_answered_each_with_its_own(store: Store):
    got = await _together(store, *(lambda tx, w=w: _say(tx, w) for w in "abc"))

    assert got == ["a", "b", "c"]
    assert await store.read(_words) == ["a", "b", "c"]


@pytest.mark.skipif(not hasattr(os, "SCHED_BATCH"), reason="Linux alone has SCHED_BATCH")
async def test_the_thread_that_commits_pushes_nobody_aside_and_only_that_one(store: Store):
    assert await store.write(lambda _: os.sched_getscheduler(0)) == os.SCHED_BATCH
    assert await store.read(lambda _: os.sched_getscheduler(0)) == os.SCHED_OTHER


async def test_changes_that_wait_together_share_one_commit(store: Store):
    watching = sqlite3.connect(store.place, check_same_thread=False)
    seen: list[int] = []

    def say(tx: Connection, word: str) -> None:
        _say(tx, word)
        seen.append(watching.execute("SELECT count(*) FROM said").fetchone()[0])

    await _together(store, *(lambda tx, w=w: say(tx, w) for w in "abc"))
    watching.close()

    assert seen == [0, 0, 0]  # nobody else saw "a" while "c" was still to come


async def test_a_change_that_fails_takes_back_its_own_and_nobody_elses(store: Store):
    def half(tx: Connection) -> None:
        _say(tx, "half")
        raise ZeroDivisionError

    got = await _together(
        store, lambda tx: _say(tx, "a"), half, lambda tx: _say(tx, "a"), lambda tx: _say(tx, "b")
    )

    assert got[0] == "a"
    assert isinstance(got[1], ZeroDivisionError)
    assert isinstance(got[2], DigestError)
    assert got[3] == "b"
    assert await store.read(_words) == ["a", "b"]


async def test_where_the_database_takes_everything_back_nobody_is_told_that_it_is_kept(
    store: Store,
):
    def broken(tx: Connection) -> None:
        tx.execute(text("INSERT OR ROLLBACK INTO said VALUES ('a')"))

    got = await _together(store, lambda tx: _say(tx, "a"), broken, lambda tx: _say(tx, "b"))

    assert all(isinstance(one, DigestError) for one in got)
    assert await store.read(_words) == []
    assert await store.write(_say, "later") == "later"


async def test_a_change_given_up_before_its_turn_never_runs(store: Store):
    held = _Held()
    first = asyncio.create_task(store.write(held))
    await asyncio.to_thread(held.begun.wait, 30)
    given_up = asyncio.create_task(store.write(_say, "never"))
    await asyncio.sleep(0)
    given_up.cancel()
    await asyncio.gather(given_up, return_exceptions=True)
    held.go.set()
    await first

    assert await store.write(_say, "after") == "after"
    assert await store.read(_words) == ["after"]

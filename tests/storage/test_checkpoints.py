"""The log is copied back while others write, and trouble with it troubles nobody."""

from __future__ import annotations

import sqlite3

from sqlalchemy import text

from digest.storage import checkpoints
from digest.storage.checkpoints import Checkpoints
from digest.storage.database import Store


async def test_a_log_that_has_grown_is_copied_back_while_the_store_is_open(tmp_path, monkeypatch):
    monkeypatch.setattr(checkpoints, "ENOUGH", 1)
    monkeypatch.setattr(checkpoints, "PAUSE", 0.0)
    file = tmp_path / "digest.db"
    store = await Store.open(f"sqlite:///{file}")
    before = file.stat().st_size

    def grow(tx):
        tx.execute(text("create table if not exists heap (word text)"))
        tx.execute(text("insert into heap values (:word)"), {"word": "x" * 500_000})

    for _ in range(3):
        await store.write(grow)
    running = store._checkpoints._running
    assert running is not None
    running.result(timeout=30)

    assert file.stat().st_size > before
    await store.close()
    assert not (tmp_path / "digest.db-wal").exists()
    with sqlite3.connect(file) as kept:
        assert kept.execute("select count(*), sum(length(word)) from heap").fetchone() == (
            3,
            1_500_000,
        )


async def test_who_writes_much_waits_for_the_log_and_it_is_begun_anew(tmp_path, monkeypatch):
    monkeypatch.setattr(checkpoints, "LARGE", 1_000_000)
    monkeypatch.setattr(checkpoints, "ENOUGH", 1_000_000_000)
    store = await Store.open(f"sqlite:///{tmp_path / 'digest.db'}")
    log = tmp_path / "digest.db-wal"

    def grow(tx):
        tx.execute(text("create table if not exists heap (word text)"))
        tx.execute(text("insert into heap values (:word)"), {"word": "x" * 500_000})

    sizes = []
    for _ in range(9):
        await store.write(grow)
        sizes.append(log.stat().st_size)
        await store.catch_up()
    await store.close()

    assert max(sizes) < 2_500_000


def test_a_small_log_a_missing_one_and_a_broken_file_are_let_be(tmp_path):
    file = tmp_path / "digest.db"
    looks = Checkpoints(file)
    looks.look()
    assert looks._running is None
    file.write_bytes(b"no database at all, and longer than a header " * 100)

    looks._copy()

    looks.close()
    assert file.read_bytes().startswith(b"no database")

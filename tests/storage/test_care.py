import asyncio
import shutil
import sqlite3

import pytest

from digest.errors import Misconfigured, Permanent
from digest.storage import articles, care, migrate
from digest.storage.database import Store
from tests.builders import an_article


async def test_info_names_the_schema_the_size_and_the_rows(store, url):
    await store.write(articles.save, an_article())

    found = await care.info(url)

    assert found.revision == found.head
    assert found.dialect == store.dialect
    assert found.size_bytes > 10_000
    assert found.rows["articles"] == 1
    assert found.rows["issues"] == 0


async def test_info_of_a_database_that_is_not_there_says_how_it_is_made(tmp_path):
    with pytest.raises(Misconfigured, match="does not exist yet"):
        await care.info(f"sqlite:///{tmp_path / 'digest.db'}")


async def test_upgrade_says_where_the_schema_is_now(url):
    assert await care.upgrade(url) == migrate.HEAD


async def test_a_backup_taken_while_in_use_is_a_whole_database(tmp_path):
    store = await Store.open(f"sqlite:///{tmp_path / 'digest.db'}")
    await store.write(articles.save, an_article())

    await care.backup(f"sqlite:///{tmp_path / 'digest.db'}", tmp_path / "backups" / "one.db")

    copy = await Store.open_read_only(f"sqlite:///{tmp_path / 'backups' / 'one.db'}")
    assert await copy.read(articles.by_url, an_article().url) == an_article()
    assert (tmp_path / "backups" / "one.db").stat().st_mode & 0o777 == 0o600
    await copy.close()
    await store.close()


async def test_a_backup_never_overwrites_and_never_leaves_a_half(tmp_path):
    url = f"sqlite:///{tmp_path / 'digest.db'}"
    with pytest.raises(Misconfigured, match="nothing to back up"):
        await care.backup(url, tmp_path / "one.db")
    await (await Store.open(url)).close()
    (tmp_path / "one.db").write_text("mine")
    (tmp_path / "file").write_text("in the way")

    with pytest.raises(Misconfigured, match="exists already"):
        await care.backup(url, tmp_path / "one.db")
    with pytest.raises(Misconfigured, match="cannot be written"):
        await care.backup(url, tmp_path / "file" / "one.db")

    assert (tmp_path / "one.db").read_text() == "mine"


async def test_a_damaged_database_is_not_backed_up(tmp_path):
    (tmp_path / "digest.db").write_bytes(b"no database" * 500)

    with pytest.raises(Permanent, match=r"digest\.db is damaged"):
        await care.backup(f"sqlite:///{tmp_path / 'digest.db'}", tmp_path / "one.db")

    assert not (tmp_path / "one.db").exists()
    assert not (tmp_path / "one.db.part").exists()


async def test_a_database_that_breaks_half_way_is_named_and_not_its_copy(tmp_path):
    path = tmp_path / "digest.db"
    await (await Store.open(f"sqlite:///{path}")).close()
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])

    with pytest.raises(Permanent, match=r"digest\.db is damaged"):
        await care.backup(f"sqlite:///{path}", tmp_path / "one.db")

    assert not (tmp_path / "one.db.part").exists()


async def test_postgresql_is_backed_up_by_its_own_tool():
    with pytest.raises(Misconfigured, match="pg_dump"):
        await care.backup("postgresql://localhost/x", "x")


async def test_a_backup_taken_while_others_write_restores_to_a_whole_and_consistent_database(
    tmp_path,
):
    path = tmp_path / "digest.db"
    store = await Store.open(f"sqlite:///{path}")
    stop = asyncio.Event()

    async def write():
        number = 0
        while not stop.is_set():
            await store.write(articles.save, an_article(f"https://herald.example/{number}"))
            number += 1
        return number

    writing = asyncio.create_task(write())
    while not await store.read(articles.by_url, "https://herald.example/20"):
        pass
    await care.backup(f"sqlite:///{path}", tmp_path / "backup.db")
    stop.set()
    written = await writing
    await store.close()

    # The machine is lost; the backup takes its place.
    for left in tmp_path.glob("digest.db*"):
        left.unlink()
    shutil.copy(tmp_path / "backup.db", path)

    with sqlite3.connect(path) as tx:
        assert tx.execute("pragma integrity_check").fetchall() == [("ok",)]
        assert tx.execute("pragma foreign_key_check").fetchall() == []
    restored = await Store.open(f"sqlite:///{path}")
    found = (await care.info(f"sqlite:///{path}")).rows["articles"]
    assert 21 <= found <= written
    for number in range(found):  # everything up to the moment of the backup, without a hole
        assert await restored.read(articles.by_url, f"https://herald.example/{number}")
    await restored.write(articles.save, an_article("https://herald.example/after"))
    await restored.close()

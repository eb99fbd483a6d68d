import asyncio
import hashlib
import multiprocessing
import re
import sqlite3
import sys
import tomllib
from pathlib import Path

import pytest
from sqlalchemy import make_url, text

from digest.errors import Misconfigured, Permanent, Temporary
from digest.storage import articles, database, postgres, sources
from digest.storage.database import Store
from digest.storage.trouble import said
from tests.builders import an_article
from tests.storage.test_sources import VISIT

ROOT = Path(__file__).parents[2]


def hashes(folder):
    return {p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in folder.glob("digest.db*")}


async def test_a_change_that_fails_leaves_nothing_behind(store):
    def half(tx):
        articles.save(tx, an_article())
        raise Permanent("changed my mind")

    with pytest.raises(Permanent, match="changed my mind"):
        await store.write(half)

    assert await store.read(articles.search, (), 10) == []


def test_a_driver_that_is_missing_is_told_with_the_command_that_brings_it():
    with pytest.raises(Misconfigured) as told:
        postgres.engine(make_url("postgresql+absent://here/digest"), write=True, connections=1)

    python, wanted = re.fullmatch(r".*: (\S+) -m pip install '(.+)'", str(told.value)).groups()
    assert python == sys.executable
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert [wanted] == extras["optional-dependencies"]["postgres"]


async def test_what_was_written_is_there_when_opened_again(empty):
    first = await Store.open(empty)
    await first.write(articles.save, an_article())
    await first.close()

    again = await Store.open(empty)
    assert await again.read(articles.by_url, an_article().url) == an_article()
    await again.close()


async def test_a_reader_may_look_but_not_write(url):
    writer = await Store.open(url)
    await writer.write(sources.remember, VISIT)

    reader = await Store.open_read_only(url)
    assert await reader.read(sources.visits) == {VISIT.source: VISIT}
    with pytest.raises(Permanent, match="opened to read only"):
        await reader.write(sources.wake, [VISIT.source])
    with pytest.raises((Misconfigured, Permanent)):
        await reader.read(sources.wake, [VISIT.source])

    await reader.close()
    await writer.close()


async def test_a_database_that_does_not_exist_is_not_made_by_looking(tmp_path):
    assert await Store.open_read_only(f"sqlite:///{tmp_path / 'digest.db'}") is None
    assert list(tmp_path.iterdir()) == []


async def test_looking_changes_no_byte_while_somebody_writes(tmp_path):
    url = f"sqlite:///{tmp_path / 'digest.db'}"
    writer = await Store.open(url)
    await writer.write(articles.save, an_article())
    before = hashes(tmp_path)
    assert before["digest.db-wal"]

    reader = await Store.open_read_only(url)
    await reader.read(articles.search, (), 10)
    await reader.close()

    after = hashes(tmp_path)
    assert (after["digest.db"], after["digest.db-wal"]) == (
        before["digest.db"],
        before["digest.db-wal"],
    )
    await writer.close()


async def test_looking_leaves_no_file_behind_where_nobody_writes(tmp_path):
    url = f"sqlite:///{tmp_path / 'digest.db'}"
    writer = await Store.open(url)
    await writer.write(articles.save, an_article())
    await writer.close()
    before = hashes(tmp_path)

    reader = await Store.open_read_only(url)
    await reader.read(articles.search, (), 10)
    await reader.close()

    assert hashes(tmp_path) == before == {"digest.db": before["digest.db"]}


async def test_a_reader_notices_when_somebody_begins_to_write(tmp_path):
    url = f"sqlite:///{tmp_path / 'digest.db'}"
    await (await Store.open(url)).close()
    reader = await Store.open_read_only(url)

    writer = await Store.open(url)
    await writer.write(articles.save, an_article())

    assert await reader.read(articles.by_url, an_article().url) == an_article()
    await reader.close()
    await writer.close()


async def test_an_old_schema_is_said_and_not_upgraded_by_looking(url):
    store = await Store.open(url)
    await store.write(lambda tx: tx.execute(text("update alembic_version set version_num='0000'")))
    await store.close()

    with pytest.raises(Misconfigured, match=r"old schema .* run `digest db upgrade`"):
        await Store.open_read_only(url)


async def test_a_schema_from_the_future_is_refused(url):
    store = await Store.open(url)
    await store.write(lambda tx: tx.execute(text("update alembic_version set version_num='9999'")))
    await store.close()

    with pytest.raises(Misconfigured, match="newer than this program"):
        await Store.open(url)
    with pytest.raises(Misconfigured, match="newer than this program"):
        await Store.open_read_only(url)


def write_many(url, who, rounds):
    async def work():
        store = await Store.open(url)
        for n in range(rounds):
            await store.write(articles.save, an_article(f"https://{who}.example/{n}"))
        await store.close()

    asyncio.run(work())


def test_processes_that_open_a_fresh_file_and_write_at_once_lose_nothing(tmp_path):
    url = f"sqlite:///{tmp_path / 'digest.db'}"
    context = multiprocessing.get_context("spawn")
    processes = [context.Process(target=write_many, args=(url, who, 40)) for who in "abc"]
    for process in processes:
        process.start()
    for process in processes:
        process.join(60)

    assert [process.exitcode for process in processes] == [0, 0, 0]
    connection = sqlite3.connect(tmp_path / "digest.db")
    assert connection.execute("select count(*) from articles").fetchone() == (120,)
    assert connection.execute("pragma integrity_check").fetchone() == ("ok",)
    connection.close()


async def test_concurrent_writes_of_one_process_are_kept_in_full(store):
    await asyncio.gather(
        *(store.write(articles.save, an_article(f"https://a.example/{n}")) for n in range(30))
    )

    assert len(await store.read(articles.search, (), 100)) == 30


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("mysql://localhost/x", "speaks sqlite and postgresql"),
        ("digest.db", "is no database URL"),
        ("sqlite://", "names no file"),
        ("postgresql://digest@[::1/digest", "is no database URL"),
    ],
)
def test_a_database_we_do_not_speak_is_named_with_its_cure(url, words):
    with pytest.raises(Misconfigured, match=words):
        database.parse(url)


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://ada:hunter2@db.example/digest",
        "postgresql://ada@db.example/digest?password=hunter2&sslmode=require",
        "postgresql://ada@db.example/digest?sslpassword=hunter2",
    ],
)
def test_a_password_is_never_shown(url):
    from digest.storage.trouble import place

    assert "hunter2" not in place(database.parse(url))


async def test_a_file_that_is_no_database_is_said_to_be_damaged(tmp_path):
    (tmp_path / "digest.db").write_bytes(b"this is no database, whatever its name says" * 100)

    with pytest.raises(Permanent, match="damaged or no database; restore a backup"):
        await Store.open(f"sqlite:///{tmp_path / 'digest.db'}")


async def test_a_folder_that_cannot_be_made_is_named(tmp_path):
    (tmp_path / "file").write_text("in the way")

    with pytest.raises(Misconfigured, match="cannot be made"):
        await Store.open(f"sqlite:///{tmp_path / 'file' / 'digest.db'}")


async def test_a_path_with_strange_characters_is_opened_as_it_is(tmp_path):
    folder = tmp_path / "50% off #1"
    store = await Store.open(f"sqlite:///{folder / 'digest.db'}")
    await store.close()

    assert (folder / "digest.db").exists()


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        ("database is locked", Temporary),
        ("database or disk is full", Temporary),
        ("attempt to write a readonly database", Misconfigured),
        ("unable to open database file", Misconfigured),
        ("database disk image is malformed", Permanent),
        ("disk I/O error", Temporary),
        ("something else", Permanent),
    ],
)
def test_every_trouble_of_a_driver_becomes_one_of_ours_that_names_the_database(words, kind):
    error = said(sqlite3.OperationalError(words), "digest.db")

    assert type(error) is kind
    assert "digest.db" in str(error)


async def test_a_file_that_is_put_in_the_place_of_an_open_one_is_neither_read_nor_lost(tmp_path):
    url = f"sqlite:///{tmp_path}/digest.db"
    store = await Store.open(url)
    await store.write(articles.save, an_article())
    other = await Store.open(f"sqlite:///{tmp_path}/backup.db")
    await other.close()

    (tmp_path / "backup.db").replace(tmp_path / "digest.db")

    for asked in (store.write(articles.save, an_article()), store.read(articles.search, (), 10)):
        with pytest.raises(Permanent, match="is not the file that was opened"):
            await asked
    await store.close()
    again = await Store.open(url)
    assert await again.read(articles.search, (), 10) == []
    await again.close()


async def test_an_open_file_that_is_gone_takes_nothing_that_would_be_lost(tmp_path):
    store = await Store.open(f"sqlite:///{tmp_path}/digest.db")
    (tmp_path / "digest.db").unlink()

    with pytest.raises(Misconfigured, match="cannot be opened"):
        await store.write(articles.save, an_article())

    await store.close()


async def test_a_full_disk_loses_nothing_that_was_kept(tmp_path):
    url = f"sqlite:///{tmp_path / 'digest.db'}"
    store = await Store.open(url)
    await store.write(articles.save, an_article())

    def fill(tx):
        pages = tx.exec_driver_sql("pragma page_count").scalar()
        tx.exec_driver_sql(f"pragma max_page_count={pages}")
        for n in range(1000):
            articles.save(tx, an_article(f"https://full.example/{n}", text="x" * 5000))

    with pytest.raises(Temporary, match="disk is full"):
        await store.write(fill)

    assert len(await store.read(articles.search, (), 10)) == 1
    await store.close()


async def test_what_is_deleted_is_gone_from_the_file_whatever_way_sqlite_was_built(
    tmp_path, monkeypatch
):
    connect = sqlite3.connect

    def built_otherwise(*args, **given):
        made = connect(*args, **given)
        made.execute("pragma secure_delete=off")
        return made

    monkeypatch.setattr(sqlite3, "connect", built_otherwise)
    store = await Store.open(f"sqlite:///{tmp_path / 'digest.db'}")
    await store.write(articles.save, an_article(title="Nobody's business"))
    await store.write(lambda tx: tx.execute(text("delete from articles")))
    await store.close()

    assert b"Nobody's business" not in (tmp_path / "digest.db").read_bytes()

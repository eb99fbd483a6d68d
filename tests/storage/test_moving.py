"""A whole SQLite database into a real PostgreSQL."""

import asyncio
import contextlib
import json
import multiprocessing as mp
import sqlite3
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import select

from digest.cli import digest
from digest.errors import Misconfigured, Permanent, Temporary
from digest.storage import agenda, articles, issues
from digest.storage.agenda import Miss
from digest.storage.database import Store
from digest.storage.moving import sqlite_to_postgres
from digest.storage.postal import metadata
from digest.storage.schema import articles as articles_table
from tests import planted
from tests.builders import NOW, an_article, an_issue
from tests.postgres import for_one_test, its_name, set_otherwise, think
from tests.storage import ledger
from tests.storage.test_people import person, to


def unheard(table, rows):
    pass


@pytest.fixture
def target(pg):
    with for_one_test(pg) as made:
        yield made


@pytest.fixture
async def source(tmp_path):
    path = tmp_path / "digest.db"
    store = await Store.open(f"sqlite:///{path}")
    for n in range(3):
        await store.write(articles.save, an_article(f"https://herald.example/{n}", tags=("a", "ü")))
    await store.write(issues.freeze, an_issue(), (), state="released", at=NOW)
    await store.write(planted.reader, person("ada"), to("ada"))
    why = {"newsletter": "daily", "cadence": "daily", "due": NOW, "at": NOW, "kind": "failed"}
    misses = [
        Miss(**why, period="2026-11-20", reason="it could not be made: no theme", again=NOW),
        Miss(**why, period="2026-11-21", reason="the editor kept it back"),
    ]
    await store.write(agenda.miss, misses)
    number = await store.write(ledger.released, "grace", "edsger", period="2026-11-22")
    await store.write(ledger.claim, "a" * 32, issue=number, limit=1)
    await store.close()
    return path


async def everything(url):
    """All rows of all tables, as our own types."""
    store = await Store.open(url)
    try:
        return await store.read(
            lambda tx: {
                table.name: sorted(map(repr, tx.execute(select(table)).all()))
                for table in metadata.sorted_tables
            }
        )
    finally:
        await store.close()


async def test_every_row_arrives_as_it_was_and_the_ids_go_on(source, target):
    told = []

    counts = await sqlite_to_postgres(source, target, told=lambda *one: told.append(one))

    assert await everything(target) == await everything(f"sqlite:///{source}")
    assert counts["articles"] == 3
    assert told == list(counts.items())
    assert min(counts["issues"], counts["told"], counts["subscribers"]) >= 1
    assert (counts["deliveries"], counts["delivery_claims"], counts["issue_due"]) == (3, 1, 1)
    store = await Store.open(target)
    second = await store.write(
        issues.freeze, an_issue(period="2026-11-25"), (), state="released", at=NOW
    )
    await store.close()
    assert second == 3


async def test_a_target_that_holds_anything_is_refused_and_left_alone(source, target):
    store = await Store.open(target)
    await store.write(articles.save, an_article("https://herald.example/mine"))
    await store.close()
    before = await everything(target)

    with pytest.raises(Misconfigured, match=r"is not empty \(articles has rows\)"):
        await sqlite_to_postgres(source, target, told=unheard)

    assert await everything(target) == before


async def test_a_row_that_cannot_arrive_leaves_the_target_empty(source, target):
    with sqlite3.connect(source) as tx:
        tx.execute("update articles set language = 'much too long for its column'")

    with pytest.raises(Permanent, match="value too long"):
        await sqlite_to_postgres(source, target, told=unheard)

    assert not any((await everything(target)).values())


async def test_however_long_it_thinks_no_timeout_of_the_role_ends_it(source, target):
    set_otherwise(target, "idle_in_transaction_session_timeout = '200ms'")

    thought = []

    await sqlite_to_postgres(
        source, target, told=lambda *_: thought or thought.append(think(target))
    )

    assert await everything(target) == await everything(f"sqlite:///{source}")


async def test_a_nul_that_only_sqlite_keeps_is_taken_out(source, target):
    with sqlite3.connect(source) as tx:
        tx.execute("update articles set title = 'a' || char(0) || 'b'")

    await sqlite_to_postgres(source, target, told=unheard)

    store = await Store.open(target)
    titles = await store.read(lambda tx: set(tx.scalars(select(articles_table.c.title))))
    await store.close()
    assert titles == {"ab"}


async def test_nobody_can_write_to_the_source_while_it_is_copied(source, target):
    writer = sqlite3.connect(source, timeout=0, check_same_thread=False)
    refused = []

    def told(table, rows):
        try:
            writer.execute("delete from articles")
        except sqlite3.OperationalError as error:
            refused.append(str(error))

    counts = await sqlite_to_postgres(source, target, told=told)

    writer.close()
    assert refused == ["database is locked"] * len(counts)


def hold(path, told):
    with contextlib.closing(sqlite3.connect(path)) as held:
        held.execute("select count(*) from articles").fetchone()
        told.send("open")
        told.recv()


async def test_a_source_that_another_process_has_open_is_refused(source, target):
    ours, theirs = mp.Pipe()
    other = mp.get_context("spawn").Process(target=hold, args=(source, theirs))
    other.start()
    assert ours.recv() == "open"

    with pytest.raises(Misconfigured, match="open in another process; stop Digest first"):
        await sqlite_to_postgres(source, target, told=unheard)

    ours.send("close")
    other.join()
    await sqlite_to_postgres(source, target, told=unheard)


async def test_what_is_no_source_or_no_target_is_told(source, target, tmp_path):
    with pytest.raises(Misconfigured, match="does not exist"):
        await sqlite_to_postgres(tmp_path / "none.db", target, told=unheard)
    with pytest.raises(Misconfigured, match="must be PostgreSQL"):
        await sqlite_to_postgres(source, f"sqlite:///{source}", told=unheard)
    with sqlite3.connect(source) as tx:
        tx.execute("update alembic_version set version_num = '0001'")
    with pytest.raises(Misconfigured, match="old schema"):
        await sqlite_to_postgres(source, target, told=unheard)


def test_the_command_prints_what_went_over(source, target, tmp_path, monkeypatch):
    (tmp_path / "config.toml").write_text(
        '[site]\nname = "Q"\nbase_url = "https://quayside.example"\n'
        '[newsletters.daily]\ntitle = "Q"\nsender = "q@quayside.example"\n'
    )
    monkeypatch.setenv("DIGEST_DATABASE_URL", target)
    words = ["--config", str(tmp_path), "migrate", "sqlite-to-postgres", str(source), "--json"]

    done = CliRunner().invoke(digest, words, catch_exceptions=False)

    assert json.loads(done.stdout)["articles"] == 3


class Deaf:
    """Stands before the server; once ``armed`` it hangs up on who says COMMIT, for which the server
    may hear it first, and ``stays_away`` or not."""

    def __init__(self, socket, *, hears, stays_away):
        self._socket, self._hears, self._stays_away = socket, hears, stays_away
        self.armed = False
        self.gone = False

    @contextlib.asynccontextmanager
    async def open(self):
        server = await asyncio.start_server(self._carry, "127.0.0.1", 0)
        try:
            yield server.sockets[0].getsockname()[1]
        finally:
            server.close()

    async def _carry(self, reader, writer):
        if self.gone and self._stays_away:
            writer.close()
            return
        theirs, ours = await asyncio.open_unix_connection(self._socket)
        answers = asyncio.create_task(self._answers(theirs, writer))
        with contextlib.suppress(ConnectionError):
            while data := await reader.read(1 << 16):
                if hangs_up := self.armed and b"COMMIT" in data:
                    self.armed, self.gone = False, True
                    writer.close()
                if self._hears or not hangs_up:
                    ours.write(data)
                    await ours.drain()
                if hangs_up:
                    break
        if not self._hears:
            answers.cancel()
        await asyncio.wait([answers])
        ours.close()

    async def _answers(self, theirs, writer):
        with contextlib.suppress(ConnectionError):
            while data := await theirs.read(1 << 16):
                if writer.is_closing():
                    return
                writer.write(data)
                await writer.drain()


def _socket(folder):
    return str(next(Path(folder).glob(".s.PGSQL.*[0-9]")))


@contextlib.asynccontextmanager
async def before(target, pg, **how):
    deaf = Deaf(_socket(pg), **how)
    async with deaf.open() as port:
        url = f"postgresql://postgres@127.0.0.1:{port}/{its_name(target)}?sslmode=disable"
        yield url, lambda table, rows: setattr(deaf, "armed", True)


async def test_a_commit_whose_answer_is_lost_is_looked_at_anew(pg, target, source):
    async with before(target, pg, hears=True, stays_away=False) as (url, told):
        counts = await sqlite_to_postgres(source, url, told=told)

    assert counts["articles"] == 3
    assert await everything(target) == await everything(f"sqlite:///{source}")


@pytest.mark.parametrize("hears", [True, False])
async def test_where_nobody_can_look_it_says_how_to_know(pg, target, source, hears):
    async with before(target, pg, hears=hears, stays_away=True) as (url, told):
        with pytest.raises(Temporary, match="all of it is there, or nothing is"):
            await sqlite_to_postgres(source, url, told=told)

    if hears:
        with pytest.raises(Misconfigured, match="is not empty"):
            await sqlite_to_postgres(source, target, told=unheard)
    else:
        assert (await sqlite_to_postgres(source, target, told=unheard))["articles"] == 3

"""Whatever a PostgreSQL, its role or its URL sets otherwise, the program means the same."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime
from multiprocessing import get_context
from threading import Event

import psycopg
import pytest
from sqlalchemy import text

from digest.errors import Misconfigured, Temporary
from digest.storage import migrate, people, postgres
from digest.storage.database import Store, engine, parse
from subscribers.model import SubscriberId
from tests.postgres import for_one_test, set_otherwise, think
from tests.storage.test_people import person

FAR = datetime(9999, 12, 31, 23, 30, tzinfo=UTC)


@pytest.fixture
def bare(pg):
    """The URL of a database without a schema."""
    with for_one_test(pg) as made:
        yield made


def say(url, statement):
    with psycopg.connect(url, autocommit=True) as asked:
        asked.execute(statement)


@pytest.mark.parametrize(
    "setting",
    ["datestyle = 'SQL, DMY'", "timezone = 'Pacific/Auckland'", "client_encoding = 'LATIN1'"],
)
async def test_people_and_moments_come_back_as_they_were_kept(bare, setting):
    set_otherwise(bare, setting)

    store = await Store.open(bare)
    await store.write(people.add, replace(person("ada"), name="Łukasz 🚀"))
    await store.write(
        lambda tx: tx.execute(text("update subscribers set new_address_by = :at"), {"at": FAR})
    )
    found = await store.write(people.of_id, SubscriberId("ada"))
    until = await store.read(
        lambda tx: tx.execute(text("select new_address_by from subscribers")).scalar_one()
    )
    await store.close()

    assert found is not None
    assert (found.name, until) == ("Łukasz 🚀", FAR)


@pytest.mark.parametrize("level", ["repeatable read", "serializable"])
async def test_a_change_that_waited_sees_what_the_one_before_did(bare, level):
    """The second of two upgrades, for one, which would make the tables again."""
    set_otherwise(bare, f"default_transaction_isolation = '{level}'")

    store = await Store.open(bare)
    found = await store.write(
        lambda tx: tx.execute(text("show transaction_isolation")).scalar_one()
    )
    await store.close()

    assert found == "read committed"


def opened(url):
    async def both():
        await (await Store.open(url)).close()

    asyncio.run(both())


def test_processes_that_upgrade_at_once_all_begin(bare):
    set_otherwise(bare, "default_transaction_isolation = 'serializable'")
    processes = [get_context("spawn").Process(target=opened, args=(bare,)) for _ in range(2)]

    with psycopg.connect(bare) as held:  # both wait for the same lock, and begin at once
        held.execute("select pg_advisory_xact_lock(7203771)")
        for process in processes:
            process.start()
        with psycopg.connect(bare, autocommit=True) as asked:
            waiting = "select count(*) from pg_locks where locktype = 'advisory' and not granted"
            while asked.execute(waiting).fetchone() != (2,):
                assert all(process.is_alive() for process in processes)
    for process in processes:
        process.join()

    assert [process.exitcode for process in processes] == [0, 0]


@pytest.mark.parametrize("what", ["statement", "lock", "transaction"])
def test_an_upgrade_waits_and_works_longer_than_a_role_gives_it(bare, what):
    set_otherwise(bare, f"{what}_timeout = '500ms'")
    process = get_context("spawn").Process(target=opened, args=(bare,))
    longer = (
        "select count(*) from pg_stat_activity where wait_event = 'advisory'"
        " and clock_timestamp() - query_start > interval '700 ms'"
    )

    with psycopg.connect(bare, autocommit=True) as held:
        held.execute("select pg_advisory_lock(7203771)")
        process.start()
        with psycopg.connect(bare, autocommit=True) as asked:
            while process.is_alive() and asked.execute(longer).fetchone() != (1,):
                pass
    process.join()

    assert process.exitcode == 0


def test_no_upgrade_is_ended_because_it_thinks(bare, monkeypatch):
    set_otherwise(bare, "idle_in_transaction_session_timeout = '200ms'")
    upgrade = migrate._upgrade
    monkeypatch.setattr(migrate, "_upgrade", lambda tx: (think(bare), upgrade(tx)))
    writing = engine(parse(bare), write=True)

    migrate.to_head(writing, parse(bare))
    writing.dispose()

    with psycopg.connect(bare) as asked:
        assert asked.execute("select version_num from alembic_version").fetchone() == (
            migrate.HEAD,
        )


def lock(tx):
    tx.execute(text("select pg_advisory_xact_lock(1)"))


async def test_who_falls_asleep_amid_a_change_holds_nobody_up(bare, monkeypatch):
    awake, asleep, woken = await Store.open(bare), Event(), Event()
    monkeypatch.setattr(postgres, "HANGS", "50ms")
    sleeper = await Store.open(bare)

    def sleep(tx):
        lock(tx)
        asleep.set()
        woken.wait(60)
        tx.execute(text("select 1"))

    hung = asyncio.create_task(sleeper.write(sleep))
    await asyncio.to_thread(asleep.wait, 60)
    await asyncio.wait_for(awake.write(lock), 60)
    woken.set()
    with pytest.raises(Temporary, match="broke off"):
        await hung
    for store in (awake, sleeper):
        await store.close()


@pytest.mark.parametrize(("setting", "is_"), [("0", "1min"), ("7s", "7s")])
async def test_how_long_it_may_sleep_is_ours_to_say_where_nobody_else_has(bare, setting, is_):
    set_otherwise(bare, f"idle_in_transaction_session_timeout = '{setting}'")

    store = await Store.open(bare)
    found = await store.write(
        lambda tx: tx.execute(text("show idle_in_transaction_session_timeout")).scalar_one()
    )
    await store.close()

    assert found == is_


@pytest.mark.parametrize("encoding", ["LATIN1", "SQL_ASCII"])
async def test_a_database_that_cannot_keep_every_name_is_refused(pg, encoding):
    like = f"template0 encoding '{encoding}' locale 'C'"

    with for_one_test(pg, like=like) as made, pytest.raises(Misconfigured, match="encoding UTF8"):
        await Store.open(made)


async def test_a_database_that_is_not_there_is_no_server_that_does_not_answer(pg):
    with pytest.raises(Temporary, match=r"the URL names its database and role: .*nowhere"):
        await Store.open(f"postgresql://postgres@/nowhere?host={pg}")


async def test_a_role_that_may_make_no_table_is_told_what_it_lacks(bare):
    say(bare, "drop schema public")

    with pytest.raises(Misconfigured, match="search_path"):
        await Store.open(bare)


async def test_behind_a_pooler_no_plan_is_kept_for_a_connection_that_may_be_another(bare):
    store = await Store.open(f"{bare}&prepare_threshold=none")
    for _ in range(7):
        await store.write(lambda tx: tx.execute(text("select 'asked often'")).scalar_one())
    kept = await store.write(
        lambda tx: tx.execute(text("select count(*) from pg_prepared_statements")).scalar_one()
    )
    await store.close()

    assert kept == 0


async def test_a_threshold_that_is_no_number_is_named(bare):
    with pytest.raises(Misconfigured, match="prepare_threshold=often; give a number, or none"):
        await Store.open(f"{bare}&prepare_threshold=often")

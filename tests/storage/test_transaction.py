"""One transaction: all of it or nothing, again where two met, and never a driver's error."""

from __future__ import annotations

import asyncio
import sqlite3
import threading

import psycopg
import pytest
from sqlalchemy import text

from digest.errors import Misconfigured, Permanent, Temporary
from digest.storage import people, transaction
from digest.storage.database import Store, engine, parse
from digest.storage.dialect import pour
from digest.storage.schema import subscribers
from digest.storage.trouble import said
from subscribers.model import SubscriberId
from tests.postgres import a_database, for_one_test, its_name
from tests.storage.test_people import person

ADA, GRACE = SubscriberId("ada"), SubscriberId("grace")


@pytest.fixture
def pg_url(pg, pattern):
    with for_one_test(pg, like=pattern) as made:
        yield made


@pytest.fixture
async def pair(pg_url):
    """Two processes on a PostgreSQL that knows two people."""
    stores = [await Store.open(pg_url) for _ in range(2)]
    for name in (ADA, GRACE):
        await stores[0].write(people.add, person(name))
    yield stores
    for store in stores:
        await store.close()


async def test_two_changes_that_lock_each_other_out_are_both_kept(pair):
    met = threading.Barrier(2)
    names: list[str] = []

    def crosswise(tx, first, second, name):
        one = people.of_id(tx, first)
        if name not in names:  # the first time each waits for the other to hold its own
            names.append(name)
            met.wait(30)
        other = people.of_id(tx, second)
        assert one
        assert other
        tx.execute(text("update subscribers set name = name || :name"), {"name": name})

    await asyncio.gather(
        pair[0].write(crosswise, ADA, GRACE, "a"), pair[1].write(crosswise, GRACE, ADA, "b")
    )

    kept = await pair[0].read(people.at_address, person(ADA).address)
    assert sorted(kept.name) == ["a", "b"]


@pytest.mark.parametrize(
    ("error", "tries"),
    [
        (psycopg.errors.DeadlockDetected("deadlock detected"), transaction.TRIES),
        (psycopg.errors.SerializationFailure("could not serialize"), transaction.TRIES),
        (psycopg.errors.DiskFull("no space left"), 1),
        (psycopg.OperationalError("the connection is lost"), 1),  # it may have been committed
    ],
)
async def test_what_goes_on_failing_is_run_so_many_times_and_is_a_passing_trouble(
    pg_url, error, tries
):
    asked, rests = [], []

    def work(tx):
        asked.append(tx)
        raise error

    writer = engine(parse(pg_url), write=True)
    with pytest.raises(Temporary) as told:
        transaction.run(writer, parse(pg_url), work, rest=rests.append)
    writer.dispose()

    assert (len(asked), len(rests)) == (tries, tries - 1)
    longest = [transaction.PAUSE * 2**n for n in range(tries - 1)]
    assert all(rest <= most for rest, most in zip(rests, longest, strict=True))
    assert told.value.__cause__ is error


async def test_what_copy_complains_of_is_in_our_words_and_nothing_is_kept(store):
    names = [column.name for column in subscribers.columns]
    row = [None] * len(names)

    with pytest.raises(Permanent, match=r"null|NULL"):
        await store.write(pour, subscribers, names, [tuple(row)])

    assert await store.read(lambda tx: tx.execute(subscribers.select()).all()) == []


def cut(tx, url):
    """Let the server end the connection that ``tx`` has."""
    [pid] = tx.execute(text("select pg_backend_pid()")).one()
    with psycopg.connect(url, autocommit=True) as asked:
        asked.execute("select pg_terminate_backend(%s, 60000)", [pid])


async def test_a_copy_that_is_cut_short_is_told_once_and_not_as_a_connection_that_never_was(
    pg_url, caplog
):
    names = [column.name for column in subscribers.columns]
    rows = [("a" * (1 << 20), *[None] * (len(names) - 1))] * 4

    def work(tx):
        cut(tx, pg_url)
        pour(tx, subscribers, names, rows)

    store = await Store.open(pg_url)
    with pytest.raises(Temporary, match="does not answer; see that the server runs: "):
        await store.write(work)
    assert await store.read(lambda tx: tx.execute(subscribers.select()).all()) == []
    await store.close()

    assert caplog.messages == []


async def test_a_server_that_is_full_is_said_to_take_no_more(pg_url):
    role = "crowded_" + its_name(pg_url)
    with psycopg.connect(pg_url, autocommit=True) as asked:
        asked.execute(f"create role {role} login connection limit 0")

    with pytest.raises(Temporary, match=r"takes more connections.*too many connections"):
        await Store.open(pg_url.replace("//postgres:@", f"//{role}@"))


@pytest.mark.parametrize(
    ("code", "kind", "cure"),
    [
        ("40P01", Temporary, "try again"),
        ("40001", Temporary, "try again"),
        ("55P03", Temporary, "try again"),
        ("53100", Temporary, "make room"),
        ("53200", Temporary, "give it more"),
        ("53300", Temporary, "give it more"),
        ("08006", Temporary, "see that the server runs"),
        ("57P01", Temporary, "see that the server runs"),
        ("57P03", Temporary, "see that the server runs"),
        ("58030", Temporary, "the server's disk"),
        ("25006", Misconfigured, "name the server that takes changes"),
        ("23505", Permanent, "Schlüssel"),
        ("57014", Temporary, "give the role more time"),
        ("25P03", Temporary, "give the role more time"),
        ("42501", Misconfigured, "let it own"),
        ("3F000", Misconfigured, "search_path"),
        ("26000", Misconfigured, "prepare_threshold=none"),
    ],
)
def test_postgresql_is_understood_by_its_codes_whatever_its_language(code, kind, cure):
    error = psycopg.errors.lookup(code)("Der Schlüssel klemmt, der Server ist voll\nDETAIL: …")

    told = said(error, "postgresql://db.example/digest")

    assert type(told) is kind
    assert "db.example" in str(told)
    assert cure in str(told)
    assert "file" not in str(told)


@pytest.mark.parametrize(
    "words",
    [
        "consuming input failed: SSL SYSCALL error: EOF detected",
        "SSL error: unexpected eof while reading",
        "connection timeout expired",
        "",
    ],
)
def test_a_connection_that_breaks_is_a_passing_trouble(words):
    assert type(said(psycopg.OperationalError(words), "db.example")) is Temporary


@pytest.mark.parametrize("error", [psycopg.ProgrammingError, psycopg.DataError, sqlite3.DataError])
def test_a_fault_of_ours_is_a_lasting_one(error):
    assert type(said(error("what is this?"), "db.example")) is Permanent


async def test_a_server_that_falls_silent_is_noticed_unless_the_url_says_otherwise(pg):
    url = a_database(pg)

    def heard(url):
        made = engine(parse(url), write=True)
        with made.connect() as tx:
            found = tx.connection.driver_connection.info.get_parameters()
        made.dispose()
        names = ("connect_timeout", "keepalives_idle", "keepalives_count", "tcp_user_timeout")
        return [found.get(name) for name in names]

    assert heard(url) == ["10", "10", "3", "15000"]
    assert heard(f"{url}&connect_timeout=3&tcp_user_timeout=900") == ["3", "10", "3", "900"]

"""SIGTERM in every phase of ``digest run``: it ends in order, in time, and the next one goes on."""

from __future__ import annotations

import asyncio
import socket
import sqlite3
import time
from datetime import UTC, datetime, timedelta

import pytest

from digest.model import NewsletterId
from digest.storage import agenda
from digest.storage.database import Store
from tests.journeys.stopping import CONFIG, RELAY, SAMPLE, Silent, SlowRelay, running

EARLIER = datetime.now(UTC) - timedelta(minutes=2)


async def furnished(folder, *, more=SAMPLE, newsletter="", readers=1):
    """A folder whose issue of today has been due for two minutes."""
    text = CONFIG.format(hour=f"{EARLIER:%H:%M}", newsletter=newsletter, more=more)
    (folder / "config.toml").write_text(text)
    store = await Store.open(f"sqlite:///{folder / 'digest.db'}")
    since = EARLIER - timedelta(hours=1)
    await store.write(agenda.watch, NewsletterId("daily"), "daily", since)
    await store.close()
    roster = "".join(f"reader{n}@readers.example\n" for n in range(readers))
    (folder / "people.csv").write_text(f"email\n{roster}")


def asked(folder, query):
    with sqlite3.connect(folder / "digest.db") as database:
        assert database.execute("pragma integrity_check").fetchone() == ("ok",)
        return database.execute(query).fetchall()


def issues(folder):
    return asked(folder, "select state from issues")


def deliveries(folder):
    return asked(folder, "select state, count(*) from deliveries group by state order by state")


def enrolled(desk):
    said = desk.run("subscribers", "import", "people.csv", "--already-confirmed", "--yes")
    assert said.code == 0, said.err


@pytest.fixture
async def silent():
    async with Silent().open() as server:
        yield server


@pytest.fixture
async def slow():
    async with SlowRelay().open() as server:
        yield server


async def test_while_a_source_never_answers(tmp_path, silent):
    source = f'[[collect.sources]]\nlocation = "http://127.0.0.1:{silent.port}/feed.xml"\n'
    await furnished(tmp_path, more=source)
    async with running(tmp_path) as it:
        await asyncio.wait_for(silent.knocked.wait(), 60)

        assert await it.stopped() == 0

    assert issues(tmp_path) == []


async def test_while_an_issue_is_prepared(tmp_path):
    await furnished(tmp_path)
    async with running(tmp_path) as it:
        await it.until("source.gathered")  # next its stories are told, and set in a worker

        assert await it.stopped() == 0

    assert issues(tmp_path) in ([], [("released",)])
    async with running(tmp_path) as it:
        await it.until("clock.leads")
        if not issues(tmp_path):
            await it.until("issue.released")
    assert issues(tmp_path) == [("released",)]


async def test_while_the_editor_is_waited_for(tmp_path):
    await furnished(tmp_path, newsletter='approval = "required"')
    async with running(tmp_path) as it:
        await it.until("issue.waits")

        assert await it.stopped() == 0

    async with running(tmp_path) as it:
        await it.until("clock.leads")
        assert await it.stopped() == 0
    assert issues(tmp_path) == [("draft",)]


async def test_while_a_relay_never_says_that_it_has_the_mail(desk, tmp_path, slow):
    await furnished(tmp_path, more=SAMPLE + RELAY.format(port=slow.port), readers=40)
    await asyncio.to_thread(enrolled, desk)
    async with running(tmp_path) as it:
        await asyncio.wait_for(slow.knocked.wait(), 60)

        assert await it.stopped() == 0

    assert issues(tmp_path) == [("released",)]
    assert deliveries(tmp_path) == [("queued", 40)]


async def test_while_a_reader_is_slow_to_say_what_they_want(tmp_path, slow):
    await furnished(tmp_path, more=SAMPLE + RELAY.format(port=slow.port))
    async with running(tmp_path) as it:
        await it.until("clock.leads")
        reader, writer = await asyncio.open_connection("127.0.0.1", it.port)
        writer.write(
            b"POST /subscribe HTTP/1.1\r\nHost: quayside.example\r\nContent-Length: 90\r\n"
            b"Content-Type: application/x-www-form-urlencoded\r\nExpect: 100-continue\r\n\r\nemail="
        )
        await asyncio.wait_for(reader.readline(), 60)

        assert await it.stopped() == 0
        assert b"HTTP/1.1 503" in await asyncio.wait_for(reader.read(), 10)
        writer.close()


async def test_while_a_mailbox_never_answers(tmp_path, silent):
    box = f"""
[bounces.mailbox]
host = "127.0.0.1"
port = {silent.port}
tls = "none"
username = "bounces"
password_env = "DIGEST_BOUNCES_PASSWORD"
"""
    await furnished(tmp_path, more=SAMPLE + box)
    async with running(tmp_path, DIGEST_BOUNCES_PASSWORD="secret") as it:
        await asyncio.wait_for(silent.knocked.wait(), 60)

        assert await it.stopped() == 0


async def test_while_another_process_keeps_the_database_from_being_opened(tmp_path):
    await furnished(tmp_path)
    holder = sqlite3.connect(tmp_path / "digest.db", isolation_level=None)
    holder.execute("begin immediate")
    async with running(tmp_path) as it:
        await asyncio.to_thread(_listens, it.port)

        assert await it.stopped() == 0

    holder.execute("rollback")
    async with running(tmp_path) as it:
        await it.until("clock.leads")


async def test_a_clock_that_is_a_year_behind_is_told_with_its_cure_and_makes_no_issue(tmp_path):
    await furnished(tmp_path)
    async with running(tmp_path) as it:
        await it.until("issue.released")
        assert await it.stopped() == 0
    with sqlite3.connect(tmp_path / "digest.db") as database:
        database.execute("update issues set created_at = datetime(created_at, '+1 year')")

    async with running(tmp_path) as it:
        told = (await it.until("clock.wrong"))["why"]
        assert "timedatectl set-ntp true" in told
        assert await it.stopped() == 0
    assert issues(tmp_path) == [("released",)]


def _listens(port):
    """Return once somebody listens at ``port``: what comes next is the database."""
    until = time.monotonic() + 60
    while time.monotonic() < until:
        with socket.socket() as door:
            if door.connect_ex(("127.0.0.1", port)) == 0:
                return
    raise AssertionError("nobody listens")

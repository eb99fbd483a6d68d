"""The one that makes the issues hangs: the other makes them, and nobody is written to twice."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sqlite3
from collections import Counter
from datetime import UTC, datetime, timedelta

from sqlalchemy import select

from digest.clock import clock_at
from digest.config import load, secret
from digest.model import NewsletterId
from digest.services import enrolment
from digest.services.enrolment import Terms
from digest.storage import agenda
from digest.storage.database import Store
from digest.storage.schema import issues
from subscribers.address import Address
from subscribers.roster import Row
from tests.deliver.relays import real
from tests.journeys.stopping import CONFIG, QUICK, RELAY, SAMPLE, Silent, running
from tests.storage.conftest import backend, pattern, pg, url

__all__ = ["backend", "pattern", "pg", "url"]
DUE = datetime.now(UTC) - timedelta(minutes=2)
READERS = [f"reader{n}@readers.example" for n in range(30)]
SOURCE = '[[collect.sources]]\nlocation = "http://127.0.0.1:{port}/feed.xml"\n'


class Once(Silent):
    """A source that leaves the first who asks without an answer, and hangs up on the others."""

    async def _hold(self, reader, writer):
        if self.knocked.is_set():
            writer.close()
        else:
            await super()._hold(reader, writer)


class Sink:
    """Counts who was written to; ``full`` is set once every reader was."""

    def __init__(self):
        self.got = Counter()
        self.full = asyncio.Event()

    async def handle_DATA(self, server, session, envelope):  # noqa: N802 -- aiosmtpd's name
        self.got.update(envelope.rcpt_tos)
        if len(self.got) == len(READERS):
            self.full.set()
        return "250 ok"


async def furnished(folder, url, more):
    text = CONFIG.format(hour=f"{DUE:%H:%M}", newsletter="", more=more)
    (folder / "config.toml").write_text(text)
    ring = secret.make_and_read(load.load_for(folder).settings.folder)
    terms = Terms(
        newsletter="daily", cadence="daily", language="en", timezone="UTC", vouched=True, ring=ring
    )
    rows = [Row(address=Address.parse(one), name="") for one in READERS]
    store = await Store.open(url)
    await store.write(agenda.watch, NewsletterId("daily"), "daily", DUE - timedelta(hours=1))
    await enrolment.enrol(store, rows, terms, clock=clock_at(None))
    await store.close()


def hang(pid, url):
    """Stop a process between two changes of the database: amid one nobody else could write."""
    while True:
        os.kill(pid, signal.SIGSTOP)
        os.waitid(os.P_PID, pid, os.WSTOPPED | os.WNOWAIT)
        if not url.startswith("sqlite") or not is_held(url.removeprefix("sqlite:///")):
            return
        os.kill(pid, signal.SIGCONT)


def is_held(path):
    database = sqlite3.connect(path, timeout=0, isolation_level=None)
    try:
        database.execute("begin immediate")
    except sqlite3.OperationalError:
        return True
    finally:
        database.close()
    return False


async def states(url):
    store = await Store.open(url)
    found = await store.read(lambda tx: list(tx.execute(select(issues.c.state)).scalars()))
    await store.close()
    return found


async def test_who_hangs_amid_an_issue_is_followed_and_does_no_harm_when_it_wakes(tmp_path, url):
    sink = Sink()
    async with real(sink) as relay, Once().open() as source:
        more = SOURCE.format(port=source.port) + SAMPLE + RELAY.format(port=relay.port)
        await furnished(tmp_path, url, more)
        quick = {"program": ("-c", QUICK), "DIGEST_DATABASE_URL": url}
        async with contextlib.AsyncExitStack() as both:
            first = await both.enter_async_context(running(tmp_path, **quick))
            await asyncio.wait_for(source.knocked.wait(), 60)
            await asyncio.to_thread(hang, first.process.pid, url)
            second = await both.enter_async_context(running(tmp_path, **quick))
            await second.until("clock.leads")
            await second.until("issue.released")
            await asyncio.wait_for(sink.full.wait(), 60)

            first.process.send_signal(signal.SIGCONT)
            await first.until("clock.follows")
            assert (await first.stopped(), await second.stopped()) == (0, 0)

    assert sink.got == Counter(READERS)
    assert await states(url) == ["released"]

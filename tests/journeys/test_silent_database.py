"""A PostgreSQL that takes every word and answers none: who is told to stop ends all the same."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import time

import pytest

from digest.config import secret
from digest.storage.database import Store
from tests.journeys.stopping import CONFIG, running
from tests.postgres import a_database, a_server, its_name

QUICK = """
import sys
from digest import cli, curfew, scheduler
from digest.cli import household
from digest.scheduler import leader

household.WEB_DRAIN, curfew.GRACE, scheduler.BEAT, leader.BEAT = 0.5, 0.5, 0.4, 0.4
cli.main(sys.argv[1:])
"""


class Proxy:
    """What stands before the server and, once ``frozen``, keeps all it hears to itself."""

    def __init__(self, socket: str) -> None:
        self._socket = socket
        self.frozen = False
        self.asked = asyncio.Event()  # ... in vain
        self.port = 0

    @contextlib.asynccontextmanager
    async def open(self):
        server = await asyncio.start_server(self._carry, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        try:
            yield self
        finally:
            server.close()

    async def _carry(self, reader, writer):
        theirs, ours = await asyncio.open_unix_connection(self._socket)
        await asyncio.gather(self._pipe(reader, ours), self._pipe(theirs, writer))

    async def _pipe(self, reader, writer):
        with contextlib.suppress(ConnectionError):
            while data := await reader.read(1 << 16):
                if self.frozen:
                    self.asked.set()
                    continue
                writer.write(data)
                await writer.drain()
        writer.close()


@pytest.fixture
async def proxy():
    with a_server() as folder:
        name = its_name(a_database(folder))
        async with Proxy(str(next(folder.glob(".s.PGSQL.*[0-9]")))).open() as it:
            it.url = f"postgresql://postgres@127.0.0.1:{it.port}/{name}?sslmode=disable"
            yield it


@pytest.mark.parametrize("command", ["run", "work"])
async def test_a_database_that_falls_silent_keeps_nobody_who_is_told_to_stop(
    tmp_path, proxy, command
):
    text = CONFIG.format(hour="05:00", newsletter="", more="[deliver]\ndrain_seconds = 1\n")
    (tmp_path / "config.toml").write_text(text)
    secret.make_and_read(tmp_path)
    await (await Store.open(proxy.url)).close()
    program = ("-c", QUICK)
    async with running(
        tmp_path, program=program, command=command, DIGEST_DATABASE_URL=proxy.url
    ) as it:
        if command == "run":
            await it.until("clock.leads")
        else:
            await asyncio.to_thread(_begun, tmp_path)
        proxy.frozen = True
        await asyncio.wait_for(proxy.asked.wait(), 60)

        it.process.send_signal(signal.SIGTERM)

        async with asyncio.timeout(10):
            assert await it.process.wait() == 1
        told = (await it.process.stderr.read()).decode()
        assert "waited for what does not answer" in told
        assert "Traceback" not in told


async def test_who_is_told_to_stop_while_the_database_is_gone_has_not_ended_in_order(tmp_path):
    (tmp_path / "config.toml").write_text(CONFIG.format(hour="05:00", newsletter="", more=""))
    secret.make_and_read(tmp_path)
    with a_server() as folder:
        url = a_database(folder)
        async with running(tmp_path, program=("-c", QUICK), DIGEST_DATABASE_URL=url) as it:
            await it.until("clock.leads")
            server = int((folder / "postmaster.pid").read_text().split()[0])
            os.kill(server, signal.SIGQUIT)
            await it.until("relay.troubled")

            it.process.send_signal(signal.SIGTERM)
            async with asyncio.timeout(10):
                assert await it.process.wait() == 1
            told = (await it.process.stderr.read()).decode()
            assert "cannot be connected to" in told.splitlines()[-1]
            assert "Traceback" not in told


def _begun(folder):
    """Return once a worker has taken up a lease of its own: what comes next is the queue."""
    journal, until = folder / "journals" / "worker-1.journal", time.monotonic() + 60
    while time.monotonic() < until:
        if journal.exists() and journal.read_bytes()[:8].strip(b"\0"):
            return
    raise AssertionError("no worker begins")

"""A ``digest run`` that is told to stop, and the servers that keep it waiting."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
CONFIG = """
[site]
name = "Harrow Quay Library"
base_url = "https://quayside.example"
postal_address = "1 Ferry Steps"

[newsletters.daily]
title = "The Quayside"
sender = "The Quayside <digest@quayside.example>"
timezone = "UTC"
hour = "{hour}"
{newsletter}

[collect]
allow_private = true
host_delay_seconds = 0.0

[compose]
pictures = false

{more}
"""
SAMPLE = '[[collect.sources]]\nlocation = "sample:"\n'
RELAY = '[deliver]\ntransport = "smtp"\ndrain_seconds = 1\n[[deliver.relays]]\nname = "r"\nhost = "127.0.0.1"\nport = {port}\n'


class Running:
    """One ``digest run``: what it logs, line by line."""

    def __init__(self, process: asyncio.subprocess.Process, port: int) -> None:
        self.process = process
        self.port = port
        self.said: list[dict[str, Any]] = []

    async def until(self, event: str) -> dict[str, Any]:
        """The first line from here on that tells ``event``."""
        assert self.process.stderr
        async with asyncio.timeout(60):
            while line := await self.process.stderr.readline():
                self.said.append(json.loads(line))
                if self.said[-1]["event"] == event:
                    return self.said[-1]
        raise AssertionError(f"it ended without {event}: {self.said}")

    async def stopped(self) -> int:
        """Its exit code once it was told to stop; it is given the ten seconds that are promised."""
        self.process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(10):
            await self.process.wait()
        assert self.process.stderr
        told = (await self.process.stderr.read()).decode()
        assert "Traceback" not in told, told
        assert self.process.returncode is not None
        return self.process.returncode


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


QUICK = """
import sys
from digest import cli, scheduler
from digest.scheduler import leader
from digest.storage import postgres

scheduler.BEAT, leader.BEAT, leader.PATIENCE = 0.4, 0.4, 1.0
postgres.HANGS = "1s"
cli.main(sys.argv[1:])
"""
USUAL = ("-m", "digest")


@contextlib.asynccontextmanager
async def running(
    folder: Path, *, program: tuple[str, ...] = USUAL, command: str = "run", **environ: str
) -> AsyncIterator[Running]:
    """``program``: what Python runs, such as ``("-c", QUICK)``, whose lease and locks last a second."""
    port = free_port()
    door = ("--port", str(port)) if command == "run" else ()
    process = await asyncio.create_subprocess_exec(
        sys.executable, *program, "--config", str(folder), command, *door,
        stderr=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.DEVNULL,
        env={**os.environ, "PYTHONPATH": str(ROOT), **environ},
    )  # fmt: skip
    try:
        yield Running(process, port)
    finally:
        if process.returncode is None:
            process.kill()
            await process.communicate()


class Silent:
    """A server that takes whatever is said and answers ``greeting``, or nothing at all."""

    def __init__(self) -> None:
        self.knocked = asyncio.Event()
        self.port = 0

    @contextlib.asynccontextmanager
    async def open(self) -> AsyncIterator[Silent]:
        server = await asyncio.start_server(self._hold, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        try:
            yield self
        finally:
            server.close()

    async def _hold(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.knocked.set()
        with contextlib.suppress(ConnectionError):
            while await reader.read(1 << 16):
                pass
        writer.close()


class SlowRelay(Silent):
    """A relay without extensions that takes messages and never says that it has."""

    async def _hold(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 slow.example\r\n")
        with contextlib.suppress(ConnectionError):
            while line := await reader.readline():
                writer.write(b"354 go on\r\n" if line[:4].upper() == b"DATA" else b"250 ok\r\n")
                if line[:4].upper() == b"DATA":
                    break
            while line := await reader.readline():
                if line == b".\r\n":
                    self.knocked.set()
        writer.close()

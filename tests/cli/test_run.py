"""``digest run`` as an operator runs it: ready, reloaded, stopped, and refused in one sentence."""

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

import pytest

from tests.web.house import CONFIG

PIPE = asyncio.subprocess.PIPE


def a_folder(tmp_path: Path) -> Path:
    (tmp_path / "config.toml").write_text(CONFIG)
    return tmp_path


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


async def digest(folder: Path, *args: str, **environ: str) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", "digest", "--config", str(folder), *args,
        stdout=PIPE, stderr=PIPE, env={**os.environ, **environ},
    )  # fmt: skip


async def ended(folder: Path, *args: str, **environ: str) -> tuple[int | None, str]:
    """Exit code and complaint of a command that ends by itself."""
    process = await digest(folder, *args, **environ)
    async with asyncio.timeout(60):
        _, complaint = await process.communicate()
    return process.returncode, complaint.decode()


class Running:
    """A ``digest run`` and its log."""

    def __init__(self, process: asyncio.subprocess.Process, port: int) -> None:
        self.process = process
        self.port = port

    async def get(self, path: str) -> str:
        """What it answers, from its status on."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        writer.write(f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
        async with asyncio.timeout(10):
            answer = await reader.read()
        writer.close()
        return answer.decode().removeprefix("HTTP/1.1 ")

    async def until(self, event: str) -> dict[str, Any]:
        """The first line from here on that tells ``event``."""
        assert self.process.stderr
        async with asyncio.timeout(60):
            while line := await self.process.stderr.readline():
                said: dict[str, Any] = json.loads(line)
                if said["event"] == event:
                    return said
        raise AssertionError(f"it ended without {event}")


@contextlib.asynccontextmanager
async def running(folder: Path, *args: str) -> AsyncIterator[Running]:
    port = free_port()
    process = await digest(folder, "run", "--port", str(port), *args)
    try:
        yield Running(process, port)
    finally:
        if process.returncode is None:
            process.kill()
            await process.communicate()


async def test_it_leads_and_ends_in_order_when_told(tmp_path):
    async with running(a_folder(tmp_path)) as it:
        await it.until("run.ready")
        await it.until("clock.leads")

        it.process.send_signal(signal.SIGTERM)
        assert (await it.until("run.drains"))["then"] == "end"
        async with asyncio.timeout(10):
            assert await it.process.wait() == 0

    assert list((tmp_path / "running").iterdir()) == []


async def test_a_changed_configuration_is_taken_up_and_a_broken_one_changes_nothing(tmp_path):
    folder = a_folder(tmp_path)
    config = folder / "config.toml"
    async with running(folder) as it:
        await it.until("clock.leads")

        config.write_text(CONFIG + "\n[schedule]\ncatch_up_hours = 'many'\n")
        code, complaint = await ended(folder, "reload")
        assert code == 2
        assert "catch_up_hours" in complaint
        it.process.send_signal(signal.SIGHUP)
        assert "catch_up_hours" in (await it.until("config.refused"))["why"]
        await it.until("run.ready")

        config.write_text(
            CONFIG + "\n[schedule]\ncatch_up_hours = 5\n[web]\ndouble_opt_in = false\n"
        )
        code, complaint = await ended(folder, "reload")
        assert code == 0
        assert complaint.startswith("warning: ")
        await it.until("config.taken")
        await it.until("clock.leads")


async def test_a_configuration_that_cannot_begin_leaves_what_runs_with_the_one_it_has(tmp_path):
    folder = a_folder(tmp_path)
    config = folder / "config.toml"
    signs = '\n[deliver.dkim]\ndomain = "quayside.example"\nselector = "a"\nkey_file = "no.pem"\n'
    moved = '\n[storage]\nurl = "postgresql://127.0.0.1:1/none"\n'
    async with running(folder) as it:
        await it.until("clock.leads")

        config.write_text(CONFIG.replace("[newsletters.daily]", "[newsletters.other]") + signs)
        code, complaint = await ended(folder, "reload")
        assert code == 0
        assert "no.pem" in complaint
        await it.until("config.taken")
        assert "no.pem is missing" in (await it.until("config.refused"))["why"]
        assert (await it.until("run.ready"))["newsletters"] == ["daily"]

        config.write_text(CONFIG + moved)
        it.process.send_signal(signal.SIGHUP)
        assert "cannot be connected to" in (await it.until("config.refused"))["why"]
        await it.until("run.ready")


async def test_who_knocks_while_none_can_begin_hears_503_and_the_process_lives(tmp_path):
    folder = a_folder(tmp_path)
    async with running(folder) as it:
        await it.until("clock.leads")
        assert (await it.get("/readyz")).startswith("200 ")

        (folder / "digest.db").rename(folder / "away.db")
        (folder / "digest.db").mkdir()
        it.process.send_signal(signal.SIGHUP)
        await it.until("run.failed")

        assert (await it.get("/readyz")).startswith("503 ")
        assert (await it.get("/healthz")).startswith("200 ")

        (folder / "digest.db").rmdir()
        (folder / "away.db").rename(folder / "digest.db")
        await it.until("run.ready")
        assert (await it.get("/readyz")).startswith("200 ")


async def test_reload_says_so_where_nothing_runs(tmp_path):
    folder = a_folder(tmp_path)
    (folder / "running").mkdir()
    (folder / "running" / "1").symlink_to("gone")  # as of one that ends at this moment

    code, complaint = await ended(folder, "reload")

    assert code == 1
    assert "no `digest run` lives in" in complaint


@pytest.mark.parametrize("command", ["run", "web"])
async def test_a_port_that_is_taken_is_told_in_one_sentence(tmp_path, command):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])

        process = await digest(a_folder(tmp_path), command, "--port", port)
        async with asyncio.timeout(60):
            told, complained = await process.communicate()

    complaint = complained.decode()
    assert (process.returncode, told) == (2, b"")
    assert complaint.startswith(f"digest: web.port is {port}, and 127.0.0.1 cannot be listened on")
    assert complaint.count("\n") == 1


async def test_two_configurations_are_told_in_one_sentence(tmp_path):
    other = tmp_path / "other"
    other.mkdir()

    code, complaint = await ended(
        a_folder(tmp_path), "run", DIGEST_CONFIG=str(a_folder(other) / "config.toml")
    )

    assert code == 2
    assert "say it once" in complaint
    assert complaint.count("\n") == 1


async def test_of_two_on_one_database_the_second_leads_once_the_first_is_stopped(tmp_path):
    folder = a_folder(tmp_path)
    async with running(folder) as first:
        await first.until("clock.leads")
        async with running(folder) as second:
            await second.until("run.ready")

            first.process.send_signal(signal.SIGTERM)
            await second.until("clock.leads")


async def test_it_begins_anew_with_a_backup_that_was_put_in_the_place_of_its_database(tmp_path):
    folder = a_folder(tmp_path)
    async with running(folder) as it:
        await it.until("clock.leads")
        code, _ = await ended(folder, "db", "backup", str(tmp_path / "backup.db"))
        assert code == 0

        (tmp_path / "backup.db").replace(folder / "digest.db")

        assert "is not the file that was opened" in (await it.until("run.failed"))["why"]
        await it.until("clock.leads")
        assert (await it.get("/readyz")).startswith("200")


async def test_it_makes_no_empty_database_in_the_place_of_one_that_is_gone(tmp_path):
    folder = a_folder(tmp_path)
    async with running(folder) as it:
        await it.until("clock.leads")
        (folder / "digest.db").rename(tmp_path / "away.db")

        await it.until("run.failed")
        assert "digest.db is gone; put it back" in (await it.until("run.failed"))["why"]
        assert not (folder / "digest.db").exists()

        (tmp_path / "away.db").rename(folder / "digest.db")
        await it.until("run.ready")

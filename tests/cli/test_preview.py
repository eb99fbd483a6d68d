"""``digest preview`` as an operator starts and stops it."""

from __future__ import annotations

import asyncio
import signal
import socket
import sys
from pathlib import Path

import aiohttp

from tests.web.house import CONFIG


def names(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()]


async def started(folder: Path, port: int, *words: str) -> asyncio.subprocess.Process:
    (folder / "config.toml").write_text(CONFIG)
    command = [sys.executable, "-m", "digest", "--config", str(folder), "preview"]
    pipe = asyncio.subprocess.PIPE
    return await asyncio.create_subprocess_exec(
        *command, "--port", str(port), *words, stdout=pipe, stderr=pipe
    )


async def test_it_serves_the_mail_keeps_nothing_and_stops_when_told(tmp_path: Path):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]

    async with asyncio.timeout(60):
        running = await started(tmp_path, port, "--sample")
        assert running.stdout
        said = (await running.stdout.readline()).decode()
        async with aiohttp.ClientSession() as session:
            text = await (await session.get(f"http://127.0.0.1:{port}/")).text()
        running.send_signal(signal.SIGTERM)
        _, complaints = await running.communicate()

    assert said == f"The sample paper. Preview at http://127.0.0.1:{port}/\n"
    assert "Barges return" in text
    assert complaints == b""
    assert names(tmp_path) == ["config.toml"]


async def test_a_port_that_is_taken_is_named_with_the_cure(tmp_path: Path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        async with asyncio.timeout(60):
            running = await started(tmp_path, port)
            _, said = await running.communicate()

    assert running.returncode == 2
    assert said.decode().startswith(f"digest: port {port} cannot be used: ")
    assert "give another with --port" in said.decode()

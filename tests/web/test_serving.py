from __future__ import annotations

import asyncio
import signal
import socket
import sys
from pathlib import Path

import aiohttp
import pytest
from starlette.responses import PlainTextResponse

from digest.cli import serving
from tests.web.house import CONFIG, Announced


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGHUP])
async def test_digest_web_serves_the_form_from_a_fresh_folder_and_stops_when_told(
    tmp_path: Path, how: signal.Signals
):
    (tmp_path / "config.toml").write_text(CONFIG)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [
        sys.executable,
        "-m",
        "digest",
        "--config",
        str(tmp_path),
        "web",
        "--port",
        str(port),
    ]
    pipe = asyncio.subprocess.PIPE
    running = await asyncio.create_subprocess_exec(*command, stdout=pipe, stderr=pipe)
    assert running.stdout
    assert running.stderr

    said = (await running.stdout.readline()).decode()
    text = await _text(f"http://127.0.0.1:{port}/")
    running.send_signal(how)
    _, complaints = await running.communicate()

    assert said == f"Readers' pages at http://127.0.0.1:{port}/\n"
    assert 'action="/subscribe"' in text
    assert complaints == b""
    assert running.returncode == (0 if how is signal.SIGHUP else -signal.SIGTERM)
    assert (tmp_path / "secret.key").exists()


class Hasty(serving.Prompt):
    seconds = 0.1


@pytest.mark.parametrize("before", [b"", b"GET / HTTP/1.1\r\nHost: a.example\r\n\r\n"])
async def test_half_a_head_keeps_no_place_for_ever(before: bytes):
    door = serving.listening("127.0.0.1", 0)
    config = serving.options(PlainTextResponse("whole"), "127.0.0.1", 0)
    config.http = Hasty
    server = Announced(config)
    served = asyncio.create_task(server.serve(sockets=[door]))
    await server.up.wait()

    reader, writer = await asyncio.open_connection(*door.getsockname())
    writer.write(before + b"GET / HTTP/1.1\r\nHost:")
    async with asyncio.timeout(4):  # a connection without a word is kept for five
        said = await reader.read()
    writer.close()
    server.leave()
    await served

    assert said.count(b"whole") == (1 if before else 0)


async def test_a_stranger_who_asks_for_a_websocket_fills_no_log(caplog: pytest.LogCaptureFixture):
    door = serving.listening("127.0.0.1", 0)
    config = serving.options(PlainTextResponse("whole"), "127.0.0.1", 0)
    server = Announced(config)
    served = asyncio.create_task(server.serve(sockets=[door]))
    await server.up.wait()

    reader, writer = await asyncio.open_connection(*door.getsockname())
    writer.write(
        b"GET / HTTP/1.1\r\nHost: a.example\r\nConnection: Upgrade, close\r\n"
        b"Upgrade: websocket\r\n\r\n"
    )
    said = await reader.read()
    writer.close()
    server.leave()
    await served

    assert said.endswith(b"whole")
    assert [one.getMessage() for one in caplog.records if "pgrade" in one.getMessage()] == []
    assert "uvicorn[standard]" not in caplog.text


async def _text(url: str) -> str:
    """The page, once the server listens."""
    async with aiohttp.ClientSession() as session, asyncio.timeout(30):
        while True:
            try:
                async with session.get(url) as answer:
                    return await answer.text()
            except aiohttp.ClientConnectorError:
                await asyncio.sleep(0)

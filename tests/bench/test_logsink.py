"""The sink of the crash bench: what it logs is what it took, and only that."""

from __future__ import annotations

import asyncio
import json
import os
import smtplib
from pathlib import Path

import pytest

from bench import logsink
from bench.logsink import Dialogue, Mood


@pytest.fixture
async def sink(tmp_path):
    path = tmp_path / "log"
    log = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    mood = Mood(None)

    async def talk(reader, writer):
        await Dialogue(log, mood, reader, writer).run()
        writer.close()

    server = await asyncio.start_server(talk, "127.0.0.1", 0)
    yield server.sockets[0].getsockname()[1], path, mood
    server.close()
    os.close(log)


def logged(path: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def say(port: int, recipient: str, mid: str) -> None:
    with smtplib.SMTP("127.0.0.1", port, "localhost", timeout=10) as client:
        client.sendmail("a@b.example", recipient, f"Message-ID: <{mid}>\r\n\r\nhello\r\n")


async def test_each_message_taken_is_a_line_with_recipient_and_id(sink):
    port, path, _ = sink

    await asyncio.to_thread(say, port, "ada@example.org", "1@x")
    await asyncio.to_thread(say, port, "grace@example.org", "2@x")

    assert logged(path) == [
        {"rcpt": "ada@example.org", "mid": "<1@x>"},
        {"rcpt": "grace@example.org", "mid": "<2@x>"},
    ]


@pytest.mark.parametrize(
    ("stage", "answer", "line"),
    [
        ("RCPT", b"550 5.1.1 nobody\r\n", []),
        ("MAIL", b"451 later\r\n", []),
        ("END", b"554 5.6.0 no\r\n", []),
        ("END", logsink.HANG_UP, []),
        ("END", logsink.SILENT, [{"rcpt": "ada@example.org", "mid": "<1@x>", "silent": True}]),
        ("DATA", logsink.CUT, []),
    ],
)
async def test_what_it_did_not_take_is_no_line_and_what_it_never_answered_is_marked(
    sink, monkeypatch, stage, answer, line
):
    port, path, mood = sink
    monkeypatch.setattr(mood, "at", lambda at: answer if at == stage else None)

    with pytest.raises((smtplib.SMTPException, ConnectionError)):
        await asyncio.to_thread(say, port, "ada@example.org", "1@x")

    assert logged(path) == line


async def test_a_lone_dot_after_a_refused_recipient_is_a_message_for_nobody(sink, monkeypatch):
    port, path, mood = sink
    refusing = [b"550 5.1.1 nobody\r\n"]
    monkeypatch.setattr(
        mood, "at", lambda at: refusing.pop() if at == "RCPT" and refusing else None
    )
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"EHLO x\r\nMAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nDATA\r\n.\r\n")
    writer.write(
        b"MAIL FROM:<a@b>\r\nRCPT TO:<e@f>\r\nDATA\r\nMessage-ID: <7@x>\r\n\r\n.\r\nQUIT\r\n"
    )

    said = (await reader.read()).decode().splitlines()

    assert [line[:3] for line in said[6:]] == [
        "250", "550", "354", "554", "250", "250", "354", "250", "221",
    ]  # fmt: skip
    assert logged(path) == [{"rcpt": "e@f", "mid": "<7@x>"}]
    writer.close()


async def test_a_refused_sender_has_no_message_though_one_before_had_no_recipient(
    sink, monkeypatch
):
    port, path, mood = sink
    faults = {"RCPT": [b"550 5.1.1 nobody\r\n"], "MAIL": [b"451 later\r\n", None]}
    monkeypatch.setattr(mood, "at", lambda at: faults[at].pop() if faults.get(at) else None)
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for name in ("ada", "grace"):
        writer.write(f"MAIL FROM:<a@b>\r\nRCPT TO:<{name}@x>\r\nDATA\r\n.\r\n".encode())
    writer.write(b"QUIT\r\n")

    said = (await reader.read()).decode().splitlines()

    assert [line[:3] for line in said] == [
        "220", "250", "550", "354", "554", "451", "250", "354", "554", "221",
    ]  # fmt: skip
    assert logged(path) == []
    writer.close()


def test_with_a_seed_every_fault_comes_in_time_and_without_one_none():
    moods = {seed: [Mood(seed).at(stage) for stage in logsink.FAULTS] for seed in (1, 1)}
    bad = Mood(3)
    seen = {stage: {bad.at(stage) for _ in range(20_000)} for stage in logsink.FAULTS}

    assert moods[1] == [Mood(1).at(stage) for stage in logsink.FAULTS]
    for stage, shares in logsink.FAULTS.items():
        assert seen[stage] == {None, *(answer for _, some in shares for answer in some)}
    assert {Mood(None).at(stage) for stage in logsink.FAULTS} == {None}

"""README's "Your first real send", its commands as they stand there, to a daily mail that arrives."""

from __future__ import annotations

import asyncio
import email
import email.policy
import re
import stat
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

from digest.model import NewsletterId
from digest.storage import agenda
from digest.storage.database import Store
from tests.deliver.relays import real
from tests.journeys.stopping import ROOT, Running, free_port

MOST = 10  # commands, from a fresh clone
DUE = datetime.now(UTC) - timedelta(minutes=2)


class Inbox:
    def __init__(self) -> None:
        self.mails: asyncio.Queue[tuple[list[str], email.message.Message]] = asyncio.Queue()

    async def handle_DATA(self, server, session, envelope):  # noqa: N802 -- aiosmtpd's name
        mail = email.message_from_bytes(envelope.content, policy=email.policy.SMTP)
        self.mails.put_nowait((envelope.rcpt_tos, mail))
        return "250 ok"


def commands() -> list[str]:
    """The lines of the section's block."""
    section = (ROOT / "README.md").read_text("utf-8").partition("## Your first real send")[2]
    return re.search(r"```sh\n(.*?)```", section, re.DOTALL)[1].strip().splitlines()


def a_checkout(folder: Path) -> None:
    """What ``make demo`` leaves: a ``.venv/bin/digest``."""
    program = folder / ".venv" / "bin" / "digest"
    program.parent.mkdir(parents=True)
    program.write_text(f'#!/bin/sh\nPYTHONPATH="{ROOT}" exec {sys.executable} -m digest "$@"\n')
    program.chmod(program.stat().st_mode | stat.S_IXUSR)


async def test_the_first_real_send_is_as_the_readme_says(tmp_path):
    demo, *middle, last = commands()
    assert len(commands()) <= MOST
    assert demo.startswith("make demo")
    assert last.startswith("digest run")
    a_checkout(tmp_path)
    inbox = Inbox()
    async with real(inbox) as relay:
        script = "\n".join(["set -e; shopt -s expand_aliases", *middle])
        assert "port = 25" in script
        script = script.replace("port = 25", f"port = {relay.port}")
        shell = await asyncio.create_subprocess_exec(
            "bash", "-c", script, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )
        said, _ = await asyncio.wait_for(shell.communicate(), 60)
        assert shell.returncode == 0, said.decode()
        to, mail = await asyncio.wait_for(inbox.mails.get(), 60)
        assert to == ["you@example.org"]
        assert "test" in mail["Subject"].lower()

        await _due_two_minutes_ago(tmp_path / "news")
        process = await asyncio.create_subprocess_exec(
            tmp_path / ".venv/bin/digest", "run", "--port", str(free_port()),
            cwd=tmp_path / "news", stderr=subprocess.PIPE, stdout=subprocess.DEVNULL,
        )  # fmt: skip
        try:
            to, mail = await asyncio.wait_for(inbox.mails.get(), 60)
            assert (to, mail["To"]) == (["you@example.org"], "you@example.org")
            assert "The Quayside" in mail["From"]
            assert await Running(process, 0).stopped() == 0
        finally:
            if process.returncode is None:
                process.kill()


async def _due_two_minutes_ago(folder: Path) -> None:
    """The hour that the config says is waited for; here it has just been."""
    config = folder / "config.toml"
    text = re.sub(r'(?m)^hour = "[^"]+"', f'hour = "{DUE:%H:%M}"', config.read_text("utf-8"))
    config.write_text(re.sub(r'(?m)^timezone = "[^"]+"', 'timezone = "UTC"', text), "utf-8")
    store = await Store.open(f"sqlite:///{folder / 'digest.db'}")
    await store.write(agenda.watch, NewsletterId("daily"), "daily", DUE - timedelta(hours=1))
    await store.close()

"""``digest send`` at a relay's limit: it says so, waits, and ends gently when it is told to."""

from __future__ import annotations

import asyncio
import io
import os
import re
import signal
import sys
from datetime import UTC, datetime

from digest.cli.meter import Meter
from digest.deliver.progress import Progress
from tests.deliver.relays import scripted
from tests.journeys.conftest import desk

__all__ = ["desk"]

RELAY = """
[deliver]
transport = "smtp"
[[deliver.relays]]
name = "main"
host = "127.0.0.1"
port = {port}
per_hour = 2
"""


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_the_progress_line_says_when_it_goes_on():
    progress = Progress(waits_until=datetime(2026, 11, 24, 14, 5, tzinfo=UTC))

    with Meter(3, stream=(drawn := Terminal())) as meter:
        meter.show(progress)

    assert "0 skipped, goes on at 14:05 UTC" in drawn.getvalue()


async def test_at_its_hourly_limit_it_says_so_once_and_ctrl_c_ends_it_with_0(desk):
    async with scripted() as (relay, options):
        desk.configure("sample:")
        desk.write("config.toml", desk.config + RELAY.format(port=options.port))
        people = "".join(f"p{n}@example.org\n" for n in range(4))
        desk.write("people.csv", f"address\n{people}")
        environ = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}

        async def digest(*words):
            return await asyncio.create_subprocess_exec(
                sys.executable, "-m", "digest", *words, cwd=desk.folder, env=environ,
                stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
            )  # fmt: skip

        taken_in = await digest(
            "subscribers", "import", "people.csv", "--already-confirmed", "--yes"
        )
        assert await taken_in.wait() == 0
        sending = await digest("send", "--yes")
        said = ""
        async with asyncio.timeout(60):
            while "it goes on at" not in said:
                said += (await sending.stderr.readline()).decode()
        sending.send_signal(signal.SIGINT)
        out, rest = await asyncio.wait_for(sending.communicate(), 20)

    assert sending.returncode == 0
    waits = re.findall(r"^digest: (.* goes on at .*)$", said + rest.decode(), re.MULTILINE)
    assert len(waits) == 1
    assert re.fullmatch(
        rf"relay 'main' \(127.0.0.1:{options.port}\) has sent its 2 an hour \(per_hour\); "
        r"it goes on at (\d{4}-\d\d-\d\d )?\d\d:\d\d UTC",
        waits[0],
    )
    assert len(relay.taken) == 2
    assert "2 sent, 2 to be tried again" in out.decode()
    assert "Stopped. The rest waits for `digest work`." in out.decode()


def test_that_the_limits_let_too_few_leave_in_time_is_said_before_it_is_sent(desk):
    desk.configure("sample:")
    desk.write("config.toml", desk.config + RELAY.format(port=1))
    people = "".join(f"p{n}@example.org\n" for n in range(60))
    desk.write("people.csv", f"address\n{people}")
    desk.run("subscribers", "import", "people.csv", "--already-confirmed", "--yes")

    said = desk.run("send", "--dry-run")

    assert re.search(
        r"note: at the relays' limits the last leaves at about \d{4}-\d\d-\d\d \d\d:\d\d UTC; for "
        r"some 20 people that is too late: raise the limits",
        said.out,
    )

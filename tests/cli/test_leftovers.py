"""What was released and has not left: said, sent with the next one, and never called sent."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator

import pytest

from tests.deliver.relays import scripted
from tests.journeys.conftest import desk

__all__ = ["desk"]
RELAY = '[[deliver.relays]]\nname = "{name}"\nhost = "127.0.0.1"\nport = {port}\n'
# Told to stop while it writes the audience, three people at a time.
HALFWAY = """
import os, sys
from digest import cli
from digest.storage import enrolling

enrol = enrolling.enrol

def slowly(tx, issue, at, size):
    os.kill(os.getpid(), int(sys.argv[1]))
    return enrol(tx, issue, at, 3)

enrolling.enrol = slowly
cli.main(["send", "--yes"])
"""


def ready(desk, *people: str, **relays: int) -> None:
    """``relays``: name to port; none: a Maildir."""
    desk.configure("sample:")
    use(desk, **relays)
    desk.write("people.csv", "address\n" + "".join(f"{one}@example.org\n" for one in people))
    assert desk.run("subscribers", "import", "people.csv", "--already-confirmed", "--yes").code == 0


def use(desk, **relays: int) -> None:
    config = desk.config.partition("[deliver]")[0]
    if relays:
        tables = "".join(RELAY.format(name=name, port=port) for name, port in relays.items())
        config += f'[deliver]\ntransport = "smtp"\n{tables}'
    desk.write("config.toml", config)


@pytest.fixture
def dead() -> Iterator[int]:
    """A port that refuses: bound and not listened to, so that nobody else is given it."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        yield bound.getsockname()[1]


async def run(desk, *words: str):
    return await asyncio.to_thread(desk.run, *words)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_stopped_amid_its_release_it_says_so_and_the_issue_can_be_ended(desk, number):
    ready(desk, *(f"r{n}" for n in range(20)))

    stopped = subprocess.run(
        [sys.executable, "-c", HALFWAY, str(number.value)],
        cwd=desk.folder,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    half = (
        "issue 1 is half released and goes to nobody yet; `digest work` or `digest run` finishes "
        "and sends it, `digest issues cancel 1` ends it"
    )
    assert (stopped.returncode, stopped.stderr.splitlines()[-1]) == (
        130,
        f"digest: stopped; {half}",
    )
    assert half in desk.run("status").out
    assert "people so far, enrolling" in desk.run("issues", "list").out
    assert half in desk.run("issues", "pause", "1").err

    assert desk.run("issues", "cancel", "1", "--yes").code == 0
    assert desk.run("work", "--once").out.startswith("0 sent, 0 to be tried again")
    assert "cancelled: " in desk.run("status").out


async def test_the_next_send_says_what_waits_and_sends_it_though_there_is_no_new_issue(desk, dead):
    await asyncio.to_thread(ready, desk, "ada", "grace", main=dead)
    first = await run(desk, "send", "--yes")
    assert (first.code, "0 sent, 2 to be tried again" in first.out) == (1, True)

    again = await run(desk, "send", "--yes", "--extra", "--since", "2026-01-01T00:00+00:00")
    assert "Issue 1, daily" in again.out
    assert "2 have not left yet, 2 of them are due; what is due goes now, too" in again.out
    assert "In all, with earlier issues and letters: 0 sent, 4 to be tried again" in again.out

    async with scripted() as (relay, options):
        use(desk, main=options.port)
        mended = await run(desk, "send", "--yes")

    assert mended.code == 0, mended.err
    assert "No mail: " in mended.out
    assert mended.out.endswith("Of what waited: 4 sent, 0 to be tried again, 0 failed, 0 skipped\n")
    assert len(relay.taken) == 4


async def test_an_issue_that_is_made_already_and_has_not_left_names_what_sends_it(desk, dead):
    await asyncio.to_thread(ready, desk, "ada", main=dead)
    await run(desk, "send", "--yes")

    again = await run(desk, "send", "--yes", "--since", "2026-01-01T00:00+00:00")

    assert again.code == 1
    assert "is made already, and 1 of issue 1 has not left yet: `digest work` sends" in again.err
    assert "--extra" not in again.err


async def test_a_dead_relay_is_no_failure_where_another_took_everything(desk, dead):
    people = [f"r{n}" for n in range(60)]
    async with scripted() as (relay, options):
        await asyncio.to_thread(ready, desk, *people, gone=dead, main=options.port)
        sent = await run(desk, "send", "--yes")

        assert (sent.code, "60 sent, 0 to be tried again" in sent.out) == (0, True), sent.err
        assert "relay 'gone'" in sent.err
        assert "not all of it" not in sent.err
        assert len(relay.taken) == 60


async def test_without_its_password_nothing_is_released_and_the_doctor_goes_on(desk, dead):
    await asyncio.to_thread(ready, desk, "ada", main=dead)
    desk.write("config.toml", f'{desk.config}username = "u"\npassword_env = "NOPE_PW"\n')

    said = await run(desk, "send", "--yes")

    assert said.code == 2
    assert "set the environment variable NOPE_PW" in said.err
    assert (await run(desk, "issues", "list")).out.startswith("No issue yet.")
    looked = await run(desk, "doctor", "--nameserver", "127.0.0.1", "--nameserver-port", "9")
    assert looked.code == 1
    assert "BAD   relay: deliver.relays 'main' needs a password" in looked.out
    assert "database: " in looked.out


async def test_a_correction_counts_its_own_and_fails_where_it_cannot_leave(desk, dead):
    await asyncio.to_thread(ready, desk, "ada", "grace")
    await run(desk, "send", "--yes")
    use(desk, main=dead)
    await run(desk, "subscribers", "add", "late@example.org", "--already-confirmed")
    since = ("--since", "2026-01-01T00:00+00:00")
    assert (await run(desk, "send", "--yes", "--extra", *since)).code == 1

    failed = await run(desk, "issues", "correct", "1", "--yes", "--note", "Oh")
    assert failed.code == 1
    assert "Issue 3 corrects 1: 0 sent, 2 to be tried again" in failed.out
    assert "not all of it could leave" in failed.err

    use(desk)
    await run(desk, "issues", "cancel", "3", "--yes")
    counted = await run(desk, "issues", "correct", "1", "--yes", "--note", "Oh")
    assert counted.code == 0, counted.err
    assert "Issue 4 corrects 1: 2 sent, 0 to be tried again" in counted.out
    assert "In all, with earlier issues and letters: 5 sent" in counted.out


async def test_what_has_not_left_to_all_is_not_corrected(desk, dead):
    await asyncio.to_thread(ready, desk, "ada", main=dead)
    await run(desk, "send", "--yes")

    said = await run(desk, "issues", "correct", "1", "--yes", "--note", "Oh")

    assert said.code == 1
    assert "1 of issue 1 have not left and would get it uncorrected" in said.err
    assert (
        "keep them back with `digest issues cancel 1`: they get no correction either, and its page "
        "in the archive will say that it was withdrawn" in said.err
    )


async def test_a_test_that_is_refused_names_relay_stage_words_and_cure(desk):
    refuse = lambda said: "550 5.7.1 sender not verified\r\n" if said[:4] == "MAIL" else None  # noqa: E731 -- said where it is used
    async with scripted(refuse) as (_, options):
        await asyncio.to_thread(ready, desk, main=options.port)
        said = await run(desk, "send", "--to", "editor@example.org")

    assert (said.code, said.err.splitlines()[-1]) == (
        1,
        f"digest: {options.label} refuses the test at MAIL FROM (550 5.7.1 sender not verified); "
        "have it accept the sender digest@quayside.example, or set another as "
        "newsletters.*.sender",
    )


async def test_alerts_and_tests_go_by_the_next_relay_where_the_first_is_dead(desk, dead):
    async with scripted() as (relay, options):
        await asyncio.to_thread(ready, desk, gone=dead, main=options.port)
        operator = '[site]\noperator = "editor@quayside.example"'
        config = desk.config.replace("[site]", operator)
        desk.write("config.toml", f"{config}\n[alerts]\ndisk_mb = 1_000_000_000\n")
        told = await run(desk, "alerts", "--tell")
        tried = await run(desk, "send", "--to", "editor@example.org")

    assert (told.code, tried.code) == (0, 0), told.err + tried.err
    assert len(relay.taken) == 2

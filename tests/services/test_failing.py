"""Relays that fail in the middle of it, and refusals that may mean us or a reader."""

from __future__ import annotations

import asyncio
import itertools
from dataclasses import replace
from uuid import uuid4

import pytest

from digest.deliver import smtp
from digest.deliver.allowance import Domains, Lane
from digest.deliver.choice import Circuit
from digest.deliver.journal import Journal
from digest.deliver.line import STILL
from digest.deliver.lines import Lines
from digest.deliver.outbox import Consequence
from digest.deliver.relay import RelayOptions, Security
from digest.deliver.throttle import Pace
from digest.deliver.tray import Tray
from digest.errors import Temporary
from digest.services.dispatch import all_settled
from tests.builders import NOW
from tests.deliver.relays import HANG_UP, a_message, scripted
from tests.services.posthouse import PostHouse, later

REFUSED = "550 5.7.1 only those we know may write to it\r\n"
IRONPORT = "550 #5.7.1 Your access to submit messages to this e-mail system has been rejected.\r\n"
UNCLEAR = "554 Transaction failed\r\n"


@pytest.fixture
def house(store, tmp_path):
    return PostHouse(store, tmp_path)


async def test_a_relay_that_opens_and_takes_nothing_rests_and_another_carries_the_rest(house):
    await house.join(*(f"r{n:02}" for n in range(40)))
    await house.release()

    async with (
        scripted(lambda c: HANG_UP if c == "END" else None) as (bad, a),
        scripted() as (good, b),
    ):
        progress = await house.send(
            replace(a, name="bad", max_connections=1), replace(b, name="good", max_connections=1)
        )

    assert bad.connections == 3
    assert progress.tally.sent == len(good.taken) == 37  # and three that it may have
    [told] = house.told
    assert told == progress.troubles[0]
    assert "takes our connection and breaks it off" in told


async def test_connections_that_are_lost_at_once_are_one_failure_and_all_open_again(tmp_path):
    carry, told = Carry(), []
    tray = Tray(1, Journal(tmp_path / "worker-1.journal"), signal=lambda: None)
    tray.journal.begin(uuid4())
    tray.boxes[0].ready.extend(a_message(ref=n, recipient="ada@x.example") for n in range(50))
    options = RelayOptions(name="main", host="relay", port=25, security=Security.NONE)
    lines = Lines(
        [(replace(options, max_connections=8), Lane(name="main"))],
        Domains(Pace(), {}, NOW.timestamp()),
        tray,
        carry=carry,
        clock=lambda: NOW,
        tell=told.append,
    )

    async def look() -> int:
        for _ in range(3):
            lines.adjust()
            await asyncio.sleep(0)
        return lines.connections

    assert await look() == 8
    carry.broken.set()
    await asyncio.wait([task for line in lines._lines for task in line.open])
    assert lines.lanes[0].circuit.failures == 1
    assert told == ["relay 'main' (relay:25) was lost"]

    carry.broken.clear()
    assert await look() == 1  # open, and that proves nothing yet
    message = carry.feed.take(lambda: None)
    carry.feed.departing(message)
    carry.feed.accepted(message, b"250 2.0.0 Ok")
    assert await look() == 8
    assert lines.lanes[0].circuit == Circuit()
    carry.broken.set()
    await lines.close()


class Carry:
    """Connections that are open at once, and lost when it is ``broken``."""

    def __init__(self) -> None:
        self.broken = asyncio.Event()

    async def __call__(self, relay, feed, connected):
        self.feed = feed
        connected()
        await self.broken.wait()
        raise Temporary(f"{relay.label} was lost")


async def test_what_nobody_foresaw_is_told_and_the_relay_rests_while_another_goes_on(house):
    await house.join(*(f"r{n:02}" for n in range(10)))
    await house.release()
    tried = []

    async def carry(relay, feed, opened):
        if relay.name == "good":
            await smtp.carry(relay, feed, opened)
            return
        tried.append(relay.name)
        raise ValueError("surrogates not allowed")

    async with scripted() as (good, options):
        bad, good_one = replace(options, name="bad"), replace(options, name="good")
        progress = await house.send(bad, good_one, carry=carry, until=all_settled)

    assert (progress.tally.sent, len(good.taken), len(tried)) == (10, 10, 3)
    assert house.told == progress.troubles
    assert "relay 'bad'" in house.told[0]
    assert "ValueError: surrogates not allowed; this is a mistake of Digest's" in house.told[0]


async def test_the_last_messages_are_not_kept_for_a_relay_that_stands_still(house, tmp_path):
    tray = Tray(1, Journal(tmp_path / "worker-1.journal"), signal=lambda: None)
    tray.journal.begin(uuid4())
    hangs = RelayOptions(name="hangs", host="a", max_connections=1)
    goes = RelayOptions(name="goes", host="b", max_connections=1)
    doors = {}

    async def carry(relay, feed, opened):
        doors[relay.name] = feed
        opened()
        await asyncio.Event().wait()

    lines = Lines(
        [(hangs, Lane(name="hangs")), (goes, Lane(name="goes"))],
        Domains(Pace(), {}, NOW.timestamp()),
        tray,
        carry=carry,
        clock=house.clock,
        tell=house.told.append,
        drain_seconds=0.0,
    )

    async def rooms() -> dict[str, int]:
        lines.adjust()
        await asyncio.sleep(0)
        return {name: door.room for name, door in doors.items()}

    tray.boxes[0].ready.extend(a_message(ref=n, recipient="ada@x.example") for n in range(3))
    await rooms()
    assert await rooms() == {"hangs": 2, "goes": 1}
    flying = {name: door.take(lambda: None) for name, door in doors.items()}
    for name, message in flying.items():
        doors[name].departing(message)
    assert (await rooms())["hangs"] == 1  # it may yet answer

    later(house, seconds=STILL)
    doors["goes"].accepted(flying["goes"], b"250 2.0.0 Ok")
    assert await rooms() == {"hangs": 0, "goes": 1}

    doors["hangs"].accepted(flying["hangs"], b"250 2.0.0 Ok")
    assert (await rooms())["hangs"] == 1
    await lines.close()


@pytest.mark.parametrize("answer", [REFUSED, UNCLEAR])
async def test_one_reader_who_may_not_be_written_to_is_not_all(house, answer):
    await house.join(*(f"r{n:02}" for n in range(30)))
    await house.release()
    asked = itertools.count()

    def fifth(command: str) -> str | None:
        return answer if command.startswith("RCPT") and next(asked) == 4 else None

    async with scripted(fifth) as (_, options):
        progress = await house.send(replace(options, max_connections=1))

    assert (progress.tally.sent, progress.tally.failed, progress.troubles) == (29, 1, [])
    assert list((await house.states()).values()).count("failed") == 1
    [(_, _, means)] = house.blamed
    assert means is (Consequence.COUNT if answer == UNCLEAR else Consequence.PAUSE_RELAY)


@pytest.mark.parametrize("answer", [REFUSED, IRONPORT, UNCLEAR])
async def test_a_relay_that_refuses_everybody_is_paused_and_fails_nobody(house, answer):
    await house.join(*(f"r{n:02}" for n in range(30)))
    await house.release()

    async with scripted(lambda c: answer if c.startswith("RCPT") else None) as (relay, options):
        progress = await house.send(options)

    assert set((await house.states()).values()) == {"queued"}
    assert "refuses us and is not used any more: 55" in progress.troubles[0]
    assert house.blamed == []
    assert sum(c.startswith("RCPT") for c in relay.heard) <= 3 + 2 * options.max_connections


@pytest.mark.parametrize("answer", [REFUSED, UNCLEAR])
@pytest.mark.parametrize("names", [["ada"], ["ada", "grace"]])
async def test_while_nobody_knows_whom_a_refusal_means_nothing_is_given_up(house, answer, names):
    await house.join(*names)
    await house.release()

    async with scripted(lambda c: answer if c.startswith("RCPT") else None) as (_, options):
        progress = await house.send(options)

    assert await house.states() == dict.fromkeys(names, "queued")
    assert f"refuses us, or those readers: {answer[:9]}" in progress.troubles[0]
    assert house.told == progress.troubles
    assert house.blamed == []

"""What is claimed does not grow old in the tray, whatever holds it up there."""

from __future__ import annotations

import asyncio
import re
from asyncio import TaskGroup
from collections.abc import Awaitable, Callable
from dataclasses import replace

import pytest

from digest.deliver import pipeline, throttle
from digest.deliver.allowance import Lane
from digest.deliver.feed import OVER
from digest.deliver.freshness import FRESH
from digest.deliver.relay import RelayOptions
from digest.deliver.watch import Watch
from digest.errors import Temporary
from digest.services.dispatch import all_settled
from digest.storage import posting
from tests.deliver.relays import ALL, scripted
from tests.services.posthouse import PostHouse, later

RELAY = RelayOptions(name="main", host="127.0.0.1", max_connections=1)


class Hanging:
    """A relay that says nothing after its first message until ``go``."""

    def __init__(self) -> None:
        self.hangs, self.go = asyncio.Event(), asyncio.Event()
        self.taken: list[str] = []

    async def carry(self, relay, feed, opened):
        opened()
        more = asyncio.Event()
        while (message := feed.take(more.set)) is not OVER:
            if message is None:
                await more.wait()
                more.clear()
                continue
            feed.departing(message)
            self.taken.append(message.recipient.partition("@")[0])
            self.hangs.set()
            await self.go.wait()
            feed.accepted(message, b"250 2.0.0 Ok")


@pytest.fixture
async def house(store, tmp_path):
    house = PostHouse(store, tmp_path)
    await house.join("ada", "grace", "edsger")
    await house.release()
    return house


async def sent_to(house: PostHouse, meanwhile: Callable[[str], Awaitable[None]]) -> list[str]:
    """Whom it sent to: ``meanwhile`` is told who was first, and the relay goes on once somebody
    was skipped for it."""
    relay = Hanging()

    def show(progress):
        if progress.tally.skipped:
            relay.go.set()

    idle = house.office()  # what is claimed of one office grows old whatever another has
    dispatch = house.dispatch(RELAY, carry=relay.carry, show=show, beside=[idle])
    async with asyncio.timeout(20), TaskGroup() as group:
        group.create_task(dispatch.run(all_settled))
        await relay.hangs.wait()
        await meanwhile(relay.taken[0])
    return relay.taken


@pytest.mark.parametrize("bdat", [False, True])
async def test_who_leaves_while_their_message_is_announced_to_a_relay_that_hangs(
    house, monkeypatch, bdat
):
    hangs, go, patient = asyncio.Event(), asyncio.Event(), asyncio.Event()

    class Impatient(Watch):
        long = property(lambda _: go.is_set() and not patient.is_set(), lambda *_: None)

    async def before(command):
        if command == "END" and not go.is_set():
            hangs.set()
            await go.wait()
        elif command.startswith("EHLO") and go.is_set():
            patient.set()

    monkeypatch.setattr(pipeline, "Watch", Impatient)
    offers = (*ALL, "CHUNKING")
    async with (
        scripted(offers=offers) as (relay, options),
        asyncio.timeout(20),
        TaskGroup() as group,
    ):
        relay.before = before
        dispatch = house.dispatch(replace(options, max_connections=1, bdat=bdat))
        group.create_task(dispatch.run(all_settled))
        await hangs.wait()
        # What is announced is written with the dot, and so it has been read with it.
        [left] = re.findall(rb"RCPT TO:<(.+?)@", relay.reads[-1])
        left = left.decode()
        await house.leave(left)
        go.set()

    assert (await house.states())[left] == "skipped: left"
    assert len(relay.taken) == 2
    assert not any(f"{left}@".encode() in one for one in relay.taken)
    assert relay.connections == 2


async def test_who_leaves_while_a_relay_hangs_is_not_written_to(house):
    async def leave(first):
        await house.leave(next(name for name in ("ada", "grace") if name != first))
        later(house, seconds=FRESH.total_seconds())

    taken = await sent_to(house, leave)

    assert len(taken) == 2
    assert sorted((await house.states()).values()) == ["sent", "sent", "skipped: left"]


async def test_what_a_machine_slept_over_is_not_sent_when_it_wakes(house):
    async def sleep(_):
        later(house, hours=25)

    assert len(await sent_to(house, sleep)) == 1
    assert sorted((await house.states()).values()) == ["sent", "skipped: stale", "skipped: stale"]


async def test_what_was_claimed_before_the_database_failed_is_claimed_anew(house, monkeypatch):
    relay, read = Hanging(), house.store.read
    relay.go.set()
    down, failed = [True], asyncio.Event()

    async def reading(question, *args, **given):
        if question is posting.edition and down:
            failed.set()
            raise Temporary("the database does not answer")
        return await read(question, *args, **given)

    monkeypatch.setattr(house.store, "read", reading)
    dispatch = house.dispatch(RELAY, carry=relay.carry)
    async with asyncio.timeout(20), TaskGroup() as group:
        group.create_task(dispatch.run(all_settled))
        await failed.wait()
        await house.leave("ada")
        down.clear()

    assert sorted(relay.taken) == ["edsger", "grace"]
    assert (await house.states())["ada"] == "skipped: left"


async def test_at_a_limit_nothing_is_held_back_either(house):
    held = []

    class Spy:
        """An office that says when it is to hold nothing any more."""

        def __init__(self, inner):
            self._inner = inner

        def __getattr__(self, name):
            return getattr(self._inner, name)

        async def let_go(self, lease, now):
            held.append(now)
            await self._inner.let_go(lease, now)

    def show(_):
        seen.append(len(held))
        dispatch.stop()

    seen = []
    limits = throttle.limited(hour=5)
    used = throttle.left(limits, 5, house.now.timestamp())
    lane = Lane(name="main", limits=limits, pace=used)
    dispatch = house.dispatch(RELAY, lanes=[lane], sealed=Spy, show=show, carry=Hanging().carry)
    await dispatch.run(all_settled)

    assert seen[0] == 1

"""What we sign ourselves is signed ahead of what leaves, and nobody is lost by it."""

from __future__ import annotations

import asyncio
import itertools

import dkim as verifier
import pytest

from digest.deliver import signing
from digest.deliver.dkim import Body, Key, generate_rsa, record
from digest.deliver.relay import RelayOptions, Security
from digest.deliver.sealing import SealingOffice
from digest.errors import Temporary
from tests.deliver.relays import scripted
from tests.services.posthouse import PostHouse, until_done

KEY = Key(domain="quayside.example", selector="s1", pem=generate_rsa())


@pytest.fixture
def house(store, tmp_path):
    return PostHouse(store, tmp_path)


async def sign(messages, *, at):
    await asyncio.sleep(0)
    return signing.signed(messages, keys=(KEY,), at=at, body=Body.RELAXED)


def sealed(by=sign):
    return lambda office: SealingOffice(office, by, workers=2, batch=3)


async def test_everybody_is_sent_it_once_with_a_signature_that_verifies(house):
    await house.join(*(f"r{n}" for n in range(40)))
    await house.release()

    async with scripted() as (relay, options):
        progress = await house.send(options, sealed=sealed(), until=until_done)

    _, txt = record(KEY)
    assert (progress.tally.sent, len(relay.taken), progress.waiting) == (40, 40, 0)
    assert (
        len({one.partition(b"Message-ID:")[2].partition(b"\r\n")[0] for one in relay.taken}) == 40
    )
    for one in relay.taken[:5]:
        assert verifier.verify(one, dnsfunc=lambda *_, **__: txt.encode())


async def test_what_is_being_signed_when_it_is_told_to_stop_waits_for_the_next(house):
    await house.join(*(f"r{n}" for n in range(40)))
    await house.release()
    batches, ends, some_left = itertools.count(1), itertools.count(1), asyncio.Event()

    def say(command):
        if command == "END" and next(ends) == 3:
            some_left.set()
        return ""

    async def two_batches(messages, *, at):
        number = next(batches)
        if number > 1:
            await some_left.wait()
            dispatch.stop()
        if number > 2:
            await asyncio.Event().wait()
        return await sign(messages, at=at)

    async with scripted(say) as (relay, options):
        dispatch = house.dispatch(options, sealed=sealed(two_batches))
        await dispatch.run(until_done)
        first = len(relay.taken)
        states = set((await house.rows("state", "attempts")).values())
        progress = await house.send(options, sealed=sealed(), until=until_done)

    assert 3 <= first <= 6
    assert states == {("sent", 1), ("queued", 0)}
    assert (progress.tally.sent, len(relay.taken)) == (40 - first, 40)


async def test_it_stops_even_where_signing_hangs(house, monkeypatch):
    monkeypatch.setattr("digest.deliver.sealing.PATIENCE", 0.05)
    await house.join(*(f"r{n}" for n in range(10)))
    await house.release()

    async def hanging(messages, *, at):
        dispatch.stop()
        await asyncio.Event().wait()

    async with scripted() as (relay, options):
        dispatch = house.dispatch(options, sealed=sealed(hanging))
        async with asyncio.timeout(8):  # the signer's own limit is later
            await dispatch.run(until_done)

    assert relay.taken == []
    assert set((await house.rows("state", "attempts", "lease")).values()) == {("queued", 0, None)}


async def test_it_does_not_end_while_some_are_being_signed(house, monkeypatch):
    monkeypatch.setattr("digest.deliver.sealing.PATIENCE", 0.001)
    monkeypatch.setattr("digest.services.dispatch.IDLE_LOOK", 0.01)
    await house.join(*(f"r{n}" for n in range(10)))
    await house.release()
    go_on, looks = asyncio.Event(), itertools.count(1)

    async def slow(messages, *, at):
        await go_on.wait()
        return await sign(messages, at=at)

    def show(_):
        if next(looks) == 5:
            go_on.set()

    async with scripted() as (relay, options):
        progress = await house.send(options, sealed=sealed(slow), show=show)

    assert (progress.tally.sent, len(relay.taken)) == (10, 10)


async def test_nothing_is_held_for_a_relay_that_cannot_be_reached(house):
    await house.join(*(f"r{n}" for n in range(40)))
    await house.release()
    nobody = RelayOptions(name="main", host="127.0.0.1", port=1, security=Security.NONE)

    await house.send(nobody, sealed=sealed())

    assert set((await house.rows("state", "attempts", "lease")).values()) == {("queued", 0, None)}


async def test_what_could_not_be_signed_for_want_of_a_worker_is_tried_again(house):
    await house.join(*(f"r{n}" for n in range(10)))
    await house.release()
    broken = [2]

    async def failing(messages, *, at):
        if broken[0]:
            broken[0] -= 1
            raise Temporary("the messages could not be signed: the worker crashed")
        return await sign(messages, at=at)

    async with scripted() as (relay, options):
        progress = await house.send(options, sealed=sealed(failing), until=until_done)

    assert (progress.tally.sent, len(relay.taken)) == (10, 10)
    assert set((await house.rows("state", "attempts")).values()) == {("sent", 1)}

"""A restart forgets no limit and no refusal; the operator's word and another worker's are heard."""

from __future__ import annotations

import contextlib
from datetime import timedelta
from uuid import UUID

import pytest

from digest.deliver import memory, throttle
from digest.deliver.allowance import Domains, Lane
from digest.deliver.choice import Circuit
from digest.deliver.journal import Journal
from digest.deliver.lines import Lines
from digest.deliver.relay import RelayOptions
from digest.deliver.throttle import Pace
from digest.deliver.tray import Tray
from digest.errors import Misconfigured, Temporary
from digest.services import pacing
from digest.services.dispatch import nothing_due
from digest.services.pacing import Pacing
from digest.storage import paces
from digest.storage.paces import Of
from tests.builders import NOW
from tests.deliver.relays import scripted
from tests.services.posthouse import PostHouse, later

HOURLY = throttle.limited(hour=5)
T = NOW.timestamp()


@pytest.fixture
def house(store, tmp_path):
    return PostHouse(store, tmp_path)


@pytest.fixture
def journal(tmp_path):
    with Journal(tmp_path / "worker-1.journal") as made:
        made.begin(UUID(int=7))
        yield made


def lines(house, journal, *names: str) -> Lines:
    ways = [
        (RelayOptions(name=name, host="127.0.0.1"), Lane(name=name, limits=HOURLY, pace=HOURLY))
        for name in names
    ]
    tray = Tray(1, journal, lambda: None)

    async def carry(*_: object) -> None: ...

    return Lines(
        ways, Domains(Pace(), {}, T), tray, carry=carry, clock=house.clock, tell=house.told.append
    )


async def test_an_hours_limit_holds_across_a_restart(house):
    await house.join(*(f"r{n}" for n in range(8)))
    await house.release()
    lane = Lane(name="main", limits=HOURLY, pace=HOURLY)

    async with scripted() as (relay, options):
        for _ in range(2):
            await _until_the_limit(house, relay, options, lane)
        assert len(relay.taken) == 5
        later(house, minutes=62)
        await house.send(options, lanes=[lane], memory=Pacing(house.store))

    assert len(relay.taken) == 8


async def _until_the_limit(house, relay, options, lane) -> None:
    """It would go on, and wait for the hour to be over."""

    def show(_: object) -> None:
        if len(relay.taken) == 5:
            dispatch.stop()

    dispatch = house.dispatch(options, lanes=[lane], memory=Pacing(house.store), show=show)
    await dispatch.run(nothing_due)


async def test_a_wait_at_a_limit_is_told_once_with_its_end_and_shown_as_long_as_it_lasts(house):
    await house.join(*(f"r{n}" for n in range(8)))
    await house.release()
    shown = []

    def show(progress) -> None:
        shown.append(progress.waits_until)
        if len(shown) > 3 and all(shown[-3:]):
            dispatch.stop()

    async with scripted() as (relay, options):
        lane = Lane(name="main", limits=HOURLY, pace=HOURLY)
        dispatch = house.dispatch(options, lanes=[lane], show=show)
        progress = await dispatch.run(nothing_due)

    assert (len(relay.taken), progress.waiting) == (5, 3)
    assert shown[-1] == NOW.replace(hour=7, minute=31)
    port = options.port
    assert house.told == [
        f"relay 'main' (127.0.0.1:{port}) has sent its 5 an hour (per_hour); it goes on at 07:31 UTC"
    ]


async def test_a_refusal_outlives_a_restart_until_the_operator_resumes(house):
    await house.join("ada")
    await house.release()

    async with scripted(
        lambda c: "554 5.7.1 who are you\r\n" if c.startswith("MAIL") else None
    ) as (relay, options):
        await house.send(options, memory=Pacing(house.store))
        again = await house.send(options, memory=Pacing(house.store))
        assert relay.connections == 1
    assert again.troubles[0].endswith("`digest relays resume main`")
    assert house.told == again.troubles * 2  # who starts with it says so
    assert (await pacing.known(house.store))["main"].paused == "554 5.7.1 who are you"

    await pacing.resume(house.store, "main", NOW)

    async with scripted() as (relay, options):
        later(house, minutes=2)
        await house.send(options, memory=Pacing(house.store))
    assert await house.states() == {"ada": "sent"}
    with pytest.raises(Misconfigured, match="nothing to resume"):
        await pacing.resume(house.store, "main", NOW)


async def test_a_relay_that_rests_is_tried_once_by_a_new_start(house, journal):
    first, second = lines(house, journal, "main"), lines(house, journal, "main")
    own = Pacing(house.store)
    await own.load(first)
    first.turn("main", Circuit(rests=2, closed_until=T + 900))
    await own.save(first, NOW)
    assert not first.usable

    await Pacing(house.store).load(second)

    assert second.usable
    assert second.lanes[0].circuit.failed(T).closed_until > T  # and one failure is enough


async def test_why_a_relay_rests_is_remembered_until_it_works(house):
    await house.join("ada")
    await house.release()

    async with scripted(greeting="554 go away\r\n") as (_, options):
        await house.send(options, memory=Pacing(house.store))
        said = (await pacing.known(house.store))["main"].trouble
        assert said.startswith(f"relay 'main' (127.0.0.1:{options.port}) ")
        assert "go away" in said

    async with scripted() as (_, options):
        later(house, hours=1)
        await house.send(options, memory=Pacing(house.store))
    assert (await pacing.known(house.store))["main"] == Circuit()


async def test_a_relay_whose_rest_is_over_can_be_resumed_before_it_is_tried(store):
    rested = Circuit(rests=5, closed_until=T - 1, trouble="relay 'main' (sink:25) is gone")
    await store.write(paces.save, Of.CIRCUIT, {"main": memory.of_circuit(rested)}, NOW)

    await pacing.resume(store, "main", NOW)

    assert await pacing.known(store) == {"main": Circuit()}


async def test_a_running_worker_hears_of_a_resume_and_of_another_workers_refusal(house, journal):
    mine, theirs = lines(house, journal, "main"), lines(house, journal, "main")
    me, them = Pacing(house.store), Pacing(house.store)
    await me.load(mine)
    await them.load(theirs)

    theirs.turn("main", Circuit(paused="554 no"))
    await them.save(theirs, NOW)
    await me.save(mine, NOW)
    assert not mine.usable
    assert "554 no" in mine.troubles[0]

    await pacing.resume(house.store, "main", NOW)
    await me.save(mine, NOW)
    await them.save(theirs, NOW)
    assert mine.usable
    assert theirs.usable


async def test_what_has_not_changed_is_not_written_again(house, journal, monkeypatch):
    one = lines(house, journal, "main", "spare")
    own = Pacing(house.store)
    await own.load(one)
    await own.save(one, NOW)
    written: list[object] = []
    write = house.store.write

    async def counted(change, *args):
        written.append(change)
        return await write(change, *args)

    monkeypatch.setattr(house.store, "write", counted)

    await own.save(one, NOW)

    assert written == []


async def test_a_domain_that_put_us_off_is_remembered(house, journal):
    first, second = lines(house, journal, "main"), lines(house, journal, "main")
    slow = throttle.limited(start=8.0)
    first._domains = Domains(slow, {}, T)
    second._domains = Domains(slow, {}, T)
    own = Pacing(house.store)
    await own.load(first)
    first.domains.deferred("slow.example", T)
    await own.save(first, NOW)

    await Pacing(house.store).load(second)

    assert not second.domains.may_go("slow.example")
    assert second.domains.may_go("quick.example")


async def test_a_clock_that_was_set_back_costs_an_hours_limit_an_hour(house, journal):
    ahead = NOW + timedelta(days=3)
    used = throttle.left(HOURLY, 5, ahead.timestamp())
    text = {"main": memory.of_pace(used)}
    await house.store.write(paces.save, paces.Of.RELAY, text, ahead)
    one, own = lines(house, journal, "main"), Pacing(house.store)
    await own.load(one)

    rooms = []
    for minutes in (0, 30, 59, 62):
        now = NOW + timedelta(minutes=minutes)
        await own.keep(one, now)
        [lane] = one.lanes
        rooms.append(throttle.room(lane.pace, now.timestamp()))

    assert rooms == [0, 0, 0, 1]  # five an hour are one at a time


async def test_what_left_while_the_database_failed_is_counted_when_it_is_back(
    house, journal, monkeypatch
):
    await house.store.write(paces.save, paces.Of.RELAY, {"main": memory.of_pace(HOURLY)}, NOW)
    one, own = lines(house, journal, "main"), Pacing(house.store)
    await own.load(one)
    write = house.store.write

    async def broken(*_: object) -> None:
        raise Temporary("the disk is full")

    for left, writes in ((2, broken), (2, write)):
        monkeypatch.setattr(house.store, "write", writes)
        one._lines[0].unkept += left
        with contextlib.suppress(Temporary):
            await own.keep(one, NOW)

    kept = await house.store.read(paces.known, paces.Of.RELAY)
    [window] = memory.pace(HOURLY, kept["main"]).windows
    assert window.room(T) == 1

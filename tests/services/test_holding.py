"""Several workers of one database never send more than a relay may have, in any stretch of time."""

from __future__ import annotations

import asyncio
import random
from bisect import bisect_right
from datetime import datetime, timedelta

import pytest

from digest.deliver import memory, throttle
from digest.deliver.allowance import HOLD_SECONDS, Lane
from digest.deliver.outcome import Accepted
from digest.deliver.relay import RelayOptions
from digest.deliver.transport import Outgoing
from digest.services.dispatch import nothing_due
from digest.services.pacing import Pacing
from digest.storage import paces
from digest.storage.paces import Of
from tests.builders import NOW
from tests.services.posthouse import PostHouse, later
from tests.services.workers import Worker

SECONDS = throttle.PERIODS


def most_in_any(seconds: float, moments: list[float]) -> int:
    """How many of the moments, at most, lie within so many seconds."""
    moments = sorted(moments)
    ends = (at + seconds - 1e-6 for at in moments)
    return max(bisect_right(moments, end) - n for n, end in enumerate(ends))


async def test_two_workers_of_one_file_send_what_a_second_may_have(store, tmp_path):
    house = PostHouse(store, tmp_path)
    await house.join(*(f"r{n}" for n in range(120)))
    await house.release()
    limits = throttle.limited(second=10)
    relay, left = RelayOptions(name="main", host="sink"), []

    async def carry(_, feed, opened) -> None:
        opened()
        while isinstance(message := feed.take(lambda: None), Outgoing):
            left.append(house.now.timestamp())
            feed.settle(message, Accepted(250, "2.0.0", "kept"))

    lane = Lane(name="main", limits=limits, pace=limits)
    workers = [
        house.dispatch(relay, lanes=[lane], memory=Pacing(store), carry=carry) for _ in range(2)
    ]
    while len(left) < 100 and house.now < NOW + timedelta(minutes=1):
        for worker in workers:
            await worker._round(nothing_due)
            for _ in range(20):
                await asyncio.sleep(0)
            later(house, seconds=0.125)
    for worker in workers:
        await worker._drain()

    assert len(left) >= 100
    assert most_in_any(1.0, left) <= 10
    assert left[-1] - left[0] < 20  # and not half as many


async def a_story(workers: list[Worker], seconds: float, dice: random.Random) -> list[float]:
    """When messages left, while workers take turns, send when they like, and at times dawdle."""
    left, now = [], NOW
    for worker in workers:
        worker.ready(5_000)
    while now < NOW + timedelta(seconds=3 * seconds):
        worker, dawdles = dice.choice(workers), dice.random() < 0.1
        now = at(workers, now + timedelta(seconds=dice.uniform(0, seconds / 25)))
        await worker.turn()
        now = at(workers, now + timedelta(seconds=dice.uniform(0, min(2.0, seconds / 25))))
        for one in workers if dawdles else [worker]:
            left += [now.timestamp()] * one.take(dice.randrange(12))
        if not dawdles:
            await worker.turn(ready=0)
    return left


def at(workers: list[Worker], now: datetime) -> datetime:
    for worker in workers:
        worker.now = now
    return now


@pytest.mark.parametrize(("window", "count"), [*zip(SECONDS, (2, 4, 3, 4), strict=True)])
async def test_no_stretch_of_time_sees_more_than_the_limit(store, window, count):
    limit, seconds = 12, SECONDS[window]
    workers = [
        Worker(store, NOW, throttle.limited(**{window: limit}), slow=True) for _ in range(count)
    ]

    left = await a_story(workers, seconds, random.Random(f"{window} {count}"))

    assert most_in_any(seconds, left) <= limit
    assert len(left) >= 2 * limit  # of three windows' worth: it is not lost by sharing


def two(store, **limits: int) -> list[Worker]:
    """Both with more to send than they may."""
    workers = [Worker(store, NOW, throttle.limited(**limits), slow=True) for _ in range(2)]
    for worker in workers:
        worker.ready(100)
    return workers


async def test_what_one_holds_no_other_sends_and_what_it_does_not_send_the_other_may(store):
    one, other = two(store, second=10)
    await one.turn()
    await other.turn()
    assert (other.take(100), one.take(3)) == (0, 3)

    await one.turn(ready=0)
    await other.turn()

    assert (one.take(100), other.take(100)) == (0, 7)


async def test_two_who_begin_at_one_instant_do_not_both_get_all(store):
    workers = two(store, second=10)

    await asyncio.gather(*(worker.turn() for worker in workers))

    assert sum(worker.take(100) for worker in workers) == 10


async def test_what_a_killed_worker_held_is_free_once_it_may_have_left_a_window_ago(store):
    killed, other = two(store, second=10)
    await killed.turn()

    for seconds, count in ((HOLD_SECONDS, 0), (HOLD_SECONDS + 0.9, 0), (HOLD_SECONDS + 1.1, 10)):
        other.now = NOW + timedelta(seconds=seconds)
        await other.turn()
        assert other.take(100) == count


async def test_who_stood_still_sends_nothing_of_what_others_may_have_meanwhile(store):
    stopped, other = two(store, second=10)
    await stopped.turn()
    assert stopped.take(4) == 4
    at([stopped, other], NOW + timedelta(seconds=HOLD_SECONDS + 1.1))

    await other.turn()

    assert (stopped.take(100), other.take(100)) == (0, 10)
    await stopped.turn()  # and what it had sent is counted once
    at([stopped, other], other.now + timedelta(seconds=HOLD_SECONDS + 1.1))
    await stopped.turn()
    assert stopped.take(100) == 10


async def test_a_clock_that_is_set_back_gives_no_room_twice_and_keeps_none_for_long(store):
    one, other = two(store, second=10)
    await one.turn()
    assert one.take(6) == 6
    at([one, other], NOW - timedelta(hours=1))

    await other.turn()
    assert (one.take(100), other.take(100)) == (0, 0)

    at([one, other], NOW - timedelta(hours=1) + timedelta(seconds=HOLD_SECONDS + 1.1))
    await other.turn()
    assert other.take(100) == 10


async def test_a_clock_that_is_a_moment_behind_forgets_nothing(store):
    ahead, behind = two(store, second=10)
    ahead.now = NOW + timedelta(seconds=0.9)
    await ahead.turn()
    assert ahead.take(10) == 10
    await ahead.turn(ready=0)

    await behind.turn()
    behind.now = NOW + timedelta(seconds=1.2)
    await behind.turn()

    assert behind.take(100) == 0


async def test_at_a_limit_and_while_nothing_leaves_nothing_is_written(store, monkeypatch):
    one, other = two(store, second=10)
    await one.turn()
    written = []

    async def write(*given):
        written.append(given)

    monkeypatch.setattr(store, "write", write)
    for worker in (one, other, one, other):
        await worker.turn()

    assert written == []
    assert one.take(100) == 10


async def test_who_ends_holds_nothing(store):
    one, _ = two(store, second=10)
    await one.turn()
    await one.paces.keep(one.lines, NOW)

    assert memory.held((await store.read(paces.known, Of.RELAY))["main"]) == {}

"""Two processes on one database: one leads, and the other takes over when it falls silent."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from digest.scheduler.leader import BEAT, PATIENCE, Leader
from digest.storage import leases
from digest.storage.database import Store
from tests.builders import NOW


class Seconds:
    """A clock that only goes forth, by hand."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
async def two(store, url):
    seconds = Seconds()
    other = await Store.open(url)
    yield (
        seconds,
        Leader(store, "a", seconds=seconds, clock=lambda: NOW),
        Leader(other, "b", seconds=seconds, clock=lambda: NOW),
    )
    await other.close()


async def test_of_two_that_begin_at_once_exactly_one_leads(two):
    _, a, b = two

    leads = await asyncio.gather(a.beat(), b.beat())

    assert sorted(leads) == [False, True]


async def test_who_leads_goes_on_leading_and_the_other_goes_on_waiting(two):
    seconds, a, b = two

    for _ in range(20):
        assert await a.beat()
        assert not await b.beat()
        seconds.now += BEAT


async def test_the_other_takes_over_within_fifteen_seconds_of_the_last_beat(two):
    seconds, a, b = two
    await a.beat()
    died = seconds.now

    while not await b.beat():
        seconds.now += BEAT

    assert PATIENCE <= seconds.now - died <= 15


async def test_who_was_away_too_long_and_comes_back_does_not_lead_beside_the_new_one(two):
    seconds, a, b = two
    await a.beat()
    await b.beat()
    seconds.now += PATIENCE
    assert await b.beat()

    assert not await a.beat()
    assert not a.leads


async def test_who_is_stopped_in_order_is_followed_at_once(two):
    _, a, b = two
    await a.beat()
    await b.beat()

    await a.resign()

    assert await b.beat()


async def test_when_each_beat_last_is_kept(store):
    later = NOW + timedelta(seconds=5)

    def story(tx):
        assert leases.take(tx, "other", leases.seen(tx, "other"), "b", later)
        before = leases.beaten(tx, leases.CLOCK)
        for at in (NOW, later):
            assert leases.take(tx, leases.CLOCK, leases.seen(tx, leases.CLOCK), "a", at)
        leases.take(tx, "other", leases.seen(tx, "other"), "b", NOW)
        return before, leases.beaten(tx, leases.CLOCK), leases.beaten(tx, "other")

    assert await store.write(story) == (None, later, NOW)


async def test_who_resigns_where_the_database_is_gone_ends_all_the_same(tmp_path):
    store = await Store.open(f"sqlite:///{tmp_path / 'digest.db'}")
    a = Leader(store, "a", seconds=Seconds(), clock=lambda: NOW)
    assert await a.beat()
    await store.write(_without_leases)

    await a.resign()  # what else went wrong is still to be heard

    assert not a.leads
    await store.close()


async def test_who_cannot_reach_the_database_steps_back_before_another_may_lead(tmp_path):
    seconds = Seconds()
    store = await Store.open(f"sqlite:///{tmp_path / 'digest.db'}")
    a = Leader(store, "a", seconds=seconds, clock=lambda: NOW)
    await a.beat()
    await store.write(_without_leases)

    heard = []
    for _ in range(4):
        heard.append((seconds.now - 100, await a.beat()))
        seconds.now += BEAT
    await store.close()

    assert heard[0] == (0, True)
    assert all(not leads for after, leads in heard if after >= PATIENCE - BEAT)


def _without_leases(tx):
    tx.exec_driver_sql("alter table leases rename to gone")

"""Limits hold across restarts and across the workers of one database."""

from __future__ import annotations

from datetime import timedelta

import pytest

from digest.deliver import throttle
from digest.deliver.outcome import Deferred, Stage
from digest.storage import paces
from digest.storage.database import Store
from digest.storage.paces import Of
from tests.builders import NOW
from tests.services.workers import Notes, Worker, a_worker


@pytest.fixture
async def store(tmp_path):
    opened = await Store.open(f"sqlite:///{tmp_path / 'digest.db'}")
    yield opened
    await opened.close()


async def test_a_restart_does_not_begin_the_minute_anew(store):
    first = a_worker(store)
    await first.paces.load(first.lines)
    sent = [await first.send(5) for _ in range(15)]

    second = a_worker(store, NOW + timedelta(seconds=10))
    await second.paces.load(second.lines)
    after = [await second.send(5) for _ in range(10)]

    assert (sum(sent), sum(after)) == (75, 25)


async def test_once_the_minute_is_over_there_is_room_again(store):
    first = a_worker(store)
    for _ in range(30):
        await first.send(5)

    second = a_worker(store, NOW + timedelta(seconds=62))
    await second.paces.load(second.lines)

    assert await second.send(5) == 5


async def test_two_workers_share_what_a_relay_may_have(store):
    workers = a_worker(store), a_worker(store)
    for worker in workers:
        await worker.paces.load(worker.lines)

    sent = [await worker.send(5) for _ in range(15) for worker in workers]

    assert sum(sent) == 100


async def test_a_limit_that_was_tightened_holds_and_what_has_left_counts(store):
    first = a_worker(store)
    for _ in range(8):
        await first.send(5)

    second = Worker(store, NOW, throttle.limited(minute=45))
    await second.paces.load(second.lines)

    assert sum([await second.send(3) for _ in range(10)]) == 5


async def test_no_more_leave_than_the_journal_has_places_for(store):
    worker = Worker(store, NOW, throttle.limited())
    worker.tray.journal = Notes()
    worker.tray.journal.room = worker.tray.spare + 3

    assert await worker.send(10) == 6  # three a round, and it runs two
    worker.tray.journal.room = worker.tray.spare
    assert await worker.send(0) == 0


async def test_relays_without_limits_write_nothing(store):
    worker = Worker(store, NOW, throttle.limited())

    assert await worker.send(50) == 50
    assert await store.read(paces.known, Of.RELAY) == {}


async def test_a_domain_that_put_us_off_is_treated_with_care_by_the_next_worker(store):
    slow = Deferred(451, "4.7.0", "slow down", Stage.RCPT)
    first = Worker(store, NOW, throttle.limited(), answer=slow)
    await first.send(1, "slow.example")
    await first.paces.save(first.lines, NOW)

    second = Worker(store, NOW, throttle.limited())
    await second.paces.load(second.lines)
    second.lines.adjust()

    assert list(await store.read(paces.known, Of.DOMAIN)) == ["slow.example"]
    assert not second.lines.domains.may_go("slow.example")
    assert second.lines.domains.may_go("quick.example")


async def test_a_domain_nobody_had_trouble_with_for_days_is_forgotten(store):
    slow = Deferred(451, "4.7.0", "slow down", Stage.RCPT)
    worker = Worker(store, NOW, throttle.limited(), answer=slow)
    await worker.send(1, "slow.example")
    await worker.paces.save(worker.lines, NOW)
    later = Worker(store, NOW + timedelta(days=3), throttle.limited(), answer=slow)
    await later.send(1, "other.example")

    await later.paces.save(later.lines, later.now)

    assert list(await store.read(paces.known, Of.DOMAIN)) == ["other.example"]

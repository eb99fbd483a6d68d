"""The operator's word holds at once: nothing of a paused or cancelled issue is claimed."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from functools import partial

import pytest
from sqlalchemy import update

from digest.errors import DigestError
from digest.services import release, steering
from digest.services.steering import Cancelled
from digest.storage import claims, desk, enrolling, posting
from digest.storage.postal import deliveries
from tests.builders import NOW
from tests.deliver.relays import scripted
from tests.services.posthouse import PostHouse
from tests.storage.ledger import claim


@pytest.fixture
async def house(store, tmp_path):
    house = PostHouse(store, tmp_path)
    await house.join("ada", "grace")
    await house.release()
    return house


async def put(house, name: str, **values: object) -> None:
    who = await house.id_of(name)
    change = update(deliveries).where(deliveries.c.subscriber == who).values(values)
    await house.store.write(lambda tx: tx.execute(change))


async def test_a_paused_issue_goes_on_where_it_was(house):
    await steering.pause(house.store, 1)
    async with scripted() as (relay, options):
        await house.send(options)
        assert relay.taken == []

        await steering.resume(house.store, 1, clock=house.clock)
        await house.send(options)

    assert await house.states() == {"ada": "sent", "grace": "sent"}


async def test_resumed_too_late_it_says_for_how_many(house):
    await put(house, "ada", expires_at=NOW + timedelta(hours=30))
    await steering.pause(house.store, 1)
    house.now = NOW + timedelta(hours=20)

    assert await steering.resume(house.store, 1, clock=house.clock) == 1

    async with scripted() as (_, options):
        await house.send(options)
    assert await house.states() == {"ada": "sent", "grace": "skipped: stale"}


async def test_cancelled_means_skipped_for_whoever_has_not_got_it(house):
    await put(house, "ada", state="sent")

    cancelled = await steering.cancel(house.store, 1, clock=house.clock)
    assert cancelled == Cancelled(skipped=1, claimed=0)

    assert await house.states() == {"ada": "sent", "grace": "skipped: cancelled"}
    with pytest.raises(DigestError, match="issue 1 is cancelled, not released"):
        await steering.pause(house.store, 1)
    with pytest.raises(DigestError, match="nothing of it is sent any more"):
        await steering.retry_failed(house.store, 1, clock=house.clock)


async def test_what_failed_is_tried_again_for_twenty_hours_more(house):
    await put(house, "ada", state="failed", settled_at=NOW)
    await put(house, "grace", state="held", settled_at=NOW)
    house.now = NOW + timedelta(hours=30)

    assert (await steering.retry_failed(house.store, 1, clock=house.clock)).queued == 2

    expires = {at for (at,) in (await house.rows("expires_at")).values()}
    assert expires == {NOW + timedelta(hours=50)}
    async with scripted() as (_, options):
        await house.send(options)
    assert await house.states() == {"ada": "sent", "grace": "sent"}


async def test_whoever_writes_meanwhile_waits_for_a_part_of_what_is_tried_again(house, monkeypatch):
    await put(house, "ada", state="failed", settled_at=NOW)
    await put(house, "grace", state="failed", settled_at=NOW)
    monkeypatch.setattr(steering, "batches", lambda ids: [[one] for one in ids])
    real, at_once = desk.retry, []

    def watched(tx, ids, now, until):
        at_once.append(real(tx, ids, now, until))
        return at_once[-1]

    monkeypatch.setattr(desk, "retry", watched)

    found = await steering.retry_failed(house.store, 1, clock=house.clock)
    assert (found.queued, found.barred) == (2, 0)
    assert at_once == [1, 1]


@pytest.mark.parametrize("act", [steering.pause, partial(steering.resume, clock=lambda: NOW)])
async def test_an_issue_that_is_not_there_is_said(house, act):
    with pytest.raises(DigestError, match="issue 9 is not there"):
        await act(house.store, 9)


async def test_only_a_paused_issue_is_resumed_and_only_a_released_one_paused(house):
    with pytest.raises(DigestError, match="issue 1 is released, not paused"):
        await steering.resume(house.store, 1, clock=house.clock)
    await steering.pause(house.store, 1)
    with pytest.raises(DigestError, match="issue 1 is paused, not released"):
        await steering.pause(house.store, 1)


async def test_a_half_released_issue_is_cancelled_and_whoever_writes_its_audience_stops(house):
    await house.join("edsger")
    again = house.prepared()
    again = replace(again, issue=replace(again.issue, period="extra-1"))
    half = await release.begin(house.store, again, clock=house.clock)
    await house.store.write(enrolling.enrol, half, NOW, 1)

    with pytest.raises(DigestError, match="issue 2 is half released"):
        await steering.pause(house.store, half)
    with pytest.raises(DigestError, match="issue 2 is half released"):
        await steering.retry_failed(house.store, half, clock=house.clock)
    assert (await steering.cancel(house.store, half, clock=house.clock)).skipped == 1

    assert await house.store.write(enrolling.enrol, half, NOW) == 0
    assert await release.finish(house.store, clock=house.clock) == []
    assert await house.store.read(posting.tally, half) == {"skipped: cancelled": 1}
    info = await house.store.read(desk.find, half)
    assert info is not None
    assert (info.state, info.released_at) == ("cancelled", None)


async def test_cancelling_goes_batch_by_batch_and_goes_on_where_it_was_stopped(house, monkeypatch):
    await put(house, "grace", state="held")
    await house.join("edsger", "barbara", "donald")
    again = house.prepared()
    await house.release(replace(again, issue=replace(again.issue, period="extra-1")))
    sizes = []

    def at_most_two(tx, issue, now):
        sizes.append(whole(tx, issue, now, limit=2))
        if len(sizes) == 2:
            raise RuntimeError("the plug is pulled")
        return sizes[-1]

    whole = desk.cancel_waiting
    monkeypatch.setattr(desk, "cancel_waiting", at_most_two)

    with pytest.raises(RuntimeError):
        await steering.cancel(house.store, 2, clock=house.clock)
    assert await house.store.read(posting.tally, 2) == {"skipped: cancelled": 2, "queued": 3}
    assert await house.store.read(posting.left_over) == [2]
    assert (await steering.cancel(house.store, 2, clock=house.clock)).skipped == 5

    assert sizes == [2, 2, 2, 1, 0]
    with pytest.raises(DigestError, match="issue 2 is cancelled, not"):
        await steering.cancel(house.store, 2, clock=house.clock)
    assert await house.store.read(posting.left_over) == []
    assert (await steering.cancel(house.store, 1, clock=house.clock)).skipped == 2


async def test_what_a_worker_skips_meanwhile_is_counted_as_cancelled(house, monkeypatch):
    whole = desk.cancel_waiting

    def beside(tx, issue, now):
        claims.withdraw(tx, now, 1)  # as one that gives something back
        return whole(tx, issue, now)

    monkeypatch.setattr(desk, "cancel_waiting", beside)

    assert (await steering.cancel(house.store, 1, clock=house.clock)).skipped == 2


async def test_what_a_stopped_cancelling_left_is_ended_by_the_next_worker(house):
    def stopped(tx):
        desk.turn(tx, 1, ("released",), "cancelled")
        desk.cancel_waiting(tx, 1, NOW, limit=1)

    await house.store.write(stopped)
    async with scripted() as (relay, options):
        await house.send(options)

    assert relay.taken == []
    assert set((await house.states()).values()) == {"skipped: cancelled"}


async def test_who_cancels_hears_how_many_a_worker_has_already(house):
    await house.store.write(lambda tx: claim(tx, "a" * 32, limit=1))

    found = await steering.cancel(house.store, 1, clock=house.clock)

    assert found == Cancelled(skipped=1, claimed=1)


async def test_of_a_corrected_issue_nothing_is_tried_again(house):
    await put(house, "ada", state="sent")
    await put(house, "grace", state="failed", settled_at=NOW)
    again = house.prepared()
    again = replace(again, issue=replace(again.issue, period="extra-1"))
    await house.release(again, corrects=1)

    with pytest.raises(DigestError, match="issue 1 is corrected by issue 2"):
        await steering.retry_failed(house.store, 1, clock=house.clock)

    await put(house, "ada", state="failed", settled_at=NOW)
    assert (await steering.retry_failed(house.store, 2, clock=house.clock)).queued == 1


async def test_what_was_put_off_goes_at_once_when_the_issue_is_resumed(house):
    """A domain's limit wrote hours into its row, and was taken out of the configuration since."""
    hours = timedelta(hours=4)
    await put(house, "ada", next_attempt_at=NOW + hours)
    await put(house, "grace", due_at=NOW + hours, next_attempt_at=NOW + hours)  # her own hour

    with pytest.raises(DigestError, match="issue 1 is released, not paused"):
        await steering.resume(house.store, 1, clock=house.clock)
    assert (await house.rows("next_attempt_at"))["ada"] == (NOW + hours,)
    await steering.pause(house.store, 1)
    await steering.resume(house.store, 1, clock=house.clock)

    assert await house.rows("next_attempt_at") == {"ada": (NOW,), "grace": (NOW + hours,)}

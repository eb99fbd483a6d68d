"""What has left counts after a restart, on either database."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from digest.deliver import memory, throttle
from digest.storage import paces
from digest.storage.database import Store
from digest.storage.paces import Of
from tests.builders import NOW


async def test_what_has_left_in_the_last_hour_counts_after_a_restart(store, url):
    limits, now = throttle.limited(hour=100), NOW.timestamp()
    used = throttle.left(limits, 60, now)
    await store.write(paces.save, Of.RELAY, {"main": memory.of_pace(used)}, NOW)
    again = await Store.open(url)

    found = await again.read(paces.known, Of.RELAY)
    await again.close()

    assert list(found) == ["main"]
    (window,) = memory.pace(limits, found["main"]).windows
    assert window.room(now + 1800) == 40


async def test_the_newest_text_is_kept_and_kinds_are_not_mixed_up(store):
    await store.write(paces.save, Of.RELAY, {"main": "1", "second": "2"}, NOW)
    await store.write(paces.save, Of.DOMAIN, {"main": "slow"}, NOW)
    await store.write(paces.save, Of.RELAY, {"main": "3"}, NOW + timedelta(hours=1))
    await store.write(paces.save, Of.RELAY, {}, NOW)

    assert await store.read(paces.known, Of.RELAY) == {"main": "3", "second": "2"}
    assert await store.read(paces.known, Of.DOMAIN) == {"main": "slow"}
    await store.write(paces.begin, Of.RELAY, {"main": "0", "third": "0"}, NOW)
    held = {"main": "3", "second": "2", "third": "0"}
    assert await store.write(paces.held, Of.RELAY) == held


async def test_more_domains_than_a_statement_holds_are_saved(store):
    many = {f"{n}.example": str(n) for n in range(1201)}

    await store.write(paces.save, Of.DOMAIN, many, NOW)

    assert await store.read(paces.known, Of.DOMAIN) == many


async def test_what_nobody_saved_for_long_is_forgotten(store):
    await store.write(paces.save, Of.DOMAIN, {"old.example": "1"}, NOW - timedelta(days=3))
    await store.write(paces.save, Of.DOMAIN, {"new.example": "2"}, NOW)
    await store.write(paces.save, Of.RELAY, {"main": "3"}, NOW - timedelta(days=3))

    gone = await store.write(paces.forget, Of.DOMAIN, NOW - timedelta(days=2))

    assert gone == 1
    assert await store.read(paces.known, Of.DOMAIN) == {"new.example": "2"}
    assert await store.read(paces.known, Of.RELAY) == {"main": "3"}


async def test_two_workers_never_use_the_same_room_twice(store, url):
    limits, now = throttle.limited(minute=100), NOW.timestamp()
    await store.write(paces.save, Of.RELAY, {"main": memory.of_pace(limits)}, NOW)

    def claim(tx, wish: int) -> int:
        pace = memory.pace(limits, paces.held(tx, Of.RELAY)["main"])
        count = min(wish, pace.windows[0].room(now))
        paces.save(tx, Of.RELAY, {"main": memory.of_pace(throttle.left(pace, count, now))}, NOW)
        return count

    other = await Store.open(url)
    claims = [one.write(claim, 30) for one in (store, other, store, other, store)]
    got = await asyncio.gather(*claims)
    await other.close()

    assert sorted(got) == [0, 10, 30, 30, 30]

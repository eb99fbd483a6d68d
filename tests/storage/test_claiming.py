"""Whatever workers do, no delivery is two workers' at once, and none is ever out of reach."""

from __future__ import annotations

import asyncio
import random
import re
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import count

import pytest
from sqlalchemy import select, update

from bench.whole import fill
from digest.delivery import State
from digest.storage import claims, desk
from digest.storage import deliveries as ledger
from digest.storage.database import Store
from digest.storage.postal import deliveries, is_claimed
from tests.builders import NOW
from tests.storage import plans
from tests.storage.ledger import claim, released, rows

NAMES = [f"r{number:02}" for number in range(40)]


@dataclass
class Worker:
    """One that claims, and what it holds: the deliveries of each of its claims."""

    lease: str
    numbers: object = field(default_factory=lambda: count(1))
    held: dict[int, set[int]] = field(default_factory=dict)

    def claims(self, tx, now: datetime, limit: int) -> None:
        for one in claim(tx, self.lease, now=now, limit=limit, numbers=self.numbers):
            if one.number is not None:
                self.held[one.number] = set(one.taken.ids)

    def gone(self, tx, number: int, ids) -> None:
        """These are settled; a claim with nothing left ends."""
        self.held[number] -= set(ids)
        if not self.held[number]:
            del self.held[number]
            claims.end(tx, self.lease, [number])

    def dies(self, tx, at: datetime) -> None:
        claims.inherit(
            tx,
            self.lease,
            lambda one: replace(one, state=State.SENT, settled_at=at) if one.id % 2 else None,
            at,
        )
        self.held.clear()


def step(tx, worker: Worker, dice: random.Random, now: datetime) -> None:
    """Something a worker might do next."""
    what = dice.choice(["claim", "claim", "accept", "accept", "defer", "put off", "die"])
    if what == "claim":
        worker.claims(tx, now, dice.randint(1, 9))
    elif what == "die" and dice.random() < 0.3:
        worker.dies(tx, now)
    elif worker.held:
        number = dice.choice(sorted(worker.held))
        held = sorted(worker.held[number])
        ids = dice.sample(held, dice.randint(1, len(held)))
        later = now + timedelta(seconds=dice.randint(-2, 3))
        if what == "accept":
            said = dict.fromkeys(ids, "ok")
            kept = ledger.accepted(
                tx, worker.lease, number, said, enhanced="", relay="main", at=now
            )
            assert kept == len(ids)
        elif what == "defer":
            mine = claims.held(tx, worker.lease, ids)
            assert len(mine) == len(ids)
            after = [replace(one, state=State.QUEUED, next_attempt_at=later) for one in mine]
            ledger.settle(tx, [(one, "main") for one in after])
        else:
            assert len(claims.held(tx, worker.lease, ids)) == len(ids)
            ledger.put_off(tx, ids, later)
        worker.gone(tx, number, ids)


@pytest.mark.parametrize("seed", range(8))
async def test_a_delivery_is_one_workers_at_a_time_and_none_is_out_of_reach(store, seed):
    dice = random.Random(seed)
    workers = [Worker("a" * 32), Worker("b" * 32), Worker("c" * 32)]

    def story(tx):
        released(tx, *NAMES)
        for id_ in rows(tx, "id").values():
            due = NOW + timedelta(seconds=dice.randint(0, 2))
            tx.execute(
                deliveries.update().where(deliveries.c.id == id_).values(next_attempt_at=due)
            )
        now = NOW
        for _ in range(120):
            # A clock that is set right may go back, too.
            now += timedelta(seconds=dice.choice([0, 0, 1, 1, 2, -1]))
            step(tx, dice.choice(workers), dice, now)
            held = [id_ for worker in workers for ids in worker.held.values() for id_ in ids]
            assert len(held) == len(set(held))
            asked = select(deliveries.c.id).where(is_claimed)
            assert set(held) <= set(tx.execute(asked).scalars())
        for worker in workers:
            worker.dies(tx, now)
        last = Worker("d" * 32)
        last.claims(tx, now + timedelta(seconds=9), 99)
        return (
            set().union(*last.held.values()),
            {id_ for id_, state in rows(tx, "id", "state").values() if state == "sending"},
            set(rows(tx, "state").values()),
        )

    taken, sending, states = await store.write(story)

    assert taken == sending
    assert states <= {"sent", "sending"}


async def test_workers_that_claim_at_the_same_moment_get_each_their_own(store, url):
    names = [f"r{number:03}" for number in range(300)]
    await store.write(lambda tx: released(tx, *names))
    stores = [await Store.open(url) for _ in range(3)]
    taken: list[int] = []

    async def work(own: Store, lease: str) -> None:
        worker = Worker(lease)
        for _ in range(20):
            await own.write(worker.claims, NOW, 7)
            for number, ids in [*worker.held.items()]:
                taken.extend(ids)
                said = dict.fromkeys(ids, "ok")
                await own.write(_kept, worker, number, said)

    async with asyncio.TaskGroup() as group:
        for letter, own in zip("abc", stores, strict=True):
            group.create_task(work(own, letter * 32))
    for own in stores:
        await own.close()

    assert sorted(taken) == sorted(set(taken))
    assert len(taken) == 300
    assert set((await store.read(rows, "state")).values()) == {"sent"}


def _kept(tx, worker: Worker, number: int, said: dict[int, str]) -> None:
    ledger.accepted(tx, worker.lease, number, said, enhanced="", relay="main", at=NOW)
    worker.gone(tx, number, list(said))


async def test_what_is_cancelled_leaves_out_what_workers_hold(store):
    def story(tx):
        released(tx, *NAMES[:9])
        worker = Worker("a" * 32)
        worker.claims(tx, NOW, 4)
        desk.turn(tx, 1, ("released",), "cancelled")
        gone = desk.cancel_waiting(tx, 1, NOW)
        again = claim(tx, "b" * 32)
        return gone, again, sorted(rows(tx, "state").values())

    assert await store.write(story) == (5, [], ["sending"] * 4 + ["skipped"] * 5)


@pytest.mark.parametrize("known", plans.KNOWN)
async def test_a_claim_finds_the_queue_by_its_index_and_people_by_their_ids(store, known):
    def plan(tx):
        fill(tx, 0, 1_000)
        released(tx)
        gone = update(deliveries).where(deliveries.c.id <= 500).values(state="sent")
        tx.execute(gone)
        plans.analyze(tx, known)
        claim(tx, "a" * 32, limit=100)
        return plans.of(tx, lambda tx: claim(tx, "b" * 32, limit=100))

    found = await store.write(plan)

    assert "ix_deliveries_queued" in found
    if store.dialect == "postgresql":  # a few rows it may find by their ids, a million never
        assert "(ROW(next_attempt_at, id) > ROW(" in found
    assert not re.search(
        "pk_deliveries|Materialize|Bitmap|Seq Scan on subscri|SCAN [sp] |SCAN deliveries", found
    ), found
    assert not plans.sorts(found)

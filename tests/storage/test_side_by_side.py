"""Transactions of two workers on PostgreSQL, one begun while the other is not committed.

SQLite has one writer at a time, so there none of this can happen.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, text

from digest.delivery import Delivery, State
from digest.services import membership
from digest.services.issue_office import IssueOffice, Rules
from digest.storage import claiming, claims, deliveries, people, roster
from digest.storage.database import Store, engine, parse
from subscribers.acts import Join
from subscribers.model import By, Status
from tests import planted
from tests.builders import NOW
from tests.postgres import for_one_test
from tests.storage.ledger import LIFE, claim, ids, released, rows
from tests.storage.test_people import person, to

MINE = "a" * 32
PATIENCE = 30.0  # seconds, for a machine that is busy
LATER = NOW + timedelta(hours=1)  # when a claim of ``claim`` is over


@pytest.fixture
def url(pg, pattern):
    with for_one_test(pg, like=pattern) as made:
        yield made


@pytest.fixture
async def writers(url):
    """An engine on a database with an issue to three people, queued."""
    await (await Store.open(url)).close()
    made = engine(parse(url), write=True)
    with made.begin() as tx:
        released(tx, "ada", "grace", "edsger")
    yield made
    made.dispose()


@contextmanager
def begun(writers: Engine, work: Callable[[Connection], Any]):
    """``work`` in a transaction that waits for what somebody else has not committed."""
    with ThreadPoolExecutor(1) as pool, writers.connect() as watching:

        def all_of_it() -> Any:
            with writers.begin() as tx:
                return work(tx)

        future = pool.submit(all_of_it)
        assert _waits(watching, future), "nothing keeps it back"
        yield future


def _waits(tx: Connection, future: Future[Any]) -> bool:
    until = time.monotonic() + PATIENCE
    while not future.done() and time.monotonic() < until:
        with tx.begin():
            if tx.execute(text("select count(*) from pg_locks where not granted")).scalar_one():
                return True
    return False


def test_a_worker_that_renews_keeps_what_somebody_was_about_to_take_from_it(writers, url):
    with writers.begin() as tx:
        claim(tx, MINE)

    async def take_over() -> int:
        store = await Store.open(url)
        office = IssueOffice(store, {}, rules=Rules(), blame=lambda *_: None, dice=lambda: 0.5)
        tally = await office.abandoned(LATER, twice=False)
        await store.close()
        return tally.later

    with writers.connect() as mine, mine.begin() as whole:
        claims.renew(mine, MINE, LATER + timedelta(hours=1))
        with begun(writers, lambda _: asyncio.run(take_over())) as theirs:
            whole.commit()

    assert theirs.result() == 0
    with writers.begin() as tx:
        assert set(rows(tx, "state").values()) == {"sending"}


def test_what_is_being_settled_is_not_settled_by_an_heir_as_well(writers):
    with writers.begin() as tx:
        [taken] = claim(tx, MINE)
        assert taken.number is not None

    def inherit(tx: Connection) -> int:
        def lost(one: Delivery) -> Delivery:
            return replace(one, state=State.FAILED, settled_at=NOW)

        return len(claims.inherit(tx, MINE, lost, NOW))

    with writers.connect() as mine, mine.begin() as whole:
        claims.lock(mine, MINE)
        with begun(writers, inherit) as theirs:
            said = dict.fromkeys(taken.taken.ids, "Ok")
            deliveries.accepted(
                mine, MINE, taken.number, said, enhanced="2.0.0", relay="main", at=NOW
            )
            claims.end(mine, MINE, [taken.number])
            whole.commit()

    assert theirs.result() == 0
    with writers.begin() as tx:
        assert set(rows(tx, "state").values()) == {"sent"}


def test_what_is_being_claimed_does_not_expire_beside_it(writers):
    late = NOW + LIFE

    with writers.connect() as mine, mine.begin() as whole:
        claim(mine, MINE, limit=2)
        with begun(writers, lambda tx: claiming.expire(tx, 1, late)) as theirs:
            whole.commit()

    assert theirs.result() == 1
    with writers.begin() as tx:
        assert sorted(rows(tx, "state").values()) == ["sending", "sending", "skipped"]


def test_the_same_delivery_is_not_claimed_twice(writers):
    with writers.connect() as mine, mine.begin() as whole:
        [own] = claim(mine, MINE, limit=2)
        with begun(writers, lambda tx: claim(tx, "b" * 32, limit=3)) as theirs:
            whole.commit()

    taken = [id_ for one in theirs.result() for id_ in one.taken.ids]
    with writers.begin() as tx:
        assert sorted([*own.taken.ids, *taken]) == sorted(ids(tx).values())


@pytest.fixture
def zora(writers):
    """Somebody who was asked to confirm, and whose time for it is over by ``LATER``."""
    late = to("zora", status=Status.PENDING, confirm_by=NOW + timedelta(minutes=1))
    with writers.begin() as tx:
        planted.reader(tx, person("zora"), late)
    return late


def test_an_import_and_a_reader_who_saves_do_not_wait_for_each_other_in_a_circle(writers, zora):
    with writers.connect() as mine, mine.begin():
        held = people.of_id(mine, zora.subscriber)
        assert held
        with writers.begin() as theirs:
            theirs.execute(text("set local lock_timeout = '5s'"))
            roster.lock(theirs)
            people.save_subscription(theirs, replace(zora, newsletter="weekly"))
        people.save(mine, replace(held, name="Zora"))

    with writers.begin() as tx:
        assert len(people.subscriptions_of(tx, zora.subscriber)) == 2


def test_who_joins_anew_is_not_forgotten_beside_it(writers, zora):
    with writers.connect() as mine, mine.begin() as whole:
        people.of_id(mine, zora.subscriber)
        with begun(writers, lambda tx: people.purge(tx, LATER)) as theirs:
            people.save_subscription(mine, replace(zora, confirm_by=LATER + timedelta(days=14)))
            whole.commit()

    assert theirs.result() == 0
    with writers.begin() as tx:
        assert len(people.subscriptions_of(tx, zora.subscriber)) == 1


def test_who_joins_while_they_are_forgotten_is_somebody_new(writers, url, zora):
    async def join(_: Connection) -> membership.Done:
        store = await Store.open(url)
        done = await membership.join(
            store,
            membership.Profile(address=person("zora").address),
            Join(newsletter="daily", cadence="daily"),
            by=By.READER,
            ring=(b"k" * 32,),
            clock=lambda: LATER,
        )
        await store.close()
        return done

    with writers.connect() as mine, mine.begin() as whole:
        people.of_id(mine, zora.subscriber)
        with begun(writers, lambda tx: asyncio.run(join(tx))) as theirs:
            people.forget(mine, zora.subscriber)
            whole.commit()

    assert theirs.result().happened
    assert theirs.result().subscriber != zora.subscriber

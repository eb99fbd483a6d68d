"""A database, an edition or a newsletter that is not there: nobody is lost and others go on."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
from dataclasses import replace
from uuid import UUID

import pytest
from sqlalchemy import Connection, delete, select, update

from digest.deliver.outbox import Consequence
from digest.deliver.outcome import Deferred, Refused, Stage
from digest.deliver.tray import Box, Door, Tray, Unwritten
from digest.errors import Permanent, Temporary
from digest.storage import deliveries as ledger
from digest.storage.database import Store
from digest.storage.postal import deliveries
from digest.storage.schema import subscribers
from tests.builders import NOW
from tests.deliver.relays import scripted
from tests.services.posthouse import PostHouse, later, until_done

LEASE = UUID(int=7)


@pytest.fixture
def house(store, tmp_path):
    return PostHouse(store, tmp_path)


async def test_an_edition_that_is_lost_fails_its_readers_and_nobody_elses(house):
    await house.join("ada")
    await house.release()
    await house.store.write(lambda tx: tx.execute(update(deliveries).values(edition="gone")))
    await house.join("grace")
    prepared = house.prepared()
    assert prepared.issue
    await house.release(replace(prepared, issue=replace(prepared.issue, period="extra-1")))

    async with scripted() as (relay, options):
        progress = await house.send(options)

    asked = select(deliveries.c.issue, deliveries.c.state, deliveries.c.text)
    rows = await house.store.read(lambda tx: {tuple(r) for r in tx.execute(asked)})
    lost = "issue 1 has lost its edition 'gone'"
    assert rows == {(1, "failed", lost), (2, "sent", "queued as 7F3A")}
    assert (progress.tally.sent, progress.tally.failed, len(relay.taken)) == (2, 1, 2)
    assert house.told == [f"{lost}; who should have read it is among the failed"]
    who = await house.id_of("ada")
    assert house.blamed == [(who, "ada@example.org", Consequence.NONE)]


async def test_a_newsletter_that_left_the_configuration_waits_and_is_told_of_once(house):
    await house.join("ada")
    await house.release()
    house.newsletters = ("weekly",)

    async with scripted() as (relay, options):
        progress = await house.send(options)
        assert await house.states() == {"ada": "queued"}
        later(house, hours=20)
        await house.send(options)

    assert progress.tally.sent == 0
    assert relay.taken == []
    assert await house.states() == {"ada": "skipped: stale"}
    assert progress.unserved == house.told[:1]
    assert "'daily' is not in the configuration any more" in house.told[0]
    assert house.told[0].endswith("`digest issues cancel 1`")


async def test_a_database_that_cannot_be_written_stops_everything_and_loses_nothing(
    house, monkeypatch
):
    await house.join(*(f"r{n}" for n in range(30)))
    await house.release()
    broken = [3]  # so many commits of results fail
    accepted = ledger.accepted

    def failing(tx, lease, number, texts, **said):
        if broken[0]:
            broken[0] -= 1
            raise Temporary("digest.db is locked by another process; try again in a moment")
        return accepted(tx, lease, number, texts, **said)

    monkeypatch.setattr(ledger, "accepted", failing)
    monkeypatch.setattr("digest.services.dispatch.TICK", 0.0)
    async with scripted() as (relay, options):
        progress = await house.send(options, until=until_done)

    assert (progress.tally.sent, len(relay.taken), broken) == (30, 30, [0])
    assert house.told == [
        "digest.db is locked by another process; try again in a moment; nothing more leaves "
        "until then, and nothing is lost",
        "the trouble is over; it goes on",
    ]
    assert set((await house.rows("state", "attempts")).values()) == {("sent", 1)}


async def test_after_so_many_tries_it_ends_and_the_next_one_knows_what_left(house, monkeypatch):
    await house.join(*(f"r{n}" for n in range(30)))
    await house.release()

    def failing(tx, lease, number, texts, **said):
        raise Temporary("digest.db: the disk is full; make room, nothing was half written")

    monkeypatch.setattr("digest.services.dispatch.TICK", 0.0)
    async with scripted() as (relay, options):
        with monkeypatch.context() as broken:
            broken.setattr(ledger, "accepted", failing)
            with pytest.raises(Temporary, match="the disk is full"):
                await house.dispatch(options).run(until_done, tries=3)
        left = len(relay.taken)
        assert left
        progress = await house.send(options, until=until_done)

    assert len(relay.taken) == 30
    assert progress.tally.sent == 30  # those the journal knew of included
    assert set((await house.states()).values()) == {"sent"}


async def test_what_was_claimed_and_could_not_be_written_is_let_go(house, monkeypatch):
    await house.join("ada", "grace")
    await house.release()
    office = house.office()

    def torn(tx, issue, key):
        raise Temporary("digest.db cannot be read")

    monkeypatch.setattr("digest.storage.posting.edition", torn)
    with pytest.raises(Temporary):
        await office.claim(LEASE, 10, NOW)
    held = set((await house.rows("state")).values())
    await office.let_go(LEASE, NOW)

    assert held == {("sending",)}
    assert set((await house.rows("state", "attempts", "lease")).values()) == {("queued", 0, None)}


async def test_a_claim_whose_end_was_never_heard_is_taken_back(house, monkeypatch):
    await house.join("ada", "grace")
    await house.release()
    office = house.office()
    write = house.store.write

    async def cut(change, *args):
        await write(change, *args)
        raise Temporary("the server closed the connection")

    with monkeypatch.context() as once:
        once.setattr(house.store, "write", cut)
        with pytest.raises(Temporary):
            await office.claim(LEASE, 10, NOW)
    assert set((await house.states()).values()) == {"sending"}

    brought = await office.claim(LEASE, 10, NOW)

    assert len(brought.ready) == 2
    box = Box()
    box.sent = [(one.ref, b"250 2.0.0 taken", "main") for one in brought.ready]
    await office.settle(LEASE, box, NOW)
    assert set((await house.rows("state", "attempts")).values()) == {("sent", 1)}


async def test_a_database_that_is_busy_while_editions_are_read_loses_no_claim(house, monkeypatch):
    await house.join("ada", "grace")
    await house.release()
    office = house.office()
    read = house.store.read

    async def busy(question, *args):
        raise Temporary("digest.db is locked")

    with monkeypatch.context() as once:
        once.setattr(house.store, "read", busy)
        with pytest.raises(Temporary):
            await office.claim(LEASE, 10, NOW)
    assert house.store.read == read

    brought = await office.claim(LEASE, 10, NOW)

    assert len(brought.ready) == 2
    assert set((await house.rows("state", "attempts")).values()) == {("sending", 0)}


async def test_a_message_that_cannot_be_written_fails_and_one_that_cannot_yet_waits(house):
    await house.join("ada", "grace")
    await house.release()
    office = house.office()
    never, later_on = (await office.claim(LEASE, 10, NOW)).ready

    class Free:
        room = 9_999

        def departing(self, delivery): ...

        def accepted(self, delivery, said): ...

        def settle(self, delivery, outcome): ...

    class Open:
        free = True

        def may_go(self, domain):
            return True

        def accepted(self, domain): ...

    tray = Tray(1, Free(), lambda: None)
    door = Door(tray, "main", Open())
    door.room = 5
    tray.boxes[0].ready.extend(
        Unwritten(one.ref, "ada@example.org", "", error)
        for one, error in ((never, Permanent("lost")), (later_on, Temporary("not yet")))
    )

    assert door.take(lambda: None) is None
    assert [outcome for _, outcome, _ in tray.boxes[0].rest] == [
        Refused(0, "5.6.0", "lost", Stage.CONNECT),
        Deferred(0, "", "not yet", Stage.CONNECT),
    ]


async def test_who_is_erased_while_it_is_on_the_wire_troubles_nobody(house):
    await house.join("ada", "grace")
    await house.release()
    office = house.office()
    ready = (await office.claim(LEASE, 10, NOW)).ready
    ada = await house.id_of("ada")
    await house.store.write(
        lambda tx: tx.execute(delete(subscribers).where(subscribers.c.id == ada))
    )

    box = Box()
    box.sent = [(one.ref, b"250 2.0.0 taken", "main") for one in ready]
    tally = await office.settle(LEASE, box, NOW)

    assert tally.sent == 2
    assert await house.states() == {"grace": "sent"}


async def test_a_database_that_another_process_has_locked_is_waited_for(tmp_path, monkeypatch):
    monkeypatch.setattr("digest.services.dispatch.TICK", 0.0)
    store = await Store.open(f"sqlite:///{tmp_path / 'digest.db'}", patience=0)
    house = PostHouse(store, tmp_path)
    await house.join(*(f"r{n}" for n in range(30)))
    await house.release()
    other = sqlite3.connect(tmp_path / "digest.db", isolation_level=None)
    told: list[str] = []

    def tell(trouble: str) -> None:
        told.append(trouble)
        if other.in_transaction:
            other.execute("rollback")

    def say(command: str) -> None:
        if command == "END" and not told and not other.in_transaction:
            other.execute("begin immediate")  # amid the sending

    async with scripted(say) as (relay, options):
        dispatch = house.dispatch(options, tell=tell)
        progress = await dispatch.run(until_done)

    assert (progress.tally.sent, len(relay.taken)) == (30, 30)
    assert told[0].startswith(f"{tmp_path / 'digest.db'} is locked by another process")
    assert set((await house.states()).values()) == {"sent"}
    other.close()
    await store.close()


async def test_a_full_disk_is_waited_for_and_nothing_is_half_written(tmp_path, monkeypatch):
    monkeypatch.setattr("digest.services.dispatch.TICK", 0.0)
    store = await Store.open(f"sqlite:///{tmp_path / 'digest.db'}")
    house = PostHouse(store, tmp_path)
    await house.join(*(f"r{n}" for n in range(300)))
    await house.release()
    told: list[str] = []
    making_room: list[asyncio.Task[None]] = []

    def pages(tx: Connection, more: int) -> None:
        used = tx.exec_driver_sql("pragma page_count").scalar_one()
        tx.exec_driver_sql(f"pragma max_page_count = {used + more}")

    def tell(trouble: str) -> None:
        told.append(trouble)
        making_room.append(asyncio.create_task(make_room()))

    async def make_room() -> None:
        # What shares a commit with a change that fills the disk is taken back with it.
        while True:
            with contextlib.suppress(Temporary):
                return await store.write(pages, 1_000)

    await store.write(pages, 0)
    async with scripted() as (relay, options):
        dispatch = house.dispatch(options, tell=tell)
        progress = await dispatch.run(until_done)
    await asyncio.gather(*making_room)

    assert "the disk is full" in told[0]
    assert (progress.tally.sent, len(relay.taken)) == (300, 300)
    assert set((await house.rows("state", "attempts")).values()) == {("sent", 1)}
    await store.close()


async def test_people_are_blamed_in_the_order_of_their_ids(house):
    await house.join("ada", "grace", "edsger")
    await house.release()
    office = house.office()
    some = sorted((await office.claim(LEASE, 10, NOW)).ready, key=lambda one: one.person)
    box, refused = Box(), Refused(550, "5.1.1", "No such user", Stage.RCPT)
    box.rest = [(one, refused, "main") for one in reversed(some)]

    await office.settle(LEASE, box, NOW)

    assert [who for who, *_ in house.blamed] == [one.person for one in some]

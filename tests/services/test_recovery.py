"""Whoever dies, the next one knows from the journal what had left."""

from __future__ import annotations

import itertools
import re
from datetime import timedelta
from uuid import UUID

import pytest

from digest.deliver.estate import Estate
from digest.deliver.journal import Journal, Noted, take_over
from digest.deliver.office import Tally
from digest.deliver.outbox import WhenInDoubt
from digest.deliver.outcome import Deferred, Stage
from digest.delivery import DeliveryId
from digest.services.issue_office import Rules
from tests.builders import NOW
from tests.deliver.relays import HANG_UP, scripted
from tests.services.posthouse import PostHouse, later, until_done
from tests.storage.ledger import claim

LEASE = UUID(int=7)


@pytest.fixture
def house(store, tmp_path):
    return PostHouse(store, tmp_path)


async def test_what_a_dead_worker_had_is_settled_by_what_its_journal_noted(house):
    names = {"took": Noted.ACCEPTED, "wire": Noted.DEPARTED, "not": Noted.NOT_TAKEN, "never": None}
    held = await _died(house, names)

    async with scripted(greeting="421 not today\r\n") as (_, options):
        await house.send(options)

    assert await house.rows("state", "attempts", "next_attempt_at") == {
        "took": ("sent", 1, NOW),
        "wire": ("queued", 1, NOW + timedelta(minutes=1)),
        "not": ("queued", 1, NOW + timedelta(minutes=1)),
        "never": ("queued", 0, NOW),  # it never left: that was no attempt
    }
    said = await house.rows("code", "enhanced", "text")
    assert said["took"] == (250, "2.0.0", "taken as 7F3A")
    assert len(held) == 4


async def test_one_in_doubt_keeps_its_message_id_whatever_becomes_of_the_sender(house):
    await house.join("ada")
    await house.release()
    hangs_up = lambda command: HANG_UP if command == "END" else None  # noqa: E731 -- said where it is used

    async with scripted(hangs_up) as (first, options):
        await house.send(options)
    house.sender = "The Quayside <news@pier.example>"
    later(house, minutes=2)
    async with scripted() as (second, options):
        await house.send(options)

    once, again = (
        re.findall(rb"^Message-ID: (\S+)", b"".join(one.reads), re.MULTILINE)
        for one in (first, second)
    )
    assert await house.states() == {"ada": "sent"}
    assert once == again
    assert once[0].endswith(b"@quayside.example>")


async def test_in_doubt_may_mean_held_until_the_operator_decides(house):
    house.rules = Rules(in_doubt=WhenInDoubt.HOLD)
    await _died(house, {"took": Noted.ACCEPTED, "wire": Noted.DEPARTED, "never": None})

    async with scripted() as (relay, options):
        await house.send(options)

    assert await house.states() == {"took": "sent", "wire": "held", "never": "sent"}
    assert len(relay.taken) == 1


async def test_after_the_machine_was_down_silence_is_doubt_too(house, monkeypatch, tmp_path):
    await _died(house, {"took": Noted.ACCEPTED, "never": None})
    boot = tmp_path / "boot_id"
    boot.write_text("another start")
    monkeypatch.setattr("digest.deliver.journal.BOOT", boot)
    house.rules = Rules(in_doubt=WhenInDoubt.HOLD)

    async with scripted() as (_, options):
        await house.send(options)

    assert await house.states() == {"took": "sent", "never": "held"}


async def test_a_lost_machines_leases_are_returned_when_they_are_over(house):
    await house.join("ada")
    await house.release()
    await house.store.write(_claimed, house)

    async with scripted() as (relay, options):
        later(house, minutes=29)
        await house.send(options)
        assert await house.states() == {"ada": "sending"}
        later(house, minutes=1)
        await house.send(options)
        assert await house.rows("state", "attempts") == {"ada": ("queued", 1)}
        later(house, minutes=2)
        await house.send(options)

    assert len(relay.taken) == 1


async def test_a_clock_that_leaps_takes_nothing_from_a_worker_that_lives(house):
    await house.join("ada")
    await house.release()
    await house.store.write(_claimed, house)
    mine, theirs = house.office(), house.office()

    later(house, hours=3)
    assert (await theirs.abandoned(house.now, twice=True)).later == 0
    await mine.renew(LEASE, house.now)
    assert (await theirs.abandoned(house.now, twice=True)).later == 0
    assert await house.states() == {"ada": "sending"}

    later(house, hours=1)  # and now it is dead
    assert (await theirs.abandoned(house.now, twice=True)).later == 0
    assert (await theirs.abandoned(house.now, twice=True)).later == 1


async def test_a_worker_that_died_beside_a_living_one_is_settled_by_it(house):
    await house.join("ada")
    await house.release()

    async with scripted() as (relay, options):
        dispatch = house.dispatch(options)
        with Journal(house.folder / "journals" / "worker-7.journal") as dead:
            dead.begin(LEASE)
            await house.store.write(_claimed, house)
        await dispatch.run(until_done)

    assert len(relay.taken) == 1
    assert await house.rows("state", "attempts") == {"ada": ("sent", 1)}
    assert [p.name for p in (house.folder / "journals").iterdir()] == ["worker-1.journal"]


async def test_all_that_the_dead_left_is_settled_and_counted(house):
    await _died(house, {"took": Noted.ACCEPTED, "other": Noted.ACCEPTED, "not": Noted.NOT_TAKEN})
    folder = house.folder / "journals"
    (folder / "worker-1.journal").rename(folder / "worker-2.journal")
    with Journal(folder / "worker-1.journal") as journal:
        journal.begin(UUID(int=8))  # it died, too, and held nothing

    own, *dead = take_over(folder)
    tally = await Estate([house.office()], [own, *dead], house.clock).take_over()
    own.close()

    assert tally == Tally(sent=2, later=1)
    assert [p.name for p in folder.iterdir()] == ["worker-1.journal"]


async def test_what_was_not_settled_is_left_to_the_next_worker(house):
    folder = house.folder / "journals"
    for number in (1, 2):
        with Journal(folder / f"worker-{number}.journal") as journal:
            journal.begin(LEASE)

    own, other = take_over(folder)
    Estate([], [own, other], house.clock).close()

    with own, Journal(folder / "worker-2.journal") as found:
        assert found.left_behind().lease == LEASE


async def test_letters_alone_do_not_forget_what_a_dead_worker_had_of_an_issue(house):
    await _died(house, {"took": Noted.ACCEPTED, "never": None})
    async with scripted() as (relay, options):
        await house.send(options, serve=False)

    assert await house.states() == {"took": "sent", "never": "queued"}
    assert relay.taken == []


async def _died(house, noted) -> dict[str, int]:
    """A worker died that had claimed everybody of ``noted``, with a journal that says so."""
    await house.join(*noted)
    await house.release()
    await house.store.write(_claimed, house)
    ids = {name: id_ for name, (id_,) in (await house.rows("id")).items()}
    with Journal(house.folder / "journals" / "worker-1.journal") as journal:
        journal.begin(LEASE)
        for name, what in noted.items():
            if what is None:
                continue
            journal.departing(DeliveryId(ids[name]))
            match what:
                case Noted.ACCEPTED:
                    journal.accepted(ids[name], b"250 2.0.0 taken as 7F3A")
                case Noted.NOT_TAKEN:
                    journal.settle(DeliveryId(ids[name]), Deferred(451, "", "no", Stage.END))
    return ids


def _claimed(tx, house):
    claim(tx, LEASE.hex, now=house.now, limit=99)


@pytest.mark.parametrize("hours", [3, -3, 300])
async def test_a_clock_that_leaps_while_mail_leaves_writes_to_nobody_twice(house, hours):
    await house.join(*(f"r{n}" for n in range(40)))
    await house.release()
    later(house, hours=4)
    ended = itertools.count(1)

    def say(command: str) -> None:
        if command == "END" and next(ended) == 20:
            later(house, hours=hours)

    async with scripted(say) as (relay, options):
        await house.send(options)

    assert len(relay.taken) == 40
    assert set((await house.rows("state", "attempts")).values()) == {("sent", 1)}

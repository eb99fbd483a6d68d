"""What is signed ahead is the message, with the lines in front of it."""

from __future__ import annotations

import asyncio
from collections import deque
from uuid import UUID

import dkim
import pytest

from digest.deliver import signing
from digest.deliver.dkim import Body, Key, generate_rsa, record
from digest.deliver.office import Brought, Outlook
from digest.deliver.sealing import AHEAD, SealingOffice
from digest.deliver.transport import Outgoing
from digest.deliver.tray import Box, Ready, Unwritten
from digest.errors import Misconfigured, Permanent, Temporary
from tests.builders import NOW

LEASE = UUID(int=3)
PEOPLE = [f"r{n}@example.org" for n in range(7)]
KEY = Key(domain="quayside.example", selector="s1", pem=generate_rsa())


def written(ref, person):
    if person is None:
        why = Permanent("the edition has a place 'shoe' that nobody can fill")
        return Unwritten(ref, "a@example.org", None, why)
    data = f"From: digest@quayside.example\r\nTo: {person}\r\nSubject: Oak\r\n\r\nGates.\r\n"
    sender, parts = "d@quayside.example", (data.encode(),)
    return Outgoing("", sender, recipient=person, parts=parts, ref=ref, person=person)


class Inner:
    """An office with so many to write to, that remembers what it was given back."""

    def __init__(self, *people):
        self.people = deque(enumerate(people))
        self.back = []
        self.asked = []
        self.locked = False
        self.stopped = set()

    async def recall(self, lease, box):
        return box.take_out(lambda one: one.person in self.stopped)

    async def claim(self, lease, limit, now):
        self.asked.append(limit)
        some = [self.people.popleft() for _ in range(min(limit, len(self.people)))]
        ready = [written(ref, who) for ref, who in some]
        return Brought(ready=tuple(ready), seen=len(ready))

    async def give_back(self, lease, some, until, now):
        if self.locked:
            raise Temporary("digest.db is locked by another process")
        self.back += [one.person for one in some]

    async def let_go(self, lease, now): ...

    async def outlook(self, now):
        return Outlook()


async def sign(messages, *, at):
    return signing.signed(messages, keys=(KEY,), at=at, body=Body.SIMPLE)


async def test_every_message_carries_a_signature_that_verifies():
    office = SealingOffice(Inner(*PEOPLE), sign, workers=1, batch=3)

    brought = await everything(office)

    _, txt = record(KEY)
    assert [one.person for one in brought] == PEOPLE
    for one in brought:
        assert one.recipient == one.person
        assert dkim.verify(one.data, dnsfunc=lambda *_, **__: txt.encode())


async def test_what_is_being_signed_of_a_stopped_issue_is_queued_again():
    inner, begun = Inner(*PEOPLE), asyncio.Event()

    async def slow(messages, *, at):
        begun.set()
        await asyncio.Event().wait()

    office = SealingOffice(inner, slow, workers=1, batch=3)
    claiming = asyncio.create_task(office.claim(LEASE, 5_000, NOW))
    await begun.wait()
    assert await office.recall(LEASE, Box()) == []
    assert inner.back == []

    inner.stopped = {PEOPLE[4]}
    await office.recall(LEASE, Box())

    assert sorted(inner.back) == PEOPLE
    claiming.cancel()


async def test_each_worker_has_one_batch_and_one_to_go_on_with():
    inner = Inner(*PEOPLE)
    office = SealingOffice(inner, sign, workers=2, batch=1)

    await office.claim(LEASE, 5_000, NOW)
    await office.claim(LEASE, 5_000, NOW)

    assert inner.asked[0] == AHEAD * 2
    assert 0 < inner.asked[1] <= AHEAD * 2


async def test_a_few_are_shared_out_among_the_workers():
    together = []

    async def counted(messages, *, at):
        together.append(len(messages))
        return await sign(messages, at=at)

    office = SealingOffice(Inner(*PEOPLE[:4]), counted, workers=2, batch=100)
    await everything(office)

    assert together == [2, 2]


async def test_no_more_is_claimed_than_is_asked_for_with_what_is_being_signed():
    inner = Inner(*PEOPLE)
    office = SealingOffice(inner, sign, workers=1, batch=2)

    await office.claim(LEASE, 3, NOW)
    await office.claim(LEASE, 3, NOW)

    assert inner.asked[0] == 3
    assert sum(inner.asked) <= 3 + 3


async def test_some_are_ready_while_others_are_being_signed():
    go_on = asyncio.Event()

    async def slow(messages, *, at):
        if b"r0@" not in b"".join(messages[0]):
            await go_on.wait()
        return await sign(messages, at=at)

    office = SealingOffice(Inner(*PEOPLE[:2]), slow, workers=2, batch=1)
    first = await office.claim(LEASE, 9, NOW)
    outlook = await office.outlook(NOW)
    go_on.set()
    second = await office.claim(LEASE, 9, NOW)

    assert [one.person for one in first.ready] == PEOPLE[:1]
    assert outlook == Outlook(queued=True, next_at=NOW)
    assert [one.person for one in second.ready] == PEOPLE[1:2]
    assert await office.outlook(NOW) == Outlook()


async def test_what_is_being_signed_when_it_ends_is_queued_again():
    async def never(messages, *, at):
        if b"r0@" not in b"".join(messages[0]):
            await asyncio.Event().wait()
        return await sign(messages, at=at)

    inner = Inner(*PEOPLE[:3])
    office = SealingOffice(inner, never, workers=3, batch=1)
    await office.claim(LEASE, 9, NOW)
    await office.let_go(LEASE, NOW)

    assert inner.back == PEOPLE[1:3]
    assert await office.outlook(NOW) == Outlook()


async def test_what_could_not_be_queued_again_is_queued_before_more_is_claimed():
    async def never(messages, *, at):
        await asyncio.Event().wait()

    inner = Inner(*PEOPLE[:2])
    office = SealingOffice(inner, never, workers=2, batch=1)
    waits = asyncio.create_task(office.claim(LEASE, 9, NOW))
    await asyncio.sleep(0)
    inner.locked = True
    waits.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waits
    with pytest.raises(Temporary):
        await office.claim(LEASE, 9, NOW)
    inner.locked = False
    brought = await office.claim(LEASE, 9, NOW)

    assert (brought.ready, inner.back) == ((), PEOPLE[:2])


async def test_what_cannot_be_written_is_left_to_fail_when_it_is_taken():
    office = SealingOffice(Inner("a@example.org", None), sign, workers=1, batch=3)

    brought = await everything(office)

    assert {one.person for one in brought} == {"a@example.org", None}
    [failed] = [one for one in brought if one.person is None]
    assert isinstance(failed.why, Permanent)


async def test_what_cannot_be_signed_is_queued_again():
    async def broken(messages, *, at):
        raise Misconfigured("the DKIM key", "is no key")

    inner = Inner("a@example.org", "b@example.org")
    with pytest.raises(Misconfigured):
        await SealingOffice(inner, broken, workers=1, batch=1).claim(LEASE, 9, NOW)

    assert inner.back == ["a@example.org", "b@example.org"]


async def everything(office: SealingOffice) -> list[Ready]:
    found: list[Ready] = []
    while some := (await office.claim(LEASE, 5_000, NOW)).ready:
        found += some
    return found

"""What is signed ahead is the message, with the lines in front of it."""

from __future__ import annotations

from uuid import UUID

import dkim
import pytest

from digest.deliver import signing
from digest.deliver.dkim import Body, Key, generate_rsa, record
from digest.deliver.office import Brought
from digest.deliver.sealing import AT_ONCE, SealingOffice
from digest.deliver.transport import Outgoing
from digest.deliver.tray import Ready
from digest.errors import Misconfigured, Permanent
from tests.builders import NOW

LEASE = UUID(int=3)
KEY = Key(domain="quayside.example", selector="s1", pem=generate_rsa())


def written(person):
    if person is None:
        return Permanent("the edition has a place 'shoe' that nobody can fill")
    data = f"From: digest@quayside.example\r\nTo: {person}\r\nSubject: Oak\r\n\r\nGates.\r\n"
    return Outgoing(name="", sender="d@quayside.example", recipient=person, parts=(data.encode(),))


class Inner:
    """An office with so many to write to, that remembers what it was given back."""

    def __init__(self, *people):
        self.people = people
        self.back = ()
        self.asked = 0

    async def claim(self, lease, limit, now):
        self.asked = limit
        ready = [
            Ready(ref, 1, NOW, "example.org", person, written(person))
            for ref, person in enumerate(self.people)
        ]
        return Brought(ready=tuple(ready), seen=len(ready))

    async def give_back(self, lease, some, until):
        self.back = some


async def sign(messages, *, at):
    return signing.signed(messages, keys=(KEY,), at=at, body=Body.SIMPLE)


async def test_every_message_carries_a_signature_that_verifies():
    office = SealingOffice(Inner(*(f"r{n}@example.org" for n in range(7))), sign, batch=3)

    brought = await office.claim(LEASE, 5_000, NOW)

    _, txt = record(KEY)
    assert len(brought.ready) == 7
    for one in brought.ready:
        assert one.message.recipient == one.person
        assert dkim.verify(one.message.data, dnsfunc=lambda *_, **__: txt.encode())


async def test_no_more_is_claimed_than_can_be_signed_soon():
    inner = Inner()

    await SealingOffice(inner, sign, batch=3).claim(LEASE, 5_000, NOW)

    assert inner.asked == AT_ONCE


async def test_what_cannot_be_written_is_left_to_fail_when_it_is_taken():
    office = SealingOffice(Inner("a@example.org", None), sign, batch=3)

    brought = await office.claim(LEASE, 9, NOW)

    assert [one.person for one in brought.ready] == ["a@example.org", None]
    assert isinstance(brought.ready[1].message, Permanent)


async def test_what_cannot_be_signed_is_queued_again():
    async def broken(messages, *, at):
        raise Misconfigured("the DKIM key", "is no key")

    inner = Inner("a@example.org", "b@example.org")
    with pytest.raises(Misconfigured):
        await SealingOffice(inner, broken, batch=1).claim(LEASE, 9, NOW)

    assert [one.person for one in inner.back] == ["a@example.org", "b@example.org"]

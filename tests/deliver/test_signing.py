"""Batches are signed in processes of their own, and what they sign others can verify."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from digest.deliver import dkim, signing
from digest.deliver.dkim import Body, Key
from digest.deliver.message import splice
from digest.deliver.signing import Signer
from digest.errors import Misconfigured, Permanent, Temporary
from digest.isolation import Workers
from tests.deliver.test_dkim import AT, ED, MESSAGE, RSA, verified
from tests.deliver.test_message import a_person, compiled


def a_batch(count: int) -> list[tuple[bytes, ...]]:
    paper = compiled()
    people = (a_person(name=f"Reader {n}", to=f"reader{n}@example.org") for n in range(count))
    return [(splice(paper, person),) for person in people]


@pytest.mark.parametrize("body", list(Body))
async def test_every_message_of_a_batch_gets_signatures_of_its_own_that_verify(body):
    batch = a_batch(10)

    async with Workers(preload=signing.PRELOAD) as isolate:
        signer = Signer(isolate=isolate, keys=(RSA, ED), body=body)
        lines = await signer(batch, at=AT)

    assert len(set(lines)) == 10
    for head, parts in zip(lines, batch, strict=True):
        message = head + b"".join(parts)
        assert verified(message, place=0)
        assert verified(message, place=1)
        assert message.endswith(b"".join(parts))


@pytest.mark.parametrize("body", list(Body))
@given(st.lists(st.text("ab \t\r\n", max_size=12), min_size=3, max_size=6), st.integers(0, 60))
@settings(max_examples=100, deadline=None)
def test_a_batch_is_signed_as_each_alone_whatever_they_share(body, tails, cut):
    batch = [(MESSAGE[:cut], MESSAGE[cut:], tail.encode()) for tail in tails]

    together = signing.signed(batch, keys=[ED], at=AT, body=body)

    assert together == [dkim.sign(parts, [ED], at=AT, body=body) for parts in batch]


async def test_a_key_that_cannot_sign_is_told_and_the_worker_goes_on():
    bad = Key(domain="q.example", selector="tide", pem=b"no")
    async with Workers(count=1, preload=signing.PRELOAD) as isolate:
        with pytest.raises(Misconfigured, match="is no private key in PEM"):
            await Signer(isolate=isolate, keys=(bad,))(a_batch(1), at=AT)

        assert await Signer(isolate=isolate, keys=(ED,))(a_batch(1), at=AT)


class Mortal:
    """Workers that die so many times and then do what they are asked."""

    def __init__(self, deaths: int) -> None:
        self.deaths = deaths

    async def __call__(self, function, *args, **kwargs):
        if self.deaths:
            self.deaths -= 1
            raise Permanent("it crashed")
        return function(*args, **kwargs)


async def test_a_worker_that_dies_costs_no_message():
    batch = a_batch(3)

    lines = await Signer(isolate=Mortal(1), keys=(ED,))(batch, at=AT)

    assert lines == signing.signed(batch, keys=[ED], at=AT, body=Body.RELAXED)
    with pytest.raises(Temporary, match="could not be signed: it crashed"):
        await Signer(isolate=Mortal(2), keys=(ED,))(batch, at=AT)


def test_no_messages_have_no_signatures():
    assert signing.signed([], keys=[ED], at=AT, body=Body.SIMPLE) == []

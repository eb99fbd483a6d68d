"""A single message goes by the first relay that can be used, and by one alone."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator
from dataclasses import replace

import pytest

from digest.deliver import inturn
from digest.deliver.choice import Circuit
from digest.deliver.inturn import InTurn
from digest.deliver.outcome import Accepted, Deferred, InDoubt, Refused
from digest.deliver.relay import Patience, RelayOptions
from digest.deliver.smtp import SmtpTransport
from digest.errors import Misconfigured, Permanent, Temporary
from tests.deliver.relays import HANG_UP, a_message, scripted


@pytest.fixture
def nowhere() -> Iterator[RelayOptions]:
    """A port that refuses: bound and not listened to, so that nobody else is given it."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        yield RelayOptions(name="nowhere", host="127.0.0.1", port=bound.getsockname()[1])


def ways(*relays):
    return InTurn([(one.label, lambda one=one: SmtpTransport(one)) for one in relays])


async def test_where_the_first_cannot_be_used_the_next_one_is(nowhere):
    async with (
        scripted(greeting="554 5.7.1 blocked\r\n") as (_, refusing),
        scripted() as (sink, up),
    ):
        up = replace(up, name="spare")
        way = ways(nowhere, refusing, up)
        outcome = await way(a_message())

    assert isinstance(outcome, Accepted)
    assert (len(sink.taken), way.used) == (1, up.label)


async def test_what_the_first_can_never_take_goes_by_the_next_or_is_told():
    async with scripted(offers=("SIZE 10",)) as (small, first), scripted() as (sink, up):
        outcome = await ways(first, up)(a_message())
        with pytest.raises(Permanent, match="takes 10 bytes and the message has"):
            await ways(first)(a_message())

    assert isinstance(outcome, Accepted)
    assert len(sink.taken) == 1
    assert not any(command.startswith("MAIL") for command in small.heard)


@pytest.mark.parametrize(
    ("at", "answer", "kind"),
    [
        ("MAIL", "550 5.7.1 no\r\n", Refused),
        ("RCPT", "450 4.2.0 later\r\n", Deferred),
        ("END", HANG_UP, InDoubt),
    ],
)
async def test_what_one_answered_or_may_have_taken_is_never_given_to_another(at, answer, kind):
    say = lambda command: answer if command.startswith(at) else None  # noqa: E731 -- said where it is used
    async with scripted(say) as (_, first), scripted() as (second, up):
        outcome = await ways(first, up)(a_message())

    assert isinstance(outcome, kind)
    assert second.heard == []


async def test_one_that_finds_it_too_large_before_it_hears_the_reader_has_taken_nothing():
    say = lambda c: "552 5.3.4 too big\r\n" if c.startswith("MAIL") else None  # noqa: E731 -- said where it is used
    async with scripted(say) as (_, first), scripted() as (second, up):
        both, alone = await ways(first, up)(a_message()), await ways(first)(a_message())

    assert (type(both), type(alone)) == (Accepted, Refused)
    assert len(second.taken) == 1


async def test_one_that_breaks_off_before_the_dot_has_taken_nothing():
    say = lambda command: HANG_UP if command.startswith("MAIL") else None  # noqa: E731 -- said where it is used
    async with scripted(say) as (_, first), scripted() as (second, up):
        both, alone = await ways(first, up)(a_message()), await ways(first)(a_message())

    assert (type(both), type(alone)) == (Accepted, Deferred)
    assert len(second.taken) == 1


@pytest.mark.parametrize("at", ["EHLO", "MAIL", "RCPT"])
async def test_one_that_hangs_is_given_up_soon_where_there_is_another(at):
    free = asyncio.Event()

    async def hang(command):
        if command.startswith(at):
            await free.wait()

    async with scripted() as (silent, first), scripted() as (second, up):
        silent.before = hang
        patient = replace(first, patience=Patience(connect=0.3))
        async with asyncio.timeout(20):
            outcome = await ways(patient.hurried, up)(a_message())
        free.set()

    assert isinstance(outcome, Accepted)
    assert len(second.taken) == 1


async def test_where_none_can_be_used_each_says_why(nowhere):
    one, other = nowhere, replace(nowhere, name="spare")

    with pytest.raises(Temporary) as both:
        await ways(one, other)(a_message())

    assert one.label in str(both.value)
    assert other.label in str(both.value)


async def test_a_relay_without_its_secret_does_not_keep_the_others_from_it():
    def unset():
        raise Misconfigured("deliver.relays 'main'", "needs a password")

    async with scripted() as (sink, up):
        way = InTurn([("main", unset), (up.label, lambda: SmtpTransport(up))])
        await way(a_message())

    assert len(sink.taken) == 1


def test_those_with_a_share_come_first_then_spares_and_last_what_is_paused():
    weights = [("spare", 0.0), ("paused", 3.0), ("main", 1.0)]

    assert inturn.order(weights, {"paused": Circuit(paused="554")}) == ["main", "spare", "paused"]

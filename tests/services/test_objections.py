"""What one relay can never take goes by another that can; where none can, it fails and is told."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from digest.deliver.allowance import Lane
from digest.deliver.choice import Circuit
from digest.deliver.journal import Journal
from digest.deliver.outcome import Refused, Stage
from digest.deliver.tray import Door, Tray
from digest.services.dispatch import all_settled
from tests.deliver.relays import ALL, a_message, scripted
from tests.services.posthouse import PostHouse

SMALL = ("PIPELINING", "SIZE 500", "8BITMIME", "SMTPUTF8")
PLAIN = ("PIPELINING", "SIZE 52428800", "8BITMIME")
TOO_LARGE = "552 5.3.4 message size exceeds fixed limit\r\n"
BEYOND_ASCII = ("дядя", "тётя", "мама")


@pytest.fixture
def house(store, tmp_path):
    return PostHouse(store, tmp_path)


async def test_a_mail_too_large_for_one_relay_goes_by_another_and_that_is_told_once(house):
    await house.join(*(f"r{n:02}" for n in range(40)))
    await house.release()

    async with scripted(offers=SMALL) as (small, a), scripted() as (large, b):
        progress = await house.send(
            replace(a, name="small"), replace(b, name="large"), until=all_settled
        )

    assert (progress.tally.sent, progress.tally.failed) == (40, 0)
    assert (len(small.taken), len(large.taken)) == (0, 40)
    [told] = house.told
    assert told.startswith("relay 'small' (")
    assert "takes 500 bytes and the message has" in told
    assert told.endswith("; make it smaller")


@pytest.mark.parametrize("pipelining", [True, False])
async def test_what_one_relay_finds_too_large_before_it_hears_the_reader_goes_by_another(
    house, pipelining
):
    await house.join(*(f"r{n:02}" for n in range(40)))
    await house.release()
    offers = ALL if pipelining else ALL[1:]

    async with (
        scripted(lambda c: TOO_LARGE if c.startswith("MAIL") else None, offers) as (small, a),
        scripted() as (large, b),
    ):
        progress = await house.send(
            replace(a, name="small"), replace(b, name="large"), until=all_settled
        )

    assert (progress.tally.sent, progress.tally.failed) == (40, 0)
    assert (any(small.taken), len(large.taken)) == (False, 40)  # a lone dot is no message
    [told] = house.told
    assert f"finds the mail too large ({TOO_LARGE.strip()})" in told


async def test_what_every_relay_finds_too_large_fails_once_each_was_asked(house):
    await house.join("ada", "grace")
    await house.release()
    say = lambda c: TOO_LARGE if c.startswith("MAIL") else None  # noqa: E731 -- said where it is used

    async with scripted(say) as (one, a), scripted(say) as (other, b):
        progress = await house.send(
            replace(a, name="one"), replace(b, name="other"), until=all_settled
        )

    assert (progress.tally.sent, progress.tally.failed) == (0, 2)
    assert one.heard
    assert other.heard
    assert [said.partition(" finds")[0][:11] for said in sorted(house.told)] == [
        "relay 'one'",
        "relay 'othe",
    ]


async def test_what_was_passed_on_to_a_relay_that_cannot_take_it_either_fails_with_the_first(house):
    await house.join(*(f"r{n:02}" for n in range(40)))
    await house.release()

    async with scripted(offers=SMALL) as (_, a), scripted(offers=SMALL) as (_, b):
        async with asyncio.timeout(20):
            progress = await house.send(
                replace(a, name="a"), replace(b, name="b"), until=all_settled
            )

    assert (progress.tally.sent, progress.tally.failed) == (0, 40)


async def test_it_fails_where_no_relay_that_is_in_use_takes_it(house):
    await house.join("ada", "grace")
    await house.release()
    paused = Lane(name="large", circuit=Circuit(paused="550 not you"))

    async with scripted(offers=SMALL) as (_, a), scripted() as (large, b):
        progress = await house.send(
            replace(a, name="small"), replace(b, name="large"), lanes=[paused], until=all_settled
        )

    assert (progress.tally.failed, large.connections) == (2, 0)
    assert set((await house.states()).values()) == {"failed"}
    assert len(house.told) == 1


async def test_an_address_goes_by_the_relay_that_can_say_it_and_the_others_by_both(house):
    beyond = [f"{name}{n}" for name in BEYOND_ASCII for n in range(5)]
    await house.join(*(f"r{n:02}" for n in range(15)), *beyond)
    await house.release()
    # By its weight nearly all come to the old one first.
    lanes = [Lane(name="old", weight=10.0), Lane(name="new")]

    async with scripted(offers=PLAIN) as (old, a), scripted(offers=ALL) as (new, b):
        progress = await house.send(
            replace(a, name="old", max_connections=2),
            replace(b, name="new", max_connections=2),
            lanes=lanes,
            until=all_settled,
        )

    assert (progress.tally.sent, progress.tally.failed) == (30, 0)
    assert len(old.taken) + len(new.taken) == 30
    for name in beyond:
        assert sum(f"<{name}@" in command for command in new.heard) == 1
        assert not any(name in command for command in old.heard)
    assert old.taken
    [told] = house.told
    assert "does not offer SMTPUTF8, which this address needs" in told


async def test_each_relay_takes_what_the_other_cannot(house):
    await house.join(*BEYOND_ASCII)
    await house.release()

    async with (
        scripted(offers=PLAIN) as (_, a),
        scripted(offers=SMALL) as (_, b),
        scripted(offers=ALL) as (good, c),
    ):
        progress = await house.send(
            *(replace(one, name=name) for one, name in ((a, "a"), (b, "b"), (c, "c"))),
            until=all_settled,
        )

    assert (progress.tally.sent, len(good.taken)) == (3, 3)


class Counting:
    """Limits of recipients' domains, of which so many may still go."""

    free = False

    def __init__(self, left: int) -> None:
        self.left, self.asked = left, 0

    def may_go(self, domain: str) -> bool:
        self.asked += 1
        self.left -= 1
        return self.left >= 0

    def accepted(self, domain: str) -> None:
        pass


def test_a_domains_limit_is_asked_by_the_relay_that_takes_the_message(tmp_path):
    tray = Tray(1, Journal(tmp_path / "worker-1.journal"), signal=lambda: None)
    domains = Counting(left=1)
    small, large = Door(tray, "small", domains), Door(tray, "large", domains)
    small.room = large.room = 2
    small.objection = lambda _: Refused(552, "5.3.4", "too large", Stage.MAIL)
    small.elsewhere = lambda *_: True
    first, second = (a_message(ref=n) for n in range(2))
    tray.boxes[0].ready.extend([first, second])

    assert small.take(lambda: None) is None
    assert (domains.asked, tray.ready) == (0, 2)

    assert large.take(lambda: None) is first
    assert large.take(lambda: None) is None
    assert (domains.asked, tray.ready) == (2, 0)
    assert [one for _, one in large.waiting] == [second]


async def test_a_relay_that_takes_more_from_now_on_is_believed(house):
    await house.join("ada")
    await house.release()
    offers = list(SMALL)
    async with scripted(offers=offers) as (relay, options):
        dispatch = house.dispatch(options)
        await dispatch.run(lambda outlook, stuck: True)
        assert await house.states() == {"ada": "failed"}

        door = dispatch._lines._lines[0].door
        assert door.objection is not None
        relay.offers = ALL
        dispatch._lines._lines[0].connected()
        assert door.objection is None


@pytest.mark.parametrize(
    "answer", ["552 5.3.4 message size exceeds fixed limit\r\n", "552 too big\r\n"]
)
async def test_a_relay_that_finds_the_mail_too_large_is_told_once(house, answer):
    await house.join("ada", "grace", "edsger")
    await house.release()

    async with scripted(lambda c: answer if c.startswith("MAIL") else None) as (_, options):
        await house.send(options)

    [told] = house.told
    assert f"finds the mail too large ({answer.strip()})" in told
    assert told.endswith("make the issue smaller, or use a relay that takes it")


async def test_a_mailbox_that_is_full_is_no_large_mail(house):
    await house.join("ada", "grace")
    await house.release()
    answer = "552 5.2.2 mailbox full\r\n"

    async with scripted(lambda c: answer if "ada" in c else None) as (_, options):
        await house.send(options)

    assert house.told == []

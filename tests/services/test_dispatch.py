"""What is due leaves once; whatever a relay says, every row says what became of it."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import select

from digest.deliver import throttle
from digest.deliver.allowance import Lane
from digest.deliver.choice import Circuit
from digest.deliver.office import Outlook
from digest.deliver.outbox import Consequence
from digest.deliver.tray import Box
from digest.errors import Temporary
from digest.services.dispatch import all_settled
from digest.services.issue_office import IssueOffice
from digest.storage import desk
from digest.storage.postal import deliveries
from tests.builders import NOW
from tests.deliver.relays import HANG_UP, real, scripted
from tests.services.posthouse import PostHouse, later, until_done

LEASE = UUID(int=7)


@pytest.fixture
def house(store, tmp_path):
    return PostHouse(store, tmp_path)


async def test_everybody_is_sent_it_once_and_the_row_says_what_the_relay_said(house):
    await house.join("ada", "grace", "edsger")
    await house.release()

    async with scripted() as (relay, options):
        progress = await house.send(options)
        again = await house.send(options)

    assert (progress.tally.sent, progress.waiting, again.tally.sent) == (3, 0, 0)
    assert len(relay.taken) == 3
    assert set((await house.rows("state", "code", "enhanced", "text", "relay")).values()) == {
        ("sent", 250, "2.0.0", "queued as 7F3A", "main")
    }


async def test_who_found_nothing_looks_again_and_sends_what_has_become_due(house):
    await house.join("ada")
    await house.release()
    later(house, seconds=-20)
    seen = []

    def until(outlook, stuck):
        seen.append(outlook.queued)
        later(house, seconds=20)
        return not outlook.queued

    async with scripted() as (_, options):
        progress = await house.send(options, until=until)

    assert (progress.tally.sent, seen) == (1, [True, False])


async def test_a_real_server_takes_it_too(house):
    await house.join("ada", "grace")
    await house.release()
    taken: list[str] = []

    class Handler:
        async def handle_DATA(self, server, session, envelope):  # noqa: N802 -- aiosmtpd's name
            taken.extend(envelope.rcpt_tos)
            return "250 taken"

    async with real(Handler()) as options:
        await house.send(options)

    assert sorted(taken) == ["ada@example.org", "grace@example.org"]
    assert set((await house.states()).values()) == {"sent"}


async def test_who_leaves_before_it_is_claimed_is_skipped(house):
    await house.join("ada", "grace")
    await house.release()
    await house.leave("ada")

    async with scripted() as (relay, options):
        progress = await house.send(options)

    assert await house.states() == {"ada": "skipped: left", "grace": "sent"}
    assert (progress.tally.skipped, progress.late, len(relay.taken)) == (1, 0, 1)


async def test_yesterdays_paper_is_not_delivered_tomorrow(house):
    await house.join("ada")
    await house.release()
    later(house, hours=20)

    async with scripted() as (relay, options):
        progress = await house.send(options)

    assert await house.states() == {"ada": "skipped: stale"}
    assert (progress.late, relay.taken) == (1, [])


async def test_whose_server_put_it_off_until_it_was_too_late_was_come_to_in_time(house):
    await house.join("ada")
    await house.release()
    later(house, hours=19, minutes=59)

    async with scripted(lambda c: "451 4.3.0 later\r\n" if c.startswith("RCPT") else None) as (
        _,
        options,
    ):
        progress = await house.send(options)

    assert await house.states() == {"ada": "skipped: stale"}
    assert (progress.tally.skipped, progress.late) == (1, 0)


async def test_a_deferral_waits_a_refusal_fails_and_both_say_why(house):
    await house.join("ada", "grace", "edsger")
    await house.release()
    answers = {
        "RCPT TO:<ada@": "454 4.7.0 greylisted\r\n",
        "RCPT TO:<grace@": "550 5.1.1 nobody here\r\n",
    }

    def say(command: str) -> str | None:
        return next((a for begins, a in answers.items() if command.startswith(begins)), None)

    async with scripted(say) as (_, options):
        progress = await house.send(options)
        assert await house.rows("state", "code", "text", "next_attempt_at", "attempts") == {
            "ada": ("queued", 454, "greylisted", NOW + timedelta(minutes=1), 1),
            "grace": ("failed", 550, "nobody here", NOW, 1),
            "edsger": ("sent", 250, "queued as 7F3A", NOW, 1),
        }
        answers.clear()
        later(house, minutes=2)
        await house.send(options)

    assert (progress.tally.sent, progress.tally.later, progress.tally.failed) == (1, 1, 1)
    assert await house.states() == {"ada": "sent", "grace": "failed", "edsger": "sent"}
    who = await house.id_of("grace")
    assert house.blamed == [(who, "grace@example.org", Consequence.BOUNCE)]


async def test_a_second_attempt_has_the_same_message_id(house):
    await house.join("ada")
    await house.release()
    answers = [HANG_UP]

    def say(command: str) -> str | None:
        return answers.pop() if command == "END" and answers else None

    async with scripted(say) as (relay, options):
        relay.usual = _taking_all(relay)
        await house.send(options)
        later(house, minutes=2)
        await house.send(options)

    ids = [line for m in relay.seen for line in m.splitlines() if line.startswith(b"Message-ID")]
    assert len(ids) == 2
    assert len(set(ids)) == 1


def _taking_all(relay):
    """Keep every message that came, whether or not it was answered."""
    relay.seen = []
    usual, answer = relay.usual, relay.answer

    def heard(state, command, body, writer):
        if command == "END":
            relay.seen.append(body)
        return answer(state, command, body, writer)

    relay.answer = heard
    return usual


async def test_a_claim_is_no_larger_than_seconds_of_what_the_relay_may_have(house):
    await house.join(*(f"r{n}" for n in range(60)))
    await house.release()
    limits = throttle.limited(second=4)

    seen: list[int] = []
    stop: list[Callable[[], None]] = []

    def say(command: str) -> None:
        if command == "END":
            stop[0]()

    async with scripted(say) as (_, options):
        lane = Lane(name="main", limits=limits, pace=limits)
        dispatch = house.dispatch(options, lanes=[lane], show=lambda p: seen.append(p.ready))
        stop.append(dispatch.stop)
        progress = await dispatch.run(until_done)

    assert progress.tally.sent <= 4
    assert max(seen) <= 4
    assert progress.waiting == 60 - progress.tally.sent
    assert sorted(set((await house.states()).values())) == ["queued", "sent"]


async def test_a_domain_that_puts_us_off_is_left_alone_and_the_rest_goes_on(house):
    await house.join(*(f"r{n}" for n in range(5)))
    await house.release()

    async with scripted(lambda c: "421 4.7.0 too much\r\n" if c.startswith("RCPT") else None) as (
        relay,
        options,
    ):
        await house.send(options)

    found = await house.rows("state", "next_attempt_at")
    assert {state for state, _ in found.values()} == {"queued"}
    assert all(at > NOW for _, at in found.values())
    assert relay.taken == []


async def test_where_one_relay_is_down_the_other_carries_all(house):
    await house.join(*(f"r{n}" for n in range(8)))
    await house.release()

    async with scripted() as (relay, up), scripted(greeting="421 not today\r\n") as (_, down):
        ways = [_named(up, "up"), _named(down, "down")]
        progress = await house.send(*ways)

    assert (progress.tally.sent, len(relay.taken)) == (8, 8)
    assert {relay for (relay,) in (await house.rows("relay")).values()} == {"up"}
    assert len(house.told) == 1
    assert house.told[0].startswith("relay 'down'")


async def test_relays_share_by_weight_and_a_spare_gets_nothing(house):
    await house.join(*(f"r{n}" for n in range(40)))
    await house.release()
    lanes = [Lane(name="big", weight=3.0), Lane(name="small"), Lane(name="spare", weight=0.0)]

    async with scripted() as (big, a), scripted() as (small, b), scripted() as (spare, c):
        ways = [_named(a, "big"), _named(b, "small"), _named(c, "spare")]
        await house.send(*ways, lanes=lanes)

    assert len(big.taken) + len(small.taken) == 40
    assert spare.connections == 0


async def test_what_waits_for_a_relay_is_not_held_so_that_who_leaves_meanwhile_is_skipped(house):
    await house.join("ada", "grace")
    await house.release()

    async with scripted(greeting="421 not today\r\n") as (_, options):
        progress = await house.send(options)
        assert (progress.waiting, set((await house.states()).values())) == (2, {"queued"})
        assert {attempts for (attempts,) in (await house.rows("attempts")).values()} == {0}

    await house.leave("ada")
    later(house, minutes=20)
    async with scripted() as (_, options):
        await house.send(options)
    assert await house.states() == {"ada": "skipped: left", "grace": "sent"}


async def test_a_refusal_of_us_fails_nobody_and_names_the_command_that_resumes(house):
    await house.join("ada", "grace")
    await house.release()

    async with scripted(
        lambda c: "554 5.7.1 we do not know you\r\n" if c.startswith("MAIL") else None
    ) as (_, options):
        progress = await house.send(options)

    assert set((await house.states()).values()) == {"queued"}
    (trouble,) = progress.troubles
    assert "554 5.7.1 we do not know you" in trouble
    assert trouble.endswith("`digest relays resume main`")
    assert house.blamed == []


async def test_stop_finishes_what_is_on_the_wire_and_gives_back_the_rest(house):
    await house.join(*(f"r{n}" for n in range(400)))
    await house.release()

    ended = itertools.count(1)
    stop: list[Callable[[], None]] = []

    def say(command: str) -> None:
        if command == "END" and next(ended) == 20:
            stop[0]()

    async with scripted(say) as (relay, options):
        dispatch = house.dispatch(options)
        stop.append(dispatch.stop)
        progress = await dispatch.run(until_done)

    states = await house.rows("state", "attempts")
    assert list(states.values()).count(("sent", 1)) == len(relay.taken) == progress.tally.sent
    assert set(states.values()) <= {("sent", 1), ("queued", 0)}
    assert progress.waiting == 400 - len(relay.taken)


def _named(options, name):
    return replace(options, name=name)


async def test_what_is_to_be_given_back_is_before_anything_is_claimed(house, monkeypatch):
    monkeypatch.setattr("digest.services.dispatch.TICK", 0.0)
    await house.join("ada", "grace", "edsger")
    await house.release()
    called: list[str] = []

    class Cut:
        """An office whose first answer to a give-back never comes, though it was done."""

        def __init__(self, inner):
            self._inner = inner

        def __getattr__(self, name):
            return getattr(self._inner, name)

        async def claim(self, *args):
            called.append("claim")
            return await self._inner.claim(*args)

        async def give_back(self, *args):
            called.append("give_back")
            await self._inner.give_back(*args)
            if called.count("give_back") == 1:
                raise Temporary("the server closed the connection")

    async with scripted() as (relay, options):
        once = throttle.limited(minute=1)
        await house.send(options, each_domain=once, sealed=Cut)

    first = called.index("give_back")
    assert called[first + 1] == "give_back"
    assert len(relay.taken) == 1
    assert sorted((await house.states()).values()) == ["queued", "queued", "sent"]


@pytest.mark.parametrize("state", ["paused", "cancelled"])
async def test_what_is_claimed_of_an_issue_that_is_stopped_does_not_leave(
    house, state, monkeypatch
):
    await house.join(*(f"r{n:02}" for n in range(40)))
    issue = (await house.release()).issue
    back, give_back = asyncio.Event(), IssueOffice.give_back

    async def gave_back(*args):
        await give_back(*args)
        back.set()

    monkeypatch.setattr(IssueOffice, "give_back", gave_back)

    async def stop(command: str) -> None:
        if command != "END" or len(relay.taken) != 3:
            return
        await house.store.write(lambda tx: desk.turn(tx, issue, ("released",), state))
        later(house, seconds=2)
        await asyncio.wait_for(back.wait(), 60)  # the relay takes its time

    async with scripted() as (relay, options):
        relay.before = stop
        progress = await house.send(replace(options, max_connections=1))

    found = await house.rows("state", "attempts")
    assert progress.tally.sent == len(relay.taken) <= 6
    rest = {seen for seen in found.values() if seen[0] != "sent"}
    assert rest == {("queued" if state == "paused" else "skipped", 0)}


async def test_of_two_issues_only_the_one_that_is_stopped_is_recalled(house):
    await house.join("ada", "grace")
    kept = (await house.release()).issue
    paper = house.prepared()
    second = replace(paper, issue=replace(paper.issue, period="extra"))
    stopped = (await house.release(second)).issue
    office, box = house.office(), Box()
    box.ready.extend((await office.claim(LEASE, 10, house.now)).ready)
    await house.store.write(lambda tx: desk.turn(tx, stopped, ("released",), "paused"))

    recalled = await office.recall(LEASE, box)

    asked = select(deliveries.c.id, deliveries.c.issue)
    issues = dict(await house.store.read(lambda tx: list(map(tuple, tx.execute(asked)))))
    assert [issues[one.ref] for one in recalled] == [stopped, stopped]
    assert [issues[one.ref] for one in box.ready] == [kept, kept]
    assert await office.recall(LEASE, box) == []  # while what is on the wire holds its claim


async def test_what_comes_too_late_is_skipped_though_no_relay_may_be_used(house):
    await house.join("ada")
    await house.release()
    later(house, days=2)
    resting = Lane(name="main", circuit=Circuit(paused="550 go away"))

    async with scripted() as (relay, options):
        progress = await house.send(_named(options, "main"), lanes=[resting])

    assert await house.states() == {"ada": "skipped: stale"}
    assert (progress.tally.skipped, progress.late, relay.connections) == (1, 1, 0)


def test_all_is_settled_where_nothing_is_queued_even_for_later():
    later_on = Outlook(queued=True, next_at=NOW + timedelta(hours=1))

    assert all_settled(Outlook(), False)
    assert not all_settled(later_on, False)
    assert not all_settled(Outlook(), True)

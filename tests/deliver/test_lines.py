"""Relays in use: how many connections each has, and which goes on where another does not."""

import asyncio
from datetime import timedelta
from uuid import uuid4

import pytest

from digest.deliver.allowance import Domains, Lane
from digest.deliver.choice import FIRST_REST, Circuit
from digest.deliver.journal import Journal
from digest.deliver.line import HANGS, STILL
from digest.deliver.lines import Lines
from digest.deliver.outcome import Deferred, Refused, Stage
from digest.deliver.refusals import STRANGERS
from digest.deliver.relay import RelayOptions
from digest.deliver.throttle import Pace
from digest.deliver.tray import Door, Tray
from digest.errors import Temporary
from tests.builders import NOW
from tests.deliver.relays import a_message

FULL = Deferred(452, "4.3.1", "Insufficient system storage", Stage.MAIL)
SPENT = Deferred(454, "", "Throttling failure: Daily message quota exceeded.", Stage.END)  # SES

TOO_LARGE = Refused(552, "5.3.4", "too large", Stage.MAIL)


class House:
    """Two relays, "main" and one more, and a clock set by hand."""

    def __init__(self, folder, carry, *, spare=False, connections=8, drain_seconds=0.0):
        self.now, self.told = NOW, []
        self.tray = Tray(1, Journal(folder / "worker-1.journal"), signal=lambda: None)
        self.tray.journal.begin(uuid4())
        self.put(50)
        options = [
            RelayOptions(name=name, host="relay", port=25, max_connections=connections)
            for name in ("main", "other")
        ]
        weights = 1.0, 0.0 if spare else 1.0
        self.domains = Domains(Pace(), {}, NOW.timestamp())
        self.lines = Lines(
            [
                (option, Lane(name=option.name, weight=weight))
                for option, weight in zip(options, weights, strict=True)
            ],
            self.domains,
            self.tray,
            carry=carry,
            clock=lambda: self.now,
            tell=self.told.append,
            drain_seconds=drain_seconds,
        )
        self.main, self.other = self.lines._lines

    def put(self, count):
        ready = self.tray.boxes[0].ready
        ready.clear()
        ready.extend(a_message(ref=n, recipient="ada@x.example") for n in range(count))

    async def look(self, times=4, **later):
        self.now += timedelta(**later)
        for _ in range(times):
            self.lines.adjust()
            await asyncio.sleep(0)


class Crowded:
    """A relay that lets in so many connections and answers for nothing."""

    def __init__(self, limit):
        self.limit, self.open, self.tried = limit, 0, 0

    async def __call__(self, relay, feed, opened):
        self.tried += 1
        await asyncio.sleep(0)
        if self.open >= self.limit:
            raise Temporary(f"{relay.label} has no time for us (421 too many); it is tried again")
        self.open += 1
        opened()
        await asyncio.Event().wait()


async def test_a_relay_that_lets_in_few_connections_is_not_asked_for_more_all_the_time(tmp_path):
    carry = Crowded(3)
    house = House(tmp_path, carry, spare=True)

    await house.look(20)

    assert (carry.open, carry.tried) == (3, 8)
    assert house.main.lane.circuit == Circuit()
    assert house.told == [
        "relay 'main' (relay:25) has no time for us (421 too many), on one connection more; those "
        "that are open go on, and if it stays so, set its max_connections (now 8) to what it allows"
    ]

    await house.look(20, seconds=FIRST_REST)
    assert (carry.open, carry.tried) == (3, 11)  # twice as many are tried, and no more for longer
    await house.look(20, seconds=FIRST_REST)
    assert (carry.open, carry.tried, len(house.told)) == (3, 11, 1)

    carry.limit = 8
    await house.look(20, seconds=FIRST_REST)
    assert carry.open == 8
    await house.lines.close()


async def test_a_trouble_that_comes_and_goes_is_told_once_in_an_hour(tmp_path):
    async def drop(relay, feed, opened):
        raise Temporary(f"{relay.label} closed the connection")

    house = House(tmp_path, drop, connections=1)

    async def drops(**later):
        await house.look(**later)
        house.main.door.accepts += 1  # another connection goes on
        await house.look(1)
        return sum("main" in sentence for sentence in house.told)

    told = [await drops(minutes=minutes) for minutes in (0, 1, 20, 38, 1)]

    assert told == [1, 1, 1, 1, 2]
    await house.lines.close()


async def hang(relay, feed, opened):
    """It takes the connection and says nothing; the other relay is there."""
    if relay.name != "main":
        opened()
    await asyncio.Event().wait()


async def test_a_spare_helps_where_a_relay_hangs_and_no_longer(tmp_path):
    house = House(tmp_path, hang, spare=True)

    await house.look()
    await house.look(seconds=HANGS - 1)
    assert (house.main.door.room, house.other.door.room) == (50, 0)
    await house.look(seconds=1)
    assert (house.main.door.room, house.other.door.room) == (0, 50)

    house.main.connected()
    await house.look()
    assert (house.main.door.room, house.other.door.room) == (50, 0)
    await house.lines.close()


async def test_the_last_message_is_not_kept_for_a_relay_that_does_not_open(tmp_path):
    house = House(tmp_path, hang)
    await house.look()
    house.put(1)

    await house.look()
    assert (house.main.door.room, house.other.door.room) == (1, 0)
    await house.look(seconds=STILL)

    assert (house.main.door.room, house.other.door.room) == (0, 1)
    await house.lines.close()


async def test_nobody_waits_for_a_relay_that_does_not_open_when_all_is_over(tmp_path):
    house = House(tmp_path, hang, drain_seconds=60.0)
    house.put(1)
    await house.look()

    async with asyncio.timeout(5):
        await house.lines.close()

    assert house.lines.connections == 0


async def opens(relay, feed, opened):
    opened()
    await asyncio.Event().wait()


@pytest.mark.parametrize("said", [FULL, SPENT])
async def test_a_relay_that_has_no_time_for_any_message_rests_and_no_domain_is_slowed(
    tmp_path, said
):
    house = House(tmp_path, opens, spare=True)
    for _ in range(3):
        await house.look()
        for _ in range(2):  # of one round: they are one failure
            house.main.door.room = 1
            house.main.door.settle(house.main.door.take(lambda: None), said)
        assert house.main.door.room == 0
    await house.look()

    assert (house.main.door.room, house.other.door.room) == (0, 44)
    assert house.domains.free
    assert house.told == house.lines.troubles
    words = " ".join(filter(None, (str(said.code), said.enhanced, said.text)))
    assert house.told == [
        f"relay 'main' (relay:25) takes no message now ({words}); it is tried again later"
    ]
    await house.lines.close()


@pytest.mark.parametrize(
    ("code", "stage"),
    [(421, Stage.RCPT), (450, Stage.RCPT), (451, Stage.END), (452, Stage.RCPT), (452, Stage.END)],
)
async def test_who_puts_off_a_reader_is_asked_less_often_for_their_domain(tmp_path, code, stage):
    house = House(tmp_path, opens)
    await house.look()

    said = Deferred(code, "4.2.2", "mailbox full", stage)
    house.main.door.settle(house.main.door.take(lambda: None), said)

    assert not house.domains.free
    assert house.main.lane.circuit == Circuit()
    await house.lines.close()


async def test_what_a_relay_can_never_take_is_told_once_for_each_reason(tmp_path):
    house = House(tmp_path, opens)
    large = Refused(552, "5.3.4", "message too large", Stage.END)
    for said in (large, large, Refused(552, "", "too large a message", Stage.MAIL)):
        house.main.hears(a_message(), said)

    assert [told.partition(" (552")[0] for told in house.told] == [
        "relay 'main' (relay:25) finds the mail too large"
    ] * 2
    await house.lines.close()


async def test_a_relay_that_knows_nobody_writes_off_no_list_of_readers(tmp_path):
    house = House(tmp_path, opens, spare=True)
    gone = Refused(550, "5.1.1", "User unknown in local recipient table", Stage.RCPT)
    for number in range(STRANGERS + 3):
        await house.look()
        message = house.main.door.take(lambda: None)
        message.recipient = f"r{number}@x.example"
        house.main.door.settle(message, gone)
    await house.look()

    became = [type(outcome) for _, outcome, _ in house.tray.boxes[0].rest]
    assert became == [Refused] * STRANGERS + [Deferred] * 3
    assert (house.main.door.room, house.other.door.room) == (0, 50 - STRANGERS - 3)
    [told] = house.told
    assert told == house.lines.troubles[0]
    assert "says that none of the last 20 readers exists" in told
    await house.lines.close()


def test_what_was_taken_and_has_not_landed_flies_whatever_becomes_of_the_rest(tmp_path):
    tray = Tray(1, Journal(tmp_path / "worker-1.journal"), signal=lambda: None)
    tray.journal.begin(uuid4())
    door = Door(tray, "main", Domains(Pace(), {}, NOW.timestamp()))
    tray.boxes[0].ready.extend(a_message(ref=n) for n in range(6))
    door.room = 6
    one, *rest = (door.take(lambda: None) for _ in range(6))

    door.departing(one)
    door.accepted(one, b"250 2.0.0 Ok")
    for outcome in (FULL, SPENT):
        door.settle(rest.pop(), outcome)
    door.overdue(rest.pop(), FULL)
    door.returned(rest.pop(), FULL)
    assert (door.left - door.accepts - door.ended, tray.flying) == (1, 1)
    door.objected(rest.pop(), TOO_LARGE, lambda _: TOO_LARGE)

    assert (door.left, door.left - door.accepts - door.ended, tray.flying) == (5, 0, 0)
    assert (door.room, tray.ready, len(door.late)) == (1, 1, 1)


def test_what_each_relay_has_found_too_large_once_is_not_passed_on_again(tmp_path):
    house = House(tmp_path, Crowded(0))
    house.put(1)
    first, second = house.main.door, house.other.door
    for door in (first, second):
        door.room = 1
        message = door.take(lambda: None)
        door.settle(message, TOO_LARGE)
        door.objection = None  # a new connection forgets it

    box = house.tray.boxes[0]
    assert (len(box.passed), [outcome for _, outcome, _ in box.rest]) == (0, [TOO_LARGE])

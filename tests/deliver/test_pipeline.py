"""Messages go out one round trip each, and whatever a relay does each has exactly one outcome."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from digest.deliver.envelope import Envelopes
from digest.deliver.feed import OVER
from digest.deliver.flight import Flight
from digest.deliver.outcome import Accepted, Deferred, InDoubt, Refused, Stage
from digest.deliver.relay import Offer, Patience
from digest.deliver.smtp import SmtpTransport, carry
from digest.deliver.supply import Supply
from digest.deliver.transport import Outgoing
from tests.deliver.relays import ALL, HANG_UP, Say, Tray, a_message, real, scripted

THREE = tuple(a_message(f"{name}@example.org") for name in ("ada", "grace", "edsger"))
QUEUED = Accepted(250, "2.0.0", "queued as 7F3A")


def answers(**by_start: str) -> Say:
    """``RCPT="550 no"``: to each command that begins so."""
    return lambda command: next(
        (said for start, said in by_start.items() if command.startswith(start)), None
    )


def to(address: str, said: str) -> Say:
    return lambda command: said if command == f"RCPT TO:<{address}>" else None


def nth(command: str, number: int, said: str) -> Say:
    """The ``number``-th time, from 1, that the command begins so."""
    count = 0

    def say(heard: str) -> str | None:
        nonlocal count
        count += heard.startswith(command)
        return said if heard.startswith(command) and count == number else None

    return say


async def test_the_end_of_one_message_and_the_envelope_of_the_next_leave_in_one_write():
    async with scripted() as (sink, relay):
        tray = Tray(*THREE)
        await carry(relay, tray)

    envelope = b"MAIL FROM:<digest@quayside.example> SIZE=%d\r\nRCPT TO:<%b>\r\nDATA\r\n"
    opening = [envelope % (len(m.data), m.recipient.encode()) for m in THREE]
    assert tray.outcomes == {m.recipient: QUEUED for m in THREE}
    assert tray.departed == [m.recipient for m in THREE]
    assert sink.taken == [m.data for m in THREE]
    assert sink.reads[1:] == [
        opening[0],
        THREE[0].data + b".\r\n" + opening[1],
        THREE[1].data + b".\r\n" + opening[2],
        THREE[2].data + b".\r\n",
        b"QUIT\r\n",
    ]


async def test_a_relay_without_pipelining_hears_one_command_at_a_time():
    async with scripted(offers=("8BITMIME",)) as (sink, relay):
        tray = Tray(*THREE)
        await carry(relay, tray)

    assert [m.recipient for m in THREE] == list(tray.outcomes)
    assert sink.taken == [m.data for m in THREE]
    assert sink.reads[1:5] == [
        b"MAIL FROM:<digest@quayside.example>\r\n",
        b"RCPT TO:<ada@example.org>\r\n",
        b"DATA\r\n",
        THREE[0].data + b".\r\n",
    ]


@pytest.mark.parametrize("offers", [ALL, ALL[1:]])
async def test_an_address_refused_is_that_persons_failure_alone(offers):
    say = to("grace@example.org", "550-5.1.1 no such\r\n550 5.1.1 user here\r\n")
    async with scripted(say, offers) as (sink, relay):
        tray = Tray(*THREE)
        await carry(relay, tray)

    assert tray.outcomes == {
        "ada@example.org": QUEUED,
        "grace@example.org": Refused(550, "5.1.1", "no such user here", Stage.RCPT),
        "edsger@example.org": QUEUED,
    }
    assert tray.departed == ["ada@example.org", "edsger@example.org"]
    assert b"".join(sink.taken).count(b"To: grace") == 0


async def test_an_invitation_after_a_refusal_is_answered_by_a_lone_dot():
    async with scripted(to("ada@example.org", "550 5.1.1 no\r\n")) as (sink, relay):
        tray = Tray(THREE[0])
        await carry(relay, tray)

    assert sink.reads[2:] == [b".\r\n", b"QUIT\r\n"]
    assert tray.outcomes["ada@example.org"] == Refused(550, "5.1.1", "no", Stage.RCPT)


async def test_a_transaction_that_got_no_invitation_is_reset_before_the_next():
    async with scripted(nth("DATA", 1, "451 4.3.0 later\r\n")) as (sink, relay):
        tray = Tray(*THREE[:2])
        await carry(relay, tray)

    assert tray.outcomes == {
        "ada@example.org": Deferred(451, "4.3.0", "later", Stage.DATA),
        "grace@example.org": QUEUED,
    }
    assert [c.split()[0] for c in sink.heard[4:8]] == ["RSET", "MAIL", "RCPT", "DATA"]
    assert sink.reads[2].startswith(b"RSET\r\nMAIL FROM")


async def test_the_first_refusal_is_the_reason_that_is_kept():
    say = answers(
        MAIL="550 5.7.1 we know you\r\n", RCPT="503 5.5.1 no\r\n", DATA="503 5.5.1 no\r\n"
    )
    async with scripted(say) as (sink, relay):
        tray = Tray(*THREE)
        await carry(relay, tray)

    refused = Refused(550, "5.7.1", "we know you", Stage.MAIL)
    assert tray.outcomes == {m.recipient: refused for m in THREE}
    assert "RSET" not in sink.heard  # no transaction was ever open


@pytest.mark.parametrize("code", [451, 452, 550, 552, 554])
async def test_what_is_said_after_the_dot_decides(code):
    async with scripted(nth("END", 2, f"{code} {code // 100}.2.2 words\r\n")) as (_, relay):
        tray = Tray(*THREE)
        await carry(relay, tray)

    kind = Refused if code >= 500 else Deferred
    assert tray.outcomes == {
        "ada@example.org": QUEUED,
        "grace@example.org": kind(code, f"{code // 100}.2.2", "words", Stage.END),
        "edsger@example.org": QUEUED,
    }


@pytest.mark.parametrize("command", ["MAIL", "RCPT", "DATA", "END"])
async def test_421_defers_what_it_answers_and_all_that_follows(command):
    async with scripted(nth(command, 2, "421 4.3.2 shutting down\r\n")) as (_, relay):
        tray = Tray(*THREE)
        await carry(relay, tray)

    taken = {name: outcome for name, outcome in tray.outcomes.items() if name != "ada@example.org"}
    assert tray.outcomes["ada@example.org"] == QUEUED
    # At MAIL it is the connection that has had enough, and no answer to the message.
    assert tray.outcomes["grace@example.org"].code == (0 if command == "MAIL" else 421)
    assert all(isinstance(outcome, Deferred) for outcome in taken.values())
    assert len(tray.outcomes) + len(tray.left) == 3


@pytest.mark.parametrize(
    ("command", "time", "says", "back"),
    [
        ("MAIL", 1, HANG_UP, []),  # alone: it may be why
        ("MAIL", 2, HANG_UP, ["grace@example.org"]),
        ("MAIL", 2, "421 4.7.0 enough\r\n", ["grace@example.org"]),
        ("END", 1, HANG_UP, ["grace@example.org"]),
        ("END", 1, "999 what\r\n", ["grace@example.org"]),
    ],
)
async def test_what_the_relay_never_came_to_goes_back_and_is_no_attempt(command, time, says, back):
    returned = []
    async with scripted(nth(command, time, says)) as (_, relay):
        tray = Tray(*THREE)
        tray.returned = lambda message, _: returned.append(message.recipient)
        await carry(relay, tray)

    assert returned == back
    assert not set(back) & set(tray.outcomes)


async def test_a_connection_lost_after_the_dot_leaves_one_message_in_doubt():
    async with scripted(nth("END", 2, HANG_UP)) as (_, relay):
        tray = Tray(*THREE)
        await carry(relay, tray)

    assert tray.outcomes["ada@example.org"] == QUEUED
    assert isinstance(tray.outcomes["grace@example.org"], InDoubt)
    assert isinstance(tray.outcomes["edsger@example.org"], Deferred)  # announced, not sent


@pytest.mark.parametrize("command", ["MAIL", "RCPT", "DATA"])
async def test_a_connection_lost_before_the_dot_defers(command):
    async with scripted(nth(command, 1, HANG_UP)) as (_, relay):
        tray = Tray(*THREE)
        await carry(relay, tray)

    assert len(tray.outcomes) == 1
    assert isinstance(tray.outcomes["ada@example.org"], Deferred)
    assert tray.departed == []


@pytest.mark.parametrize("command", ["RSET", "QUIT"])
async def test_a_relay_that_hangs_up_between_messages_ends_the_connection(command):
    refuses = nth("DATA", 1, "451 4.3.0 later\r\n" if command == "RSET" else "354 go on\r\n")
    hangs_up = lambda heard: HANG_UP if heard == command else refuses(heard)  # noqa: E731 -- said where it is used

    async with scripted(hangs_up) as (_, relay), asyncio.timeout(10):
        tray = Tray(*THREE[:2])
        await carry(relay, tray)

    if command == "QUIT":
        assert list(tray.outcomes.values()) == [QUEUED, QUEUED]
    else:
        refused, announced = tray.outcomes.values()
        assert refused == Deferred(451, "4.3.0", "later", Stage.DATA)
        assert isinstance(announced, Deferred)


def test_what_was_refused_is_settled_by_that_however_late_it_was():
    tray, refused = Tray(), Refused(550, "5.1.1", "no", Stage.RCPT)
    tray.overdue = lambda message, _: pytest.fail(f"{message.recipient} is said to be overdue")
    offer = Offer(pipelining=True)
    supply = Supply(tray, Envelopes(offer, "relay 'main'"), 9, wake=lambda: None)
    flight = Flight(THREE[0])
    flight.fate, flight.late = refused, True

    supply.lost([flight], "it was lost")

    assert tray.outcomes == {"ada@example.org": refused}


def test_what_was_announced_too_long_ago_goes_back_as_overdue_and_the_next_as_it_is():
    tray, overdue, returned = Tray(), [], []
    tray.overdue = lambda message, outcome: overdue.append((message.recipient, outcome.text))
    tray.returned = lambda message, _: returned.append(message.recipient)
    supply = Supply(tray, Envelopes(Offer(pipelining=True), "relay 'main'"), 9, wake=lambda: None)
    flights = [Flight.gone(THREE[0]), Flight(THREE[1]), Flight(THREE[2])]
    flights[1].late = True

    supply.lost(flights, "it was lost")

    assert overdue == [("grace@example.org", "it was lost before the message was over")]
    assert returned == ["edsger@example.org"]
    why = "it was lost after the message, before its reply"
    assert tray.outcomes == {"ada@example.org": InDoubt(why)}


async def test_only_what_another_relay_may_take_is_left_to_it():
    objected = []
    async with scripted(offers=("PIPELINING",)) as (_, relay):
        tray = Tray(a_message("cr@example.org>\r\nRSET"), a_message("zoë@example.org"), THREE[0])
        tray.objected = lambda message, refused, _: objected.append((message.recipient, refused))
        await carry(relay, tray)

    assert [(to, refused.code) for to, refused in objected] == [("zoë@example.org", 553)]
    assert list(tray.outcomes) == ["cr@example.org>\r\nRSET", "ada@example.org"]


async def test_a_long_message_cut_off_in_its_middle_is_deferred_and_not_in_doubt():
    long = a_message(parts=(b"Subject: x\r\n\r\n" + b"Barges are back.\r\n" * 2_000_000,))
    async with scripted(lambda c: HANG_UP if c == "BODY" else None, ALL[:3]) as (_, relay):
        tray = Tray(long)
        await carry(relay, tray)

    assert isinstance(tray.outcomes["ada@example.org"], Deferred)
    assert tray.departed == []


async def test_a_long_message_arrives_whole_and_the_next_one_follows():
    long = a_message(parts=(b"Subject: x\r\n\r\n" + b"Barges are back.\r\n" * 200_000,))
    async with scripted(offers=ALL[:3]) as (sink, relay):
        tray = Tray(long, THREE[1])
        await carry(relay, tray)

    assert sink.taken == [long.data, THREE[1].data]
    assert set(tray.outcomes.values()) == {QUEUED}


@pytest.mark.parametrize(
    "garbage",
    [
        "HTTP/1.1 400 Bad Request\r\n",
        "\x00\xff\r\n",
        "999 what\r\n",
        "354 go on\r\n",
        "x" * 5000,
        "250-more\r\n" * 100,
        "250-one\r\n550 two\r\n",
    ],
)
async def test_garbage_for_a_reply_ends_the_connection_and_nothing_is_guessed(garbage):
    async with scripted(nth("END", 1, garbage)) as (_, relay):
        tray = Tray(*THREE)
        await carry(relay, tray)

    assert isinstance(tray.outcomes["ada@example.org"], InDoubt)
    assert "relay 'main'" in tray.outcomes["ada@example.org"].text
    assert isinstance(tray.outcomes["grace@example.org"], Deferred)
    assert len(tray.left) == 1


async def test_a_reply_too_many_is_not_taken_for_the_next_ones():
    twice = "250 2.0.0 queued as 7F3A\r\n250 2.0.0 queued as 7F3A\r\n" + "250 ok\r\n" * 4
    async with scripted(nth("END", 1, twice)) as (sink, relay):
        tray = Tray(*THREE)
        await carry(relay, tray)

    assert tray.outcomes["ada@example.org"] == QUEUED
    assert isinstance(tray.outcomes["grace@example.org"], Deferred)
    assert len(sink.taken) == 1


@pytest.mark.parametrize("silent", ["MAIL", "END"])
async def test_a_relay_that_falls_silent_is_left_in_time(silent):
    patience = Patience(mail=0.05, rcpt=0.05, data=0.05, end=0.05, quit=0.05)
    stop = asyncio.Event()

    async def serve(reader, writer):
        writer.write(b"220 sink\r\n")
        await reader.readline()
        writer.write(b"250-sink\r\n250 PIPELINING\r\n")
        await reader.readuntil(b"DATA\r\n")
        if silent == "END":
            writer.write(b"250 ok\r\n250 ok\r\n354 go\r\n")
        await stop.wait()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with scripted() as (_, relay):
        port = server.sockets[0].getsockname()[1]
        tray = Tray(THREE[0])
        await carry(replace(relay, port=port, patience=patience), tray)
    stop.set()
    server.close()

    kind = InDoubt if silent == "END" else Deferred
    outcome = tray.outcomes["ada@example.org"]
    assert isinstance(outcome, kind)
    assert f"did not answer {silent} in time" in outcome.text


async def test_a_connection_carries_no_more_messages_than_it_may():
    async with scripted() as (sink, relay):
        tray = Tray(*THREE)
        await carry(replace(relay, max_messages=2), tray)
        first = list(tray.outcomes)
        await carry(replace(relay, max_messages=2), tray)

    assert first == ["ada@example.org", "grace@example.org"]
    assert len(tray.outcomes) == 3
    assert set(tray.outcomes.values()) == {QUEUED}
    assert (sink.connections, sink.heard.count("QUIT")) == (2, 2)


async def test_an_idle_connection_wakes_for_work_and_closes_without_noop():
    class Shy(Tray):
        def take(self, wake):
            self.wake = wake
            return self.left.pop(0) if self.left else None

        def settle(self, message, outcome):
            super().settle(message, outcome)
            if len(self.outcomes) == 1:
                self.left.append(THREE[1])
                asyncio.get_running_loop().call_soon(self.wake)

    async with scripted() as (sink, relay):
        tray = Shy(THREE[0])
        await carry(replace(relay, patience=Patience(idle=0.05)), tray)

    assert set(tray.outcomes) == {"ada@example.org", "grace@example.org"}
    assert sink.heard[-1] == "QUIT"
    assert "NOOP" not in sink.heard


async def test_what_a_relay_cannot_take_fails_with_a_clear_reason_and_others_go_on():
    messages = (
        a_message("zoë@example.org"),
        a_message("big@example.org", parts=(b"Subject: x\r\n\r\n" + b"x" * 2000,)),
        a_message("eight@example.org", parts=("Subject: ö\r\n\r\n".encode(),)),
        a_message("cr@example.org>\r\nRSET"),
        THREE[0],
    )
    async with scripted(offers=("PIPELINING", "SIZE 1000")) as (sink, relay):
        tray = Tray(*messages)
        await carry(relay, tray)

    main = relay.label
    assert tray.outcomes == {
        "zoë@example.org": Refused(
            553,
            "5.6.7",
            f"{main} does not offer SMTPUTF8, which this address needs; use one that does",
            Stage.RCPT,
        ),
        "big@example.org": Refused(
            552,
            "5.3.4",
            f"{main} takes 1,000 bytes and the message has 2,014; make it smaller",
            Stage.MAIL,
        ),
        "eight@example.org": Refused(
            554,
            "5.6.3",
            f"{main} does not offer 8BITMIME, which this message needs; use one that does",
            Stage.MAIL,
        ),
        "cr@example.org>\r\nRSET": Refused(
            501, "5.1.3", "the address cannot be written in SMTP", Stage.RCPT
        ),
        "ada@example.org": QUEUED,
    }
    assert len(sink.taken) == 1


async def test_an_address_beyond_ascii_goes_where_smtputf8_is_offered():
    async with scripted() as (sink, relay):
        outcome = await SmtpTransport(relay)(a_message("zoë@example.org"))

    assert outcome == QUEUED
    assert sink.heard[1].endswith(" BODY=8BITMIME SMTPUTF8")


async def test_cancelling_settles_whatever_was_taken():
    reached = asyncio.Event()
    tray = Tray(THREE[0])
    tray.departing = lambda message: reached.set()

    async with scripted(nth("END", 1, "250-\r\n")) as (_, relay):  # an answer without an end
        task = asyncio.create_task(carry(relay, tray))
        await reached.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    assert isinstance(tray.outcomes["ada@example.org"], InDoubt)


async def test_a_feed_that_breaks_leaves_no_connection_open():
    class Broken(Tray):
        def take(self, wake):
            raise ZeroDivisionError

    async with scripted() as (sink, relay):
        with pytest.raises(ZeroDivisionError):
            await carry(relay, Broken())

    assert sink.heard == ["EHLO localhost"]


@pytest.mark.parametrize("pipelining", [True, False])
async def test_a_real_aiosmtpd_gets_every_byte(pipelining):
    class Box:
        def __init__(self) -> None:
            self.mail: dict[str, bytes] = {}

        async def handle_EHLO(self, server, session, envelope, hostname, responses):  # noqa: N802 -- aiosmtpd's name
            session.host_name = hostname
            return ["250-PIPELINING", *responses] if pipelining else responses

        async def handle_RCPT(self, server, session, envelope, address, options):  # noqa: N802 -- aiosmtpd's name
            if address.startswith("nobody"):
                return "550 5.1.1 no such user"
            envelope.rcpt_tos.append(address)
            return "250 2.1.5 Ok"

        async def handle_DATA(self, server, session, envelope):  # noqa: N802 -- aiosmtpd's name
            self.mail[envelope.rcpt_tos[0]] = envelope.original_content
            return "250 2.0.0 kept"

    box = Box()
    messages: list[Outgoing] = [a_message(f"reader{n}@example.org") for n in range(50)]
    messages.insert(20, a_message("nobody@example.org"))
    async with real(box, enable_SMTPUTF8=True) as relay:
        tray = Tray(*messages)
        await carry(relay, tray)

    refused = tray.outcomes.pop("nobody@example.org")
    assert refused == Refused(550, "5.1.1", "no such user", Stage.RCPT)
    assert set(tray.outcomes.values()) == {Accepted(250, "2.0.0", "kept")}
    assert box.mail == {m.recipient: m.data for m in messages if m.name != "nobody@example.org"}


async def test_a_feed_that_is_over_at_once_costs_only_a_goodbye():
    async with scripted() as (sink, relay):
        tray = Tray()
        assert tray.take(lambda: None) is OVER
        await carry(relay, tray)

    assert sink.heard == ["EHLO localhost", "QUIT"]

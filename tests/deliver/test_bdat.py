"""BDAT carries a message where it is wanted and offered; nothing else about a relay changes."""

from __future__ import annotations

from dataclasses import replace

import pytest

from digest.deliver.outcome import Accepted, Deferred, InDoubt, Refused, Stage
from digest.deliver.smtp import carry
from tests.deliver.relays import ALL, HANG_UP, Tray, a_message, scripted

THREE = tuple(a_message(f"{name}@example.org") for name in ("ada", "grace", "edsger"))
QUEUED = Accepted(250, "2.0.0", "queued as 7F3A")
CHUNKING = (*ALL[:3], "CHUNKING")


def bdat(message) -> bytes:
    return b"BDAT %d LAST\r\n" % len(message.data) + message.data


async def test_a_body_and_the_envelope_of_the_next_leave_in_one_write():
    async with scripted(offers=CHUNKING) as (sink, relay):
        tray = Tray(*THREE)
        await carry(replace(relay, bdat=True), tray)

    opening = [f"MAIL FROM:<{m.sender}>\r\nRCPT TO:<{m.recipient}>\r\n".encode() for m in THREE]
    assert tray.outcomes == {m.recipient: QUEUED for m in THREE}
    assert tray.departed == [m.recipient for m in THREE]
    assert sink.taken == [m.data for m in THREE]
    assert sink.reads[1:] == [
        opening[0],
        bdat(THREE[0]) + opening[1],
        bdat(THREE[1]) + opening[2],
        bdat(THREE[2]),
        b"QUIT\r\n",
    ]


async def test_a_relay_without_pipelining_hears_one_command_at_a_time():
    async with scripted(offers=("CHUNKING",)) as (sink, relay):
        tray = Tray(*THREE)
        await carry(replace(relay, bdat=True), tray)

    assert set(tray.outcomes.values()) == {QUEUED}
    assert sink.reads[1:4] == [
        b"MAIL FROM:<digest@quayside.example>\r\n",
        b"RCPT TO:<ada@example.org>\r\n",
        bdat(THREE[0]),
    ]


@pytest.mark.parametrize(("wanted", "offers"), [(True, ALL), (False, (*ALL, "CHUNKING"))])
async def test_without_both_wish_and_offer_it_is_data(wanted, offers):
    async with scripted(offers=offers) as (sink, relay):
        tray = Tray(*THREE)
        await carry(replace(relay, bdat=wanted), tray)

    assert set(tray.outcomes.values()) == {QUEUED}
    assert sink.heard.count("DATA") == 3


@pytest.mark.parametrize("offers", [CHUNKING, ("CHUNKING",)])
async def test_nothing_is_sent_to_an_address_refused_and_others_go_on(offers):
    no = "550 5.1.1 no\r\n"
    say = lambda heard: no if heard == "RCPT TO:<grace@example.org>" else None  # noqa: E731 -- said in a line
    async with scripted(say, offers) as (sink, relay):
        tray = Tray(*THREE)
        await carry(replace(relay, bdat=True), tray)

    assert tray.outcomes == {
        "ada@example.org": QUEUED,
        "grace@example.org": Refused(550, "5.1.1", "no", Stage.RCPT),
        "edsger@example.org": QUEUED,
    }
    assert tray.departed == ["ada@example.org", "edsger@example.org"]
    assert sink.heard.count("RSET") == 1
    assert sink.taken == [THREE[0].data, THREE[2].data]


@pytest.mark.parametrize(("code", "kind"), [(452, Deferred), (554, Refused)])
async def test_what_is_said_after_the_body_decides(code, kind):
    said = iter([None, f"{code} {code // 100}.3.1 words\r\n", None])
    async with scripted(lambda c: next(said) if c == "END" else None, CHUNKING) as (_, relay):
        tray = Tray(*THREE)
        await carry(replace(relay, bdat=True), tray)

    assert tray.outcomes == {
        "ada@example.org": QUEUED,
        "grace@example.org": kind(code, f"{code // 100}.3.1", "words", Stage.END),
        "edsger@example.org": QUEUED,
    }


async def test_a_connection_lost_after_the_body_leaves_one_message_in_doubt():
    async with scripted(lambda c: HANG_UP if c == "END" else None, CHUNKING) as (_, relay):
        tray = Tray(*THREE)
        await carry(replace(relay, bdat=True), tray)

    assert isinstance(tray.outcomes["ada@example.org"], InDoubt)
    assert isinstance(tray.outcomes["grace@example.org"], Deferred)  # announced, not sent


async def test_a_long_message_and_one_without_a_last_line_end_arrive_whole():
    long = a_message(parts=(b"Subject: x\r\n\r\n" + b"Barges are back.\r\n" * 200_000,))
    open_ended = a_message("grace@example.org", parts=(b"Subject: x\r\n\r\nBarges",))
    async with scripted(offers=CHUNKING) as (sink, relay):
        tray = Tray(long, open_ended)
        await carry(replace(relay, bdat=True), tray)

    assert set(tray.outcomes.values()) == {QUEUED}
    assert sink.taken == [long.data, open_ended.data + b"\r\n"]

"""It does not matter how the network cuts a relay's answers, nor whether they are the usual ones."""

from __future__ import annotations

import asyncio
import gc
import itertools
import weakref
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.deliver.outcome import Deferred, InDoubt, Refused, Stage
from digest.deliver.pipeline import CHUNK, Pipeline
from digest.deliver.relay import Offer, RelayOptions
from digest.deliver.watch import Watch
from tests.deliver.relays import Tray, a_message

RELAY = RelayOptions(name="main", host="127.0.0.1")
OFFER = Offer(pipelining=True, size=1_000_000, announce_size=True, eightbit=True)
OPENED = "250 2.1.0 Ok\r\n250 2.1.5 Ok\r\n354 go on\r\n"
# What may be said of a dot and of the MAIL, RCPT and DATA after it.
TURNS = st.sampled_from(
    [
        f"250 2.0.0 queued as 7F3A\r\n{OPENED}",
        f"250 ok\r\n{OPENED}",
        f"250-2.0.0 queued\r\n250 2.0.0 as 7F3A\r\n{OPENED}",
        f"251 2.0.0 queued\r\n{OPENED}",
        f"250 2.0.0 queued\n{OPENED}",
        f"550 5.7.1 no\r\n{OPENED}",
        f"451 4.3.0 later\r\n{OPENED}",
        "250 2.0.0 queued\r\n250 ok\r\n550 5.1.1 no such user\r\n354 go on\r\n",
        "250 2.0.0 queued\r\n250 ok\r\n550 5.1.1 no such user\r\n503 5.5.1 no one\r\n250 reset\r\n",
        "250 2.0.0 queued\r\n421 4.3.2 closing\r\n",
        f"250 2.0.0 queued\r\nwhat\r\n{OPENED}",
        f"250 2.0.0 queued\r\n{OPENED}250 one too many\r\n",
    ]
)


class Wire(asyncio.Transport):
    """What a connection writes, as it writes it."""

    def __init__(self) -> None:
        super().__init__()
        self.written: list[bytes] = []
        self.aborted = self.torn = False
        self.waiting = 0  # bytes that the other side has yet to take

    def set_protocol(self, protocol: asyncio.BaseProtocol) -> None:
        pass

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        pass

    def get_write_buffer_size(self) -> int:
        return self.waiting

    def is_closing(self) -> bool:
        return self.aborted

    def write(self, data: Any) -> None:
        self.written.append(bytes(data))

    def writelines(self, list_of_data: Any) -> None:
        if self.torn:
            raise OSError("no buffer space")
        self.written.append(b"".join(list_of_data))

    def abort(self) -> None:
        self.aborted = True

    close = abort


async def dialogue(pieces: list[bytes]) -> tuple[Tray, Wire, str]:
    tray, wire = Tray(*(a_message(f"reader{n}@example.org") for n in range(9))), Wire()
    pipeline = Pipeline(RELAY, OFFER, tray)
    pipeline.start(wire)
    for piece in pieces:
        if piece and not wire.aborted:
            pipeline.data_received(piece)
            await asyncio.sleep(0)  # what connections write together is written
    ending = "closed by us" if wire.aborted else "lost"
    pipeline.connection_lost(None)
    return tray, wire, ending


@given(st.lists(TURNS, max_size=4), st.lists(st.integers(0, 600), max_size=12))
def test_answers_in_any_pieces_mean_the_same(turns, cuts):
    said = [OPENED.encode(), *(turn.encode() for turn in turns)]
    whole = b"".join(said)
    marks = sorted({0, len(whole), *(cut for cut in cuts if cut < len(whole))})
    pieces = [whole[a:b] for a, b in itertools.pairwise(marks)]

    by_turn, wire, ending = asyncio.run(dialogue(said))
    in_pieces, other_wire, other_ending = asyncio.run(dialogue(pieces))

    assert in_pieces.outcomes == by_turn.outcomes
    assert in_pieces.departed == by_turn.departed
    assert b"".join(other_wire.written) == b"".join(wire.written)
    assert other_ending == ending


@given(st.lists(TURNS, max_size=4), st.data())
def test_nothing_is_sent_uninvited(turns, data):
    lines = b"".join([OPENED.encode(), *(turn.encode() for turn in turns)]).splitlines(True)
    together = data.draw(st.lists(st.booleans(), min_size=len(lines), max_size=len(lines)))
    pieces = [b""]
    for line, joined in zip(lines, together, strict=True):
        pieces = [*pieces[:-1], pieces[-1] + line] if joined else [*pieces, line]

    for heard in range(len(pieces)):
        tray, wire, _ = asyncio.run(dialogue(pieces[:heard]))
        invited = b"".join(pieces[:heard]).count(b"354 ")
        assert len(tray.departed) <= invited
        assert b"".join(wire.written).count(b"\r\n.\r\n") <= invited


async def test_a_usual_turn_is_one_write():
    tray, wire, _ = await dialogue([OPENED.encode()] + [f"250 2.0.0 ok\r\n{OPENED}".encode()] * 3)

    assert len(wire.written) == 5
    assert [written.count(b"MAIL FROM") for written in wire.written] == [1] * 5
    assert tray.departed == [f"reader{n}@example.org" for n in range(4)]


async def test_connections_that_are_answered_together_write_together():
    said = [b"250 2.0.0 ok\r\n" + OPENED.encode()]
    first, second = await opened(), await opened()
    for pipeline, wire in (first, second):
        pipeline.data_received(said[0])
        assert len(wire.written) == 2  # what came before

    await asyncio.sleep(0)

    for pipeline, wire in (first, second):
        assert [one.count(b"MAIL FROM") for one in wire.written] == [1, 1, 1]
        pipeline.connection_lost(None)


async def test_what_is_said_too_early_does_not_change_the_order_of_what_is_written():
    pipeline, wire = await opened()

    pipeline.data_received(f"250 2.0.0 ok\r\n{OPENED}".encode())
    pipeline.data_received(b"550 5.7.1 no\r\n")  # nothing of what it answers is written yet
    pipeline.data_received(OPENED.encode())
    await asyncio.sleep(0)

    sent = b"".join(wire.written)
    assert [sent.index(f"<reader{n}@example.org>".encode()) for n in range(4)] == sorted(
        sent.index(f"<reader{n}@example.org>".encode()) for n in range(4)
    )
    assert sent.count(b"\r\n.\r\nMAIL FROM") == 3
    pipeline.connection_lost(None)


async def test_nothing_is_written_to_a_connection_that_was_cut_meanwhile():
    pipeline, wire = await opened()

    pipeline.data_received(f"250 2.0.0 ok\r\n{OPENED}".encode())
    wire.abort()
    await asyncio.sleep(0)

    assert len(wire.written) == 2
    pipeline.connection_lost(None)


async def test_a_connection_that_cannot_be_written_to_keeps_no_other_from_writing():
    (first, broken), (second, wire) = await opened(), await opened()
    told = []
    asyncio.get_running_loop().set_exception_handler(lambda _, said: told.append(said["exception"]))

    broken.torn = True
    for pipeline in (first, second):
        pipeline.data_received(f"250 2.0.0 ok\r\n{OPENED}".encode())
    for _ in range(3):
        await asyncio.sleep(0)

    assert broken.aborted
    assert len(wire.written) == 3
    assert [str(error) for error in told] == ["no buffer space"]
    for pipeline in (first, second):
        pipeline.connection_lost(None)


async def test_a_long_message_goes_on_whenever_there_is_room(monkeypatch):
    allowed = []
    monkeypatch.setattr(Watch, "allow", lambda _, seconds: allowed.append(seconds))
    long = a_message(parts=(b"Subject: x\r\n\r\n", b"Barges are back.\r\n" * 40_000))
    tray, wire = Tray(long, a_message("grace@example.org")), Wire()
    pipeline = Pipeline(RELAY, OFFER, tray)
    pipeline.start(wire)

    wire.waiting = 2 * CHUNK
    pipeline.data_received(OPENED.encode())
    assert (len(wire.written), allowed[-1]) == (1, RELAY.patience.block)
    wire.waiting = 0
    pipeline.resume_writing()

    assert b"".join(wire.written[1:]).startswith(long.data + b".\r\nMAIL FROM:<")
    assert (tray.departed, allowed[-1]) == (["ada@example.org"], RELAY.patience.end)
    pipeline.resume_writing()  # there is room, and nothing is waiting
    pipeline.data_received(b"250 2.0.0 ok\r\n")
    assert list(tray.outcomes) == ["ada@example.org"]
    pipeline.connection_lost(None)


async def test_a_long_message_that_is_announced_is_written_whole_when_its_turn_comes():
    long = a_message(parts=(b"Subject: x\r\n\r\n", b"Barges are back.\r\n" * 20_000))
    tray, wire = Tray(a_message("grace@example.org"), long), Wire()
    pipeline = Pipeline(RELAY, OFFER, tray)
    pipeline.start(wire)

    pipeline.data_received(OPENED.encode())
    pipeline.data_received(f"250 2.0.0 ok\r\n{OPENED}".encode())
    pipeline.data_received(b"250 2.0.0 ok\r\n")

    assert long.data + b".\r\n" in b"".join(wire.written)
    assert tray.departed == list(tray.outcomes) == ["grace@example.org", "ada@example.org"]
    pipeline.connection_lost(None)


async def test_what_a_relay_says_in_the_middle_of_a_long_message_is_its_answer():
    long = a_message(parts=(b"Subject: x\r\n\r\n", b"Barges are back.\r\n" * 40_000))
    tray, wire = Tray(long, a_message("grace@example.org")), Wire()
    pipeline = Pipeline(RELAY, OFFER, tray)
    pipeline.start(wire)

    wire.waiting = 2 * CHUNK
    pipeline.data_received(OPENED.encode())
    pipeline.data_received(b"552 5.3.4 too big\r\n")

    assert wire.aborted
    pipeline.connection_lost(None)
    assert tray.outcomes == {"ada@example.org": Refused(552, "5.3.4", "too big", Stage.END)}
    assert tray.departed == []


@pytest.mark.parametrize("cut", [f"550-5.7.1 no\r\n|250 2.0.0 ok\r\n{OPENED}", "55|" + OPENED])
async def test_the_rest_of_an_answer_is_no_answer_of_its_own(cut):
    pipeline, wire = await opened()

    for piece in cut.split("|"):
        pipeline.data_received(piece.encode())

    assert wire.aborted
    assert len(wire.written) == 2
    pipeline.connection_lost(None)


async def test_who_has_said_goodbye_says_it_once_and_closes():
    tray, wire = Tray(), Wire()
    pipeline = Pipeline(RELAY, OFFER, tray)
    pipeline.start(wire)

    pipeline.wake()
    pipeline.data_received(b"221 2.0.0 bye\r\n")
    await asyncio.sleep(0)

    assert wire.written == [b"QUIT\r\n"]
    assert (wire.aborted, pipeline.closed.done()) == (True, True)
    pipeline.connection_lost(None)


async def test_a_relay_that_takes_no_rset_is_left_and_the_next_message_was_no_attempt():
    tray, wire = Tray(a_message(), a_message("grace@example.org")), Wire()
    returned = []
    tray.returned = lambda message, _: returned.append(message.recipient)
    pipeline = Pipeline(RELAY, OFFER, tray)
    pipeline.start(wire)

    pipeline.data_received(b"250 2.1.0 Ok\r\n250 2.1.5 Ok\r\n451 4.3.0 later\r\n")
    pipeline.data_received(b"502 5.5.1 what?\r\n")
    assert wire.aborted
    pipeline.connection_lost(None)

    assert tray.outcomes == {"ada@example.org": Deferred(451, "4.3.0", "later", Stage.DATA)}
    assert returned == ["grace@example.org"]


async def test_a_connection_that_breaks_is_told_with_the_reason():
    tray, wire = Tray(a_message()), Wire()
    pipeline = Pipeline(RELAY, OFFER, tray)
    pipeline.start(wire)

    pipeline.data_received(OPENED.encode())
    pipeline.connection_lost(OSError("connection reset"))

    why = f"{RELAY.label} was lost: connection reset after the message, before its reply"
    assert tray.outcomes == {"ada@example.org": InDoubt(why)}


async def test_a_connection_that_is_gone_leaves_no_timer(monkeypatch):
    stopped = []
    monkeypatch.setattr(Watch, "stop", lambda _: stopped.append(True))
    pipeline, _ = await opened()

    pipeline.connection_lost(None)

    assert stopped == [True]


def test_a_loop_that_has_ended_is_forgotten():
    async def turn() -> weakref.ref[asyncio.AbstractEventLoop]:
        await opened()
        return weakref.ref(asyncio.get_running_loop())

    loop = asyncio.run(turn())
    gc.collect()

    assert loop() is None


async def opened() -> tuple[Pipeline, Wire]:
    """A connection whose first message is written."""
    wire = Wire()
    pipeline = Pipeline(
        RELAY, OFFER, Tray(*(a_message(f"reader{n}@example.org") for n in range(9)))
    )
    pipeline.start(wire)
    pipeline.data_received(OPENED.encode())
    return pipeline, wire

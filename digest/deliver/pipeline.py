"""Messages from a Feed over one open SMTP connection, pipelined (RFC 2920); outcomes back.  ~ world

The end of message *k* and MAIL, RCPT, DATA of *k + 1* leave in one write, so that a message costs
one round trip and not four. At most one message is between its dot and its reply, and one more
is announced. BDAT (RFC 3030), where it is wanted, takes the place of DATA and the dot. Anything
that is not the dialogue we know ends the connection: nothing is guessed.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Sequence

from digest.deliver import burst, envelope, replies
from digest.deliver.envelope import Envelopes
from digest.deliver.feed import Feed
from digest.deliver.flight import Awaited, Flight, Step, allowances
from digest.deliver.outcome import Stage
from digest.deliver.relay import Offer, RelayOptions
from digest.deliver.replies import Garbled, Reply, ReplyReader
from digest.deliver.supply import Supply
from digest.deliver.transport import Outgoing
from digest.deliver.watch import Watch

CHUNK = 256 * 1024  # a longer body is written in pieces, each when the last has left


class Pipeline(asyncio.Protocol):
    """The protocol that takes over a connection once EHLO and AUTH are done."""

    def __init__(self, relay: RelayOptions, offer: Offer, feed: Feed) -> None:
        self._relay = relay
        self._offer = offer
        self._feed = feed
        self.closed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._bdat = relay.bdat and offer.chunking
        self._end = b"" if self._bdat else b".\r\n"
        self._envelopes = Envelopes(offer, relay.label, bdat=self._bdat)
        self._reader = ReplyReader()
        self._awaited = Awaited()
        self._opened: bytes | None = None  # said to MAIL, RCPT, DATA in the last usual turn
        self._pieces: deque[bytes] = deque()  # of a long body
        self._supply = Supply(feed, self._envelopes, relay.max_messages, self.wake)
        self._hung_up = False
        self._why = f"{relay.label} closed the connection"
        self._seconds = allowances(relay.patience)
        shortest = min(relay.patience.idle, relay.patience.block, *self._seconds.values())
        self._watch = Watch(shortest=shortest, expired=self._waited_enough)
        self._burst = burst.here()

    def start(self, transport: asyncio.Transport) -> None:
        """Take over ``transport`` and begin."""
        self._transport = transport
        # In the clear the parts go to the kernel as they are. TLS would make records of each.
        secured = transport.get_extra_info("sslcontext") is not None
        self._write = (lambda p: transport.write(b"".join(p))) if secured else transport.writelines
        transport.set_protocol(self)
        transport.set_write_buffer_limits(high=CHUNK)
        self.wake()

    def wake(self) -> None:
        """Begin the next message where none is under way."""
        if self._awaited or self.closed.done() or self._transport.is_closing():
            return
        if message := self._supply.next():
            self._transport.write(self._opening(Flight(message)))
        elif self._supply.over:
            self._awaited.add(Step.QUIT, None)
            self._transport.write(b"QUIT\r\n")
        self._rest()

    def data_received(self, data: bytes) -> None:
        awaited = self._awaited
        if (turn := awaited.turn) is not None:
            if not self._watch.long and self._turned(data, turn[0], turn[1]):
                return
            self._burst.flush()
            awaited.unfold()
        if self._watch.long and awaited:
            awaited.overtaken()
        try:
            for reply in self._reader.feed(data):
                self._answered(reply)
                if self._transport.is_closing():
                    return
        except Garbled as error:
            self._hang_up(f"{self._relay.label} does not keep to SMTP: {error}")
        if self._reader.between and not self._pieces:
            awaited.fold()
        self._rest()

    def resume_writing(self) -> None:
        if self._pieces:
            self._write_pieces()
            self._rest()

    def eof_received(self) -> None:
        self._transport.abort()  # close() would wait for somebody who has gone to read on

    def connection_lost(self, exc: Exception | None) -> None:
        self._watch.stop()
        if exc and not self._hung_up:
            self._why = f"{self._relay.label} was lost: {exc}"
        self._supply.lost(list(self._awaited.flights()), self._why)
        if not self.closed.done():
            self.closed.set_result(None)

    def _turned(self, data: bytes, departed: Outgoing, announced: Outgoing) -> bool:
        """The usual turn in one step: ``departed`` is accepted and ``announced`` invited."""
        accepted, _, opened = data.partition(b"\r\n")
        # A relay answers MAIL, RCPT and DATA in the same words each time.
        if opened != self._opened or not replies.is_ok(accepted):
            if not replies.is_turn(data):
                return False
            self._opened = opened
        if announced.size > CHUNK:
            return False
        self._awaited.turn = None
        self._feed.accepted(departed, accepted)
        try:
            self._feed.departing(announced)
            following = self._supply.next()
        except BaseException:
            self._awaited.opening(Flight(announced))  # it is still to be settled
            raise
        ending = self._end
        if following is None:
            self._awaited.add(Step.END, Flight.gone(announced))
        else:
            self._awaited.turn = announced, following
            ending += self._envelopes.opening(following)
        self._burst.add(self._transport, self._write, (*self._envelopes.body(announced), ending))
        self._watch.touched = True  # an END was awaited, and another is
        return True

    def _answered(self, reply: Reply) -> None:
        if reply[0] == replies.CLOSING:
            self._closing(reply)
            return
        if not self._awaited:
            raise Garbled(f"it said {reply[0]} unasked")
        step, flight = self._awaited.next()
        try:
            self._understood(step, flight, reply)
        except Garbled:
            self._awaited.put_back(step, flight)  # its message is still to be settled
            raise

    def _understood(self, step: Step, flight: Flight | None, reply: Reply) -> None:
        if step is Step.QUIT:
            # Not at once: asyncio's TLS, when its peer's goodbye came along, would trip over ours.
            asyncio.get_running_loop().call_soon(self._transport.close)
            self.closed.set_result(None)  # TLS may take its time to say goodbye
        elif flight is None:
            if reply[0] >= 300:
                raise Garbled(f"it answered RSET with {reply[0]}")
            self.wake()
        elif step is Step.END:
            self._ended(flight, reply)
        elif step is Step.DATA:
            self._invited(flight, reply)
        else:
            self._heard(step, flight, reply)

    def _heard(self, step: Step, flight: Flight, reply: Reply) -> None:
        code = reply[0]
        if 300 <= code < 400:
            raise Garbled(f"it answered {step.name} with {code}")
        if code >= 400:
            # The first refusal is the reason; what follows only says that it was one.
            stage = Stage.MAIL if step is Step.MAIL else Stage.RCPT
            flight.fate = flight.fate or replies.failure(reply, stage)
        elif step is Step.MAIL:
            flight.begun = True
        if self._offer.pipelining and (step is Step.MAIL or not self._bdat):
            return
        if flight.fate:
            self._abandon(flight)
        elif step is Step.MAIL:
            self._awaited.add(Step.RCPT, flight)
            self._transport.write(envelope.rcpt(flight.message))
        elif self._bdat:
            self._send(step, flight)
        else:
            self._awaited.add(Step.DATA, flight)
            self._transport.write(b"DATA\r\n")

    def _invited(self, flight: Flight, reply: Reply) -> None:
        code = reply[0]
        if code == 354:
            self._send(Step.DATA, flight)
        elif code >= 400:
            flight.fate = flight.fate or replies.failure(reply, Stage.DATA)
            self._abandon(flight)
        else:
            raise Garbled(f"it answered DATA with {code}")

    def _ended(self, flight: Flight, reply: Reply) -> None:
        code = reply[0]
        if 300 <= code < 400 or self._pieces:
            if code >= 400:
                flight.fate = replies.failure(reply, Stage.END)
            raise Garbled(f"it said {code} where it should have heard or taken the message")
        if code == 250 and not flight.fate and replies.LF not in reply[1]:
            self._feed.accepted(flight.message, reply[1])
        else:
            self._feed.settle(flight.message, flight.fate or replies.verdict(reply))
        if not self._awaited:
            self.wake()

    def _abandon(self, flight: Flight) -> None:
        """End a transaction that has no message; RSET where the relay thinks it goes on."""
        assert flight.fate is not None
        self._feed.settle(flight.message, flight.fate)
        if flight.begun:
            self._awaited.add(Step.RESET, None)
            following = self._supply.next() if self._offer.pipelining else None
            opening = self._opening(Flight(following)) if following else b""
            self._transport.write(b"RSET\r\n" + opening)
        if not self._awaited:
            self.wake()

    def _closing(self, reply: Reply) -> None:
        _, text = replies.said(reply[1])
        self._hang_up(f"{self._relay.label} closes the connection ({replies.CLOSING} {text})")
        if self._awaited:
            step, flight = self._awaited.first()
            if flight and not (step is Step.MAIL and self._supply.handed > 1):
                # It answers the step that is next, so the message it answers was not taken. At
                # MAIL it means the connection, which has had enough.
                flight.fate = flight.fate or replies.failure(reply, Stage[step.name])

    def _opening(self, flight: Flight) -> bytes:
        if not self._offer.pipelining:
            self._awaited.add(Step.MAIL, flight)
            return self._envelopes.mail(flight.message)
        if self._bdat:
            self._awaited.add(Step.MAIL, flight)
            self._awaited.add(Step.RCPT, flight)
        else:
            self._awaited.opening(flight)
        return self._envelopes.opening(flight.message)

    def _send(self, step: Step, flight: Flight) -> None:
        """The body and its dot, or a lone dot where MAIL or RCPT was refused (RFC 2920, 3.1)."""
        if flight.late:
            self._awaited.put_back(step, flight)
            self._hang_up(f"{self._relay.label} took long over the message before")
            return
        parts = () if flight.fate else self._envelopes.body(flight.message)
        self._awaited.add(Step.END, flight)
        if parts and flight.message.size > CHUNK:
            body = b"".join(parts)
            self._pieces.extend(body[at : at + CHUNK] for at in range(0, len(body), CHUNK))
            self._write_pieces()
        else:
            self._finish(flight, parts)

    def _write_pieces(self) -> None:
        while (
            self._pieces
            and not self._transport.is_closing()
            and self._transport.get_write_buffer_size() <= CHUNK
        ):
            piece = self._pieces.popleft()
            if self._pieces:
                self._transport.write(piece)
            elif flight := self._awaited.first()[1]:
                self._finish(flight, (piece,))

    def _finish(self, flight: Flight, parts: Sequence[bytes]) -> None:
        following = self._supply.next() if self._offer.pipelining else None
        if not flight.fate:
            self._feed.departing(flight.message)
            flight.departed = True
        opening = self._opening(Flight(following)) if following else b""
        self._write((*parts, self._end + opening))

    def _rest(self) -> None:
        """All that can be done is done: wait for the next answer, but not for ever."""
        if self._pieces:
            self._watch.allow(self._relay.patience.block)
        elif self._awaited:
            self._watch.allow(self._seconds[self._awaited.step])
        else:
            self._watch.allow(self._relay.patience.idle)

    def _waited_enough(self) -> None:
        if self._awaited:
            self._hang_up(f"{self._relay.label} did not answer {self._awaited.step.name} in time")
        else:
            self._supply.over = True  # idle: closed, not kept warm
            self.wake()

    def _hang_up(self, why: str) -> None:
        self._why = why
        self._hung_up = True
        self._pieces.clear()
        self._transport.abort()

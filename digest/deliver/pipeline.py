"""Messages from a Feed over one open SMTP connection, pipelined (RFC 2920); outcomes back.  ~ world

The end of message *k* and MAIL, RCPT, DATA of *k + 1* leave in one write, so that a message costs
one round trip and not four. At most one message is between its dot and its reply, and one more
is announced. BDAT (RFC 3030), where it is wanted, takes the place of DATA and the dot. Anything
that is not the dialogue we know ends the connection: nothing is guessed.
"""

from __future__ import annotations

import asyncio
from collections import deque

from digest.deliver import envelope, replies
from digest.deliver.envelope import Envelopes
from digest.deliver.feed import OVER, Feed
from digest.deliver.flight import Flight, Step, allowances
from digest.deliver.outcome import Outcome, Stage
from digest.deliver.relay import Offer, RelayOptions
from digest.deliver.replies import Garbled, Reply, ReplyReader
from digest.deliver.watch import Watch

CHUNK = 256 * 1024  # a longer body is written in pieces, each when the last has left
CLOSING = 421  # RFC 5321, 4.2.1: the server closes whatever it is asked


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
        self._waiting: deque[tuple[Step, Flight | None]] = deque()
        self._pieces: deque[bytes] = deque()  # of a long body
        self._taken = 0
        self._over = False
        self._hung_up = False
        self._why = f"{relay.label} closed the connection"
        self._seconds = allowances(relay.patience)
        shortest = min(relay.patience.idle, relay.patience.block, *self._seconds.values())
        self._watch = Watch(shortest=shortest, expired=self._waited_enough)

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
        if self._waiting or self.closed.done() or self._transport.is_closing():
            return
        if flight := self._next():
            self._transport.write(self._opening(flight))
        elif self._over:
            self._expect(Step.QUIT, None)
            self._transport.write(b"QUIT\r\n")
        self._rest()

    def data_received(self, data: bytes) -> None:
        if len(self._waiting) == 4 and self._turned(data):
            return
        try:
            for reply in self._reader.feed(data):
                self._answered(reply)
                if self._transport.is_closing():
                    return
        except Garbled as error:
            self._hang_up(f"{self._relay.label} does not keep to SMTP: {error}")
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
        flights = dict.fromkeys(flight for _, flight in self._waiting if flight)
        self._waiting.clear()
        for flight in flights:
            self._settle(flight, flight.left_behind(self._why))
        if not self.closed.done():
            self.closed.set_result(None)

    # --- what is answered

    def _turned(self, data: bytes) -> bool:
        """The usual turn in one step: this message is accepted and the next one invited."""
        (step, flight), (_, following) = self._waiting[0], self._waiting[1]
        if step is not Step.END or not flight or flight.fate or not following:
            return False
        if self._pieces or not self._reader.between:
            return False
        accepted = replies.one_turn(data)
        if accepted is None:
            return False
        self._waiting.popleft()
        self._settle(flight, replies.accepted((250, accepted)))
        self._waiting.clear()
        self._send(following)
        self._rest()
        return True

    def _answered(self, reply: Reply) -> None:
        if reply[0] == CLOSING:
            self._closing(reply)
            return
        if not self._waiting:
            raise Garbled(f"it said {reply[0]} unasked")
        step, flight = self._waiting.popleft()
        try:
            self._understood(step, flight, reply)
        except Garbled:
            self._waiting.appendleft((step, flight))  # its message is still to be settled
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
            self._expect(Step.RCPT, flight)
            self._transport.write(envelope.rcpt(flight.message))
        elif self._bdat:
            self._send(flight)
        else:
            self._expect(Step.DATA, flight)
            self._transport.write(b"DATA\r\n")

    def _invited(self, flight: Flight, reply: Reply) -> None:
        code = reply[0]
        if code == 354:
            self._send(flight)
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
        self._settle(flight, flight.fate or replies.verdict(reply))
        if not self._waiting:
            self.wake()

    def _abandon(self, flight: Flight) -> None:
        """End a transaction that has no message; RSET where the relay thinks it goes on."""
        assert flight.fate is not None
        self._settle(flight, flight.fate)
        if flight.begun:
            self._expect(Step.RESET, None)
            following = self._next() if self._offer.pipelining else None
            self._transport.write(b"RSET\r\n" + (self._opening(following) if following else b""))
        if not self._waiting:
            self.wake()

    def _closing(self, reply: Reply) -> None:
        _, text = replies.said(reply[1])
        self._hang_up(f"{self._relay.label} closes the connection ({CLOSING} {text})")
        if self._waiting and (flight := self._waiting[0][1]):
            # It answers the step that is next, so the message it answers was not taken.
            stage = Stage[self._waiting[0][0].name]
            flight.fate = flight.fate or replies.failure(reply, stage)

    # --- what is written

    def _next(self) -> Flight | None:
        """The next message that may go at all; those that may not are settled here."""
        while not self._over:
            if self._taken >= self._relay.max_messages:
                self._over = True
                break
            message = self._feed.take(self.wake)
            if message is None:
                return None
            if message is OVER:
                self._over = True
                break
            if refused := self._envelopes.objection(message):
                self._feed.settle(message, refused)
                continue
            self._taken += 1
            return Flight(message)
        return None

    def _opening(self, flight: Flight) -> bytes:
        if not self._offer.pipelining:
            self._expect(Step.MAIL, flight)
            return self._envelopes.mail(flight.message)
        self._waiting.extend(((Step.MAIL, flight), (Step.RCPT, flight)))
        if not self._bdat:
            self._waiting.append((Step.DATA, flight))
        return self._envelopes.opening(flight.message)

    def _send(self, flight: Flight) -> None:
        """The body and its dot, or a lone dot where MAIL or RCPT was refused (RFC 2920, 3.1)."""
        parts = () if flight.fate else self._envelopes.body(flight.message)
        self._expect(Step.END, flight)
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
            elif flight := self._waiting[0][1]:
                self._finish(flight, (piece,))

    def _finish(self, flight: Flight, parts: tuple[bytes, ...]) -> None:
        following = self._next() if self._offer.pipelining else None
        if not flight.fate:
            self._feed.departing(flight.message)
            flight.departed = True
        self._write((*parts, self._end + self._opening(following) if following else self._end))

    def _expect(self, step: Step, flight: Flight | None) -> None:
        self._waiting.append((step, flight))

    def _settle(self, flight: Flight, outcome: Outcome) -> None:
        self._feed.settle(flight.message, outcome)

    # --- how long we wait

    def _rest(self) -> None:
        """All that can be done is done: wait for the next answer, but not for ever."""
        if self._pieces:
            self._watch.allow(self._relay.patience.block)
        elif self._waiting:
            self._watch.allow(self._seconds[self._waiting[0][0]])
        else:
            self._watch.allow(self._relay.patience.idle)

    def _waited_enough(self) -> None:
        if self._waiting:
            asked = self._waiting[0][0].name
            self._hang_up(f"{self._relay.label} did not answer {asked} in time")
        else:
            self._over = True  # idle: closed, not kept warm
            self.wake()

    def _hang_up(self, why: str) -> None:
        self._why = why
        self._hung_up = True
        self._pieces.clear()
        self._transport.abort()

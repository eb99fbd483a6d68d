"""Relays on loopback: one that says what a test tells it to, one that is a real aiosmtpd."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any

from aiosmtpd.smtp import SMTP

from digest.deliver.feed import OVER, Feed, Over
from digest.deliver.outcome import Outcome
from digest.deliver.relay import Patience, RelayOptions
from digest.deliver.transport import Outgoing

ALL = ("PIPELINING", "8BITMIME", "SMTPUTF8", "SIZE 1000000")
HANG_UP = "hang up"
Say = Callable[[str], str | None]


def a_message(recipient: str = "ada@example.org", **given: Any) -> Outgoing:
    defaults: dict[str, Any] = {
        "name": recipient,
        "sender": "digest@quayside.example",
        "recipient": recipient,
        "parts": (f"To: {recipient}\r\n\r\nBarges are back.\r\n".encode(),),
    }
    return Outgoing(**{**defaults, **given})


class Tray(Feed):
    """A feed of given messages that keeps what became of each."""

    def __init__(self, *messages: Outgoing) -> None:
        self.left = list(messages)
        self.outcomes: dict[str, Outcome] = {}
        self.departed: list[str] = []

    def take(self, wake: Callable[[], None]) -> Outgoing | Over | None:
        return self.left.pop(0) if self.left else OVER

    def departing(self, message: Outgoing) -> None:
        self.departed.append(message.recipient)

    def settle(self, message: Outgoing, outcome: Outcome) -> None:
        assert message.recipient not in self.outcomes, "settled twice"
        self.outcomes[message.recipient] = outcome


class Heard:
    """Bytes off the wire to what they say: a command, or END and the message it is the end of."""

    def __init__(self) -> None:
        self.rest = b""
        self.in_body = False
        self.chunk: int | None = None  # bytes of a BDAT

    def unit(self) -> tuple[str, bytes] | None:
        if self.chunk is not None:
            body, self.rest = self.rest[: self.chunk], self.rest[self.chunk :]
            if len(body) < self.chunk:
                self.rest = body
                return None
            self.chunk = None
            return "END", body
        if self.in_body:
            body, found, after = (b"\r\n" + self.rest).partition(b"\r\n.\r\n")
            if not found:
                return None
            self.rest, self.in_body = after, False
            return "END", (body + b"\r\n")[2:]
        line, found, after = self.rest.partition(b"\r\n")
        if not found:
            return None
        self.rest = after
        if line.startswith(b"BDAT"):
            self.chunk = int(line.split()[1])
            return self.unit()
        return line.decode(), b""


def octets(said: str) -> bytes:
    """``said`` in UTF-8; a lone surrogate is the octet that UTF-8 has no place for."""
    return said.encode("utf-8", "surrogateescape")


class Scripted:
    """An SMTP server in a screenful: ``say(command)`` overrides an answer; END is the dot."""

    def __init__(self, say: Say, offers: Sequence[str], greeting: str) -> None:
        self.say, self.offers, self.greeting = say, offers, greeting
        self.heard: list[str] = []  # commands
        self.reads: list[bytes] = []  # as they came off the wire
        self.taken: list[bytes] = []  # messages
        self.connections = 0
        self.before: Callable[[str], Awaitable[None]] | None = None  # it answers a command

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        heard = Heard()
        writer.write(octets(self.greeting))
        while data := await reader.read(1 << 20):
            self.reads.append(data)
            heard.rest += data
            while unit := heard.unit():
                if self.before:
                    await self.before(unit[0])
                if not self.answer(heard, *unit, writer):
                    return
            if heard.in_body and self.say("BODY") == HANG_UP:
                writer.transport.abort()
                return
        writer.close()

    def answer(self, heard: Heard, command: str, body: bytes, writer: asyncio.StreamWriter) -> bool:
        answer = self.say(command) or self.usual(command)
        if command != "END":
            self.heard.append(command)
        if answer == HANG_UP:
            writer.transport.abort()
            return False
        if command == "END" and answer.startswith("2"):
            self.taken.append(body)
        heard.in_body = command == "DATA" and answer.startswith("354")
        writer.write(octets(answer))
        if command == "QUIT":
            writer.close()
        return command != "QUIT"

    def usual(self, command: str) -> str:
        match command.split()[0].upper():
            case "EHLO":
                lines = ["sink", *self.offers]
                marks = ["-"] * (len(lines) - 1) + [" "]
                return "".join(f"250{m}{o}\r\n" for m, o in zip(marks, lines, strict=True))
            case "DATA":
                return "354 go on\r\n"
            case "QUIT":
                return "221 2.0.0 bye\r\n"
            case "END":
                return "250 2.0.0 queued as 7F3A\r\n"
            case _:
                return "250 2.1.0 Ok\r\n"


@asynccontextmanager
async def scripted(
    say: Say = lambda _: None, offers: Sequence[str] = ALL, greeting: str = "220 sink ESMTP\r\n"
) -> AsyncIterator[tuple[Scripted, RelayOptions]]:
    relay = Scripted(say, offers, greeting)
    server = await asyncio.start_server(relay.serve, "127.0.0.1", 0)
    try:
        yield relay, options(server)
    finally:
        server.close()


@asynccontextmanager
async def real(
    handler: object, *, tls: ssl.SSLContext | None = None, **given: Any
) -> AsyncIterator[RelayOptions]:
    """aiosmtpd itself; with ``tls``, TLS from the first byte."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(
        lambda: SMTP(handler, loop=loop, hostname="relay", **given), "127.0.0.1", 0, ssl=tls
    )
    try:
        yield options(server)
    finally:
        server.close()


def options(server: asyncio.Server, **given: Any) -> RelayOptions:
    defaults: dict[str, Any] = {
        "name": "main",
        "host": "127.0.0.1",
        "port": server.sockets[0].getsockname()[1],
        "patience": Patience(connect=5, greeting=5),
    }
    return RelayOptions(**{**defaults, **given})

"""A sink for the delivery bench: takes everything, and says what it really got.

python -m bench.sink PORT [DELAY_MS [CERTIFICATE KEY]]

Each answer takes DELAY_MS. With a certificate it is TLS from the first byte. SIGTERM prints
{"msgs", "ids"}: accepted messages, distinct Message-IDs.
"""

from __future__ import annotations

import asyncio
import json
import re
import signal
import ssl
import sys
from typing import ClassVar, cast

from bench.stage import run

MESSAGE_ID = re.compile(rb"^message-id:\s*(\S+)", re.IGNORECASE | re.MULTILINE)
OFFERS = b"250-sink\r\n250-PIPELINING\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n250 SIZE 52428800\r\n"


class Sink(asyncio.Protocol):
    messages = 0
    delay = 0.0  # seconds
    ids: ClassVar[set[bytes]] = set()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)
        self.held = bytearray()
        self.in_body = False
        self.say(b"220 sink ESMTP\r\n")

    def say(self, answer: bytes) -> None:
        if Sink.delay:
            asyncio.get_running_loop().call_later(Sink.delay, self.say_now, answer)
        else:
            self.transport.write(answer)

    def say_now(self, answer: bytes) -> None:
        if not self.transport.is_closing():
            self.transport.write(answer)

    def data_received(self, data: bytes) -> None:
        searched = max(0, len(self.held) - 4)
        self.held += data
        while True:
            mark = b"\r\n.\r\n" if self.in_body else b"\r\n"
            at = self.held.find(mark, searched)
            if at < 0:
                return
            found = bytes(self.held[:at])
            del self.held[: at + len(mark)]
            searched = 0
            self.took(found) if self.in_body else self.heard(found)

    def took(self, body: bytes) -> None:
        self.in_body = False
        Sink.messages += 1
        if match := MESSAGE_ID.search(body):
            Sink.ids.add(match[1])
        self.say(b"250 2.0.0 Ok: queued as 4XxYzAbCdE\r\n")

    def heard(self, command: bytes) -> None:
        verb = command[:4].upper()
        if verb == b"EHLO":
            self.say(OFFERS)
        elif verb == b"DATA":
            self.in_body = True
            self.say(b"354 go on\r\n")
        else:
            self.say(b"221 bye\r\n" if verb == b"QUIT" else b"250 2.1.0 Ok\r\n")


async def serve(port: int, tls: ssl.SSLContext | None) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGTERM, stop.set)
    server = await loop.create_server(Sink, "127.0.0.1", port, backlog=1024, ssl=tls)
    await stop.wait()
    server.close()
    print(json.dumps({"msgs": Sink.messages, "ids": len(Sink.ids)}), flush=True)


def main() -> None:
    port, delay, *certificate = [*sys.argv[1:], "0"] if len(sys.argv) == 2 else sys.argv[1:]
    Sink.delay = float(delay) / 1000
    tls = None
    if certificate:
        tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        tls.load_cert_chain(*certificate)
    run(serve(int(port), tls))


if __name__ == "__main__":
    main()

"""A sink for the delivery bench: takes everything, and says what it really got.

python -m bench.sink PORT        SIGTERM prints {"msgs", "ids"}: accepted, distinct Message-IDs
"""

from __future__ import annotations

import asyncio
import json
import re
import signal
import sys
from typing import ClassVar, cast

MESSAGE_ID = re.compile(rb"^message-id:\s*(\S+)", re.IGNORECASE | re.MULTILINE)
OFFERS = b"250-sink\r\n250-PIPELINING\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n250 SIZE 52428800\r\n"


class Sink(asyncio.Protocol):
    messages = 0
    ids: ClassVar[set[bytes]] = set()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)
        self.held = bytearray()
        self.in_body = False
        transport.write(b"220 sink ESMTP\r\n")

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
        self.transport.write(b"250 2.0.0 Ok: queued as 4XxYzAbCdE\r\n")

    def heard(self, command: bytes) -> None:
        verb = command[:4].upper()
        if verb == b"EHLO":
            self.transport.write(OFFERS)
        elif verb == b"DATA":
            self.in_body = True
            self.transport.write(b"354 go on\r\n")
        else:
            self.transport.write(b"221 bye\r\n" if verb == b"QUIT" else b"250 2.1.0 Ok\r\n")


async def serve(port: int) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGTERM, stop.set)
    server = await loop.create_server(Sink, "127.0.0.1", port, backlog=1024)
    await stop.wait()
    server.close()
    print(json.dumps({"msgs": Sink.messages, "ids": len(Sink.ids)}), flush=True)


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1])))

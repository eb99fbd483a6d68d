"""A name server on loopback in a screenful: a zone of plain lines, over UDP."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

import dns.flags
import dns.message
import dns.rcode
import dns.rrset

Zone = Mapping[tuple[str, str], Sequence[str]]  # (name, kind) -> records as a zone file has them
SERVFAIL = ("SERVFAIL",)


class _Answering(asyncio.DatagramProtocol):
    def __init__(self, zone: Zone) -> None:
        self.zone = zone

    def connection_made(self, transport: Any) -> None:
        self.transport = transport

    def datagram_received(self, data: bytes, addr: Any) -> None:
        self.transport.sendto(answer(self.zone, data), addr)


def answer(zone: Zone, data: bytes) -> bytes:
    asked = dns.message.from_wire(data)
    said = dns.message.make_response(asked)
    said.flags |= dns.flags.RA
    [question] = asked.question
    name = question.name.to_text(omit_final_dot=True).lower()
    kind = question.rdtype.name
    found = zone.get((name, kind))
    if found == SERVFAIL:
        said.set_rcode(dns.rcode.SERVFAIL)
    elif found:
        said.answer.append(dns.rrset.from_text(question.name, 60, "IN", kind, *found))
    elif not any(known == name for known, _ in zone):
        said.set_rcode(dns.rcode.NXDOMAIN)
    return said.to_wire()


@asynccontextmanager
async def serving(zone: Zone) -> AsyncIterator[int]:
    """The port of a server that knows ``zone``."""
    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_datagram_endpoint(
        lambda: _Answering(zone), local_addr=("127.0.0.1", 0)
    )
    try:
        yield transport.get_extra_info("sockname")[1]
    finally:
        transport.close()

"""The contestants of bench.delivery; each runs in a process of its own.

    python -m bench.senders NAME PORT CONNECTIONS MESSAGES [CERTIFICATE]

wire          tokens and messages for each person, then carry(): aiosmtplib connects, Pipeline sends
aiosmtplib    stock, the same bytes prebuilt for all: sendmail() on kept connections
send_message  stock, an EmailMessage built for each person, as its documentation shows
smtplib       the standard library, a thread a connection, the same prebuilt bytes

With the CERTIFICATE of its sink, wire sends through TLS.
Prints {"n", "secs", "cpu", "rss_mb"}; only accepted messages are counted in n.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import resource
import smtplib
import sys
import time
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from email.message import EmailMessage
from typing import Any

import aiosmtplib

from bench.paper import SENDER, edition, reader, the_post, writer
from bench.stage import run
from digest.deliver.feed import OVER, Feed, Over
from digest.deliver.outcome import Accepted, Outcome
from digest.deliver.relay import RelayOptions, Security
from digest.deliver.smtp import carry
from digest.deliver.transport import Outgoing
from digest.deliver.writer import Writer
from digest.services.issue_office import AT_ONCE

HOST = "127.0.0.1"


class Post(Feed):
    """A feed of so many messages, written as many at once as an office writes them."""

    def __init__(self, count: int) -> None:
        self._write = Writer(*the_post()).messages
        self._readers = map(reader, range(count))
        self._written: deque[Outgoing] = deque()
        self.count = 0

    def take(self, wake: Callable[[], None]) -> Outgoing | Over:
        if not self._written:
            self._written += self._write(list(itertools.islice(self._readers, AT_ONCE)))
        return self._written.popleft() if self._written else OVER

    def departing(self, message: Outgoing) -> None:
        pass

    def settle(self, message: Outgoing, outcome: Outcome) -> None:
        self.count += isinstance(outcome, Accepted)

    def accepted(self, message: Outgoing, said: bytes) -> None:
        self.count += 1


async def wire(port: int, connections: int, count: int, certificate: str = "") -> int:
    post = Post(count)
    relay = RelayOptions(
        name="sink",
        host=HOST,
        port=port,
        security=Security.IMPLICIT if certificate else Security.NONE,
        ca_file=certificate,
        max_messages=1_000_000,
    )
    await asyncio.gather(*(carry(relay, post) for _ in range(connections)))
    return post.count


async def stock(
    port: int, connections: int, count: int, one: Callable[[aiosmtplib.SMTP, int], Awaitable[Any]]
) -> int:
    numbers = iter(range(count))
    accepted = 0

    async def work() -> None:
        nonlocal accepted
        async with aiosmtplib.SMTP(hostname=HOST, port=port, start_tls=False) as client:
            for number in numbers:
                await one(client, number)
                accepted += 1

    await asyncio.gather(*(work() for _ in range(connections)))
    return accepted


def prebuilt(port: int, connections: int, count: int) -> Coroutine[Any, Any, int]:
    data = writer()(1).data

    def one(client: aiosmtplib.SMTP, number: int) -> Awaitable[Any]:
        return client.sendmail(SENDER, [f"reader{number}@example.com"], data)

    return stock(port, connections, count, one)


def send_message(port: int, connections: int, count: int) -> Coroutine[Any, Any, int]:
    paper = edition()

    def one(client: aiosmtplib.SMTP, number: int) -> Awaitable[Any]:
        message = EmailMessage()
        message["From"], message["To"] = SENDER, f"reader{number}@example.com"
        message["Subject"], message["Message-ID"] = paper.subject, f"<{number}@quayside.example>"
        message.set_content(paper.text, cte="quoted-printable")
        message.add_alternative(paper.html, subtype="html", cte="quoted-printable")
        return client.send_message(message)

    return stock(port, connections, count, one)


def threads(port: int, connections: int, count: int) -> int:
    data, numbers = writer()(1).data, itertools.count()

    def work(_: int) -> int:
        sent = 0
        with smtplib.SMTP(HOST, port, local_hostname="localhost") as client:
            while (number := next(numbers)) < count:
                client.sendmail(SENDER, [f"reader{number}@example.com"], data)
                sent += 1
        return sent

    with ThreadPoolExecutor(connections) as pool:
        return sum(pool.map(work, range(connections)))


SENDERS: dict[str, Callable[..., int]] = {
    "wire": lambda *a: run(wire(*a)),
    "aiosmtplib": lambda *a: run(prebuilt(*a)),
    "send_message": lambda *a: run(send_message(*a)),
    "smtplib": threads,
}


def main() -> None:
    name, port, connections, count = sys.argv[1], *map(int, sys.argv[2:5])
    before = resource.getrusage(resource.RUSAGE_SELF)
    began = time.perf_counter()
    accepted = SENDERS[name](port, connections, count, *sys.argv[5:6])
    secs = time.perf_counter() - began
    after = resource.getrusage(resource.RUSAGE_SELF)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    rss = after.ru_maxrss / 1024
    print(json.dumps({"n": accepted, "secs": secs, "cpu": cpu, "rss_mb": round(rss, 1)}))


if __name__ == "__main__":
    main()

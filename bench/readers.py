"""A folder with subscribers to how fast ``digest web`` answers readers: the load of one bench.

Starts the server as it is started by everybody, in a process of its own, and lets
``bench.arrivals`` post from another one: strangers who join, then confirm, then people from all
over the list who leave with one click. What the database holds afterwards must be what was asked.
"""

from __future__ import annotations

import http.client
import itertools
import json
import secrets
import signal
import socket
import subprocess
import sys
import time
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Connection, func, select

from bench.arrivals import quantile
from digest.clock import clock_at
from digest.config import secret
from digest.storage.database import Store
from digest.storage.schema import subscriptions
from digest.web.challenge import Challenger
from digest.web.limits import Spent
from subscribers import tokens
from subscribers.model import Status, SubscriberId
from subscribers.tokens import Purpose

NEWSLETTER = "daily"
RATE = 100  # posts a second
GENTLE = 20  # joins a second while an import runs
SECONDS = 20
POSTS = RATE * SECONDS
STARTS_WITHIN = 30
# A million joins an hour are let in, without a proof, however fast the form was filled in.
CONFIG = """
[web]
proof_of_work = false
min_fill_seconds = 0.0
joins_per_network = 1000000
joins_overall = 1000000
"""

Post = dict[str, Any]
T = TypeVar("T")


async def measure(folder: Path) -> dict[str, object]:
    """{"p99_ms": {"join", "confirm", "unsubscribe"}, "requests_s"}, latency in milliseconds."""
    ring = secret.make_and_read(folder)
    store = await Store.open_read_only(f"sqlite:///{folder / 'digest.db'}")
    assert store is not None
    leaving = await store.read(_scattered, Status.ACTIVE)
    before = await store.read(_count)
    with _server(folder) as base:
        runs = {"join": _arrive(_joins(base, ring))}
        joined = await store.read(_scattered, Status.PENDING)
        runs["confirm"] = _arrive(_links(base, ring, Purpose.CONFIRM, joined, {}))
        form = {"List-Unsubscribe": "One-Click"}
        runs["unsubscribe"] = _arrive(_links(base, ring, Purpose.UNSUBSCRIBE, leaving, form))
    after = await store.read(_count)
    await store.close()
    assert after == {**before, "active": before["active"], "left": POSTS}, after
    return {
        "p99_ms": {act: round(quantile(run["late_ms"], 0.99), 1) for act, run in runs.items()},
        "p50_ms": {act: round(quantile(run["late_ms"], 0.5), 1) for act, run in runs.items()},
        "requests_s": round(3 * POSTS / sum(run["seconds"] for run in runs.values()), 1),
    }


def during(folder: Path, busy: Callable[[], T]) -> tuple[T, dict[str, object]]:
    """What ``busy`` answers, and how joins were answered until it did.

    One join after the other, ``1 / GENTLE`` seconds between them.
    """
    ring = secret.make_and_read(folder)
    with _server(folder) as base, ThreadPoolExecutor(1) as aside:
        running = aside.submit(busy)
        took: list[float] = []
        for post in _strangers(base, ring):
            if running.done():
                break
            took.append(_post(post))
            time.sleep(1 / GENTLE)
        return running.result(), {
            "web_during_import_joins": len(took),
            "web_during_import_p99_ms": round(1000 * quantile(took, 0.99), 1),
            "web_during_import_worst_ms": round(1000 * max(took), 1),
        }


def _post(one: Post) -> float:
    request = urllib.request.Request(
        str(one["url"]), urllib.parse.urlencode(one["form"]).encode(), one["headers"]
    )
    began = time.perf_counter()
    with urllib.request.urlopen(request) as answer:
        assert answer.status == 200
        answer.read()
    return time.perf_counter() - began


@contextmanager
def _server(folder: Path) -> Iterator[str]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "digest", "--config", str(folder), "web", "--port", str(port)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as running:
        try:
            _wait_for(port, running)
            yield f"http://127.0.0.1:{port}"
        finally:
            running.send_signal(signal.SIGTERM)


def _wait_for(port: int, running: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + STARTS_WITHIN
    while True:
        with closing(http.client.HTTPConnection("127.0.0.1", port)) as connection:
            try:
                connection.request("GET", "/")
                assert connection.getresponse().status == 200
            except ConnectionRefusedError:
                assert running.poll() is None, "the server has ended"
                assert time.monotonic() < until, "the server does not listen"
                time.sleep(0.05)
            else:
                return


def _arrive(posts: list[Post]) -> dict[str, list[float]]:
    done = subprocess.run(
        [sys.executable, "-m", "bench.arrivals", str(RATE)],
        input="\n".join(map(json.dumps, posts)),
        stdout=subprocess.PIPE,
        check=True,
        text=True,
    )
    run = json.loads(done.stdout)
    assert run["statuses"] == {"200": POSTS}, run["statuses"]
    return run


def _joins(base: str, ring: tuple[bytes, ...]) -> list[Post]:
    return list(itertools.islice(_strangers(base, ring), POSTS))


def _strangers(base: str, ring: tuple[bytes, ...]) -> Iterator[Post]:
    challenger = Challenger(ring=ring, cost=1, min_fill=timedelta(0), spent=Spent())
    clock = clock_at(None)
    for n in itertools.count():
        yield {
            "url": f"{base}/subscribe",
            "form": {
                "newsletter": NEWSLETTER,
                "email": f"{secrets.token_hex(6)}@new{n % 97}.example",
                "name": f"Stranger {n}",
                "stamp": challenger.stamp(clock()),
            },
            "headers": {"X-Forwarded-For": f"10.1.{n // 250 % 250}.{n % 250}"},
        }


def _links(
    base: str,
    ring: tuple[bytes, ...],
    purpose: Purpose,
    people: list[SubscriberId],
    form: dict[str, str],
) -> list[Post]:
    return [
        {
            "url": f"{base}/{purpose}/{NEWSLETTER}."
            + tokens.make(ring[0], purpose, who, NEWSLETTER),
            "form": form,
            "headers": {},
        }
        for who in people
    ]


def _scattered(tx: Connection, status: Status) -> list[SubscriberId]:
    """As many people as there are posts, from all over the list, in no order."""
    found = select(subscriptions.c.subscriber).where(
        subscriptions.c.newsletter == NEWSLETTER, subscriptions.c.status == status.value
    )
    return list(tx.scalars(found.order_by(func.random()).limit(POSTS)))


def _count(tx: Connection) -> dict[str, int]:
    rows = tx.execute(
        select(subscriptions.c.status, func.count())
        .where(subscriptions.c.newsletter == NEWSLETTER)
        .group_by(subscriptions.c.status)
    )
    return dict(rows.tuples().all())

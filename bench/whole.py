"""The whole path of bench.delivery: release, then claim, write, send and keep every delivery.

    python -m bench.whole PORT CONNECTIONS DELIVERIES [--folder DIR] [--sign WORKERS]
                          [--database URL]

``--database``: an empty PostgreSQL instead of a SQLite file. With ``--sign`` each message is
signed on the way (DKIM, RSA-2048) by so many processes. Prints
{"n", "secs", "cpu", "ledger_cpu", "rss_mb", "release_secs"}: ``n`` rows that say sent; ``secs``
and ``cpu`` of the dispatch, the signing processes' not counted; ``ledger_cpu`` is what of it the
threads of the database took: claims, results and copying the log back (Linux alone, else 0).
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import resource
import tempfile
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from bench.paper import edition, the_post
from digest.compose.prepared import Prepared
from digest.deliver import journal, smtp
from digest.deliver.allowance import Domains, Lane
from digest.deliver.lines import Lines
from digest.deliver.office import Office
from digest.deliver.postmark import Postmark
from digest.deliver.relay import RelayOptions, Security
from digest.deliver.throttle import Pace
from digest.deliver.tray import Tray
from digest.services import release
from digest.services.dispatch import Dispatch, all_settled
from digest.services.issue_office import IssueOffice, Rules
from digest.storage import posting
from digest.storage.database import Store
from digest.storage.dialect import pour
from digest.storage.schema import subscribers, subscriptions
from digest.worker import run

BATCH = 10_000


def fill(tx: Connection, first: int, count: int) -> None:
    """So many people who take the daily newsletter."""
    numbers = range(first, first + count)
    pour(
        tx,
        subscribers,
        "id address address_key name language timezone standing".split(),
        [
            (f"{n:024x}", mail, mail, f"Zoë Reader {n}", "en", "Europe/London", "ok")
            for n in numbers
            for mail in [f"reader{n}@example.com"]
        ],
    )
    pour(
        tx,
        subscriptions,
        "subscriber newsletter status cadence topics".split(),
        [(f"{n:024x}", "daily", "active", "daily", "[]") for n in numbers],
    )


def prepared(postmark: Postmark, now: datetime) -> Prepared:
    """The bench's paper, as preparing would hand it over."""
    _, _, issue = the_post()
    return Prepared(
        newsletter=postmark.newsletter,
        at=now,
        issue=replace(issue, period=f"{now:%Y-%m-%d}", subject="The lock gates swing again"),
        editions=(edition(),),
    )


def engine(
    store: Store,
    postmark: Postmark,
    folder: Path,
    port: int,
    connections: int,
    *,
    sealed: Callable[[Office], Office] = lambda office: office,
) -> Dispatch:
    """Dispatch as wiring makes it, to one relay without TLS."""
    relay = RelayOptions(
        name="sink",
        host="127.0.0.1",
        port=port,
        security=Security.NONE,
        max_connections=connections,
        max_messages=1_000_000,
    )
    now = datetime.now(UTC)

    def open_lines(tray: Tray) -> Lines:
        return Lines(
            [(relay, Lane(name=relay.name))],
            Domains(Pace(), {}, now.timestamp()),
            tray,
            carry=smtp.carry,
            clock=lambda: datetime.now(UTC),
            tell=print,
            drain_seconds=10.0,
        )

    office = IssueOffice(
        store,
        {postmark.newsletter.id: postmark},
        rules=Rules(first_delay=timedelta(seconds=1)),
        blame=lambda *_: None,
        dice=random.random,
    )
    journals = journal.take_over(folder / "journals")
    return Dispatch([sealed(office)], journals, open_lines, clock=lambda: datetime.now(UTC))


@asynccontextmanager
async def sealing(workers: int) -> AsyncIterator[Callable[[Office], Office]]:
    """What has an office's messages signed by ``workers`` processes that have begun; 0: by none."""
    if not workers:
        yield lambda office: office
        return
    from digest.deliver import dkim, signing  # cryptography: 8 MB
    from digest.deliver.sealing import SealingOffice
    from digest.isolation import Workers

    key = dkim.Key(domain="quayside.example", selector="tide", pem=dkim.generate_rsa())
    async with Workers(count=workers, ahead=2, preload=signing.PRELOAD) as isolate:
        await asyncio.gather(*(isolate(time.sleep, 0.1) for _ in range(workers)))
        signer = signing.Signer(isolate=isolate, keys=(key,), workers=workers)
        yield lambda office: SealingOffice(office, signer, workers=workers)


async def whole(
    folder: Path, database: str, port: int, connections: int, count: int, workers: int = 0
) -> dict[str, Any]:
    _, postmark, _ = the_post()
    store = await Store.open(database or f"sqlite:///{folder / 'bench.db'}")
    try:
        for first in range(0, count, BATCH):
            await store.write(fill, first, min(BATCH, count - first))
        began = time.perf_counter()
        paper = prepared(postmark, datetime.now(UTC))
        issue = await release.release(store, paper, clock=lambda: datetime.now(UTC))
        released = time.perf_counter() - began
        async with sealing(workers) as sealed:
            dispatch = engine(store, postmark, folder, port, connections, sealed=sealed)
            with Measured() as found:
                await dispatch.run(all_settled)
        tally = await store.read(posting.tally, issue.issue)
    finally:
        await store.close()
    return {"n": tally.get("sent", 0), "release_secs": round(released, 3), **found}


class Measured:
    """Seconds and CPU of a block, and the memory the process has had at most."""

    def __enter__(self) -> dict[str, float]:
        self.found: dict[str, float] = {}
        self.ledger = _ledger()
        self.began, self.before = time.perf_counter(), resource.getrusage(resource.RUSAGE_SELF)
        return self.found

    def __exit__(self, *_: object) -> None:
        after = resource.getrusage(resource.RUSAGE_SELF)
        self.found["secs"] = time.perf_counter() - self.began
        self.found["cpu"] = (
            after.ru_utime + after.ru_stime - self.before.ru_utime - self.before.ru_stime
        )
        self.found["ledger_cpu"] = _ledger() - self.ledger
        self.found["rss_mb"] = round(after.ru_maxrss / 1024, 1)


def _ledger() -> float:
    """Seconds of CPU that the store's threads have had."""
    nanoseconds = 0
    for thread in threading.enumerate():
        times = Path(f"/proc/self/task/{thread.native_id}/schedstat")
        if thread.name.startswith("store-") and times.exists():
            nanoseconds += int(times.read_text().split()[0])
    return nanoseconds / 1e9


def _folders(asked: Path | None) -> Iterator[Path]:
    if asked:
        asked.mkdir(parents=True, exist_ok=True)
        yield asked
        return
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder)


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m bench.whole",
        description=__doc__,
        formatter_class=argparse.RawTextHelpFormatter,
    )
    parser.add_argument("port", type=int)
    parser.add_argument("connections", type=int)
    parser.add_argument("deliveries", type=int)
    parser.add_argument("--folder", type=Path, help="Where database and journal go.")
    parser.add_argument("--sign", type=int, default=0, metavar="WORKERS")
    parser.add_argument(
        "--database", default="", metavar="URL", help="postgresql://… (an empty one)"
    )
    asked = parser.parse_args()
    for folder in _folders(asked.folder):
        asked_for = asked.port, asked.connections, asked.deliveries, asked.sign
        print(json.dumps(run(whole(folder, asked.database, *asked_for))))


if __name__ == "__main__":
    main()

"""How long a release takes, and how long a reader who joins meanwhile waits for it.

    python -m bench.release [--deliveries N] [--database URL] [--json]

Prints {"deliveries", "seconds", "joins", "join_p99_ms", "join_max_ms", "rss_mb"}. Joins are real
ones, one after the other, in the same database while the audience is written. ``--database``: an
empty PostgreSQL instead of a SQLite file.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import resource
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bench.paper import the_post
from bench.whole import BATCH, fill, prepared
from digest.services import membership, release
from digest.services.membership import Profile
from digest.storage.database import Store
from digest.worker import run
from subscribers.acts import Join
from subscribers.address import Address
from subscribers.model import By

RING = (b"k" * 32,)
PAUSE = 0.02  # seconds between two joins


def now() -> datetime:
    return datetime.now(UTC)


async def joins(store: Store, over: asyncio.Event) -> list[float]:
    """Join until the release is over; the milliseconds each took."""
    took: list[float] = []
    while not over.is_set():
        began = time.perf_counter()
        await membership.join(
            store,
            Profile(address=Address.parse(f"late{len(took)}@example.org")),
            Join(newsletter="daily", cadence="daily"),
            by=By.READER,
            ring=RING,
            clock=now,
        )
        took.append((time.perf_counter() - began) * 1000)
        await asyncio.sleep(PAUSE)
    return sorted(took)


async def measure(folder: Path, count: int, database: str = "") -> dict[str, Any]:
    _, postmark, _ = the_post()
    store = await Store.open(database or f"sqlite:///{folder / 'bench.db'}")
    try:
        for first in range(0, count, BATCH):
            await store.write(fill, first, min(BATCH, count - first))
            await store.catch_up()  # as an import does
        over = asyncio.Event()
        joining = asyncio.create_task(joins(store, over))
        began = time.perf_counter()
        released = await release.release(store, prepared(postmark, now()), clock=now)
        seconds = time.perf_counter() - began
        over.set()
        took = await joining
    finally:
        await store.close()
    return {
        "deliveries": released.audience,
        "seconds": round(seconds, 2),
        "joins": len(took),
        "join_p99_ms": round(took[int(len(took) * 0.99)], 1),
        "join_max_ms": round(took[-1], 1),
        "rss_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1),
    }


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m bench.release",
        description=__doc__,
        formatter_class=argparse.RawTextHelpFormatter,
    )
    parser.add_argument("--deliveries", type=int, default=1_000_000)
    parser.add_argument(
        "--database", default="", metavar="URL", help="postgresql://… (an empty one)"
    )
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        found = run(measure(Path(folder), asked.deliveries, asked.database))
    if asked.json:
        print(json.dumps(found))
        return
    print(
        f"{found['deliveries']:,} deliveries released in {found['seconds']} s; a reader who joins "
        f"meanwhile waits {found['join_p99_ms']} ms (p99), {found['join_max_ms']} ms at most"
    )


if __name__ == "__main__":
    main()

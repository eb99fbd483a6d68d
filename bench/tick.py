"""What one look of the clock costs where there are many sources and readers, and nothing is due.

    python -m bench.tick [--sources N] [--subscribers N] [--ticks N] [--json]

Milliseconds of the clock, median and worst of N ticks, and of a processor, the median: that alone
says something where the machine has other work. One process, one SQLite database. A tick is every
part once, one after the other: ``gather`` looks whose visit is due, ``issues`` what a newsletter
owes, ``dispatch`` what may be sent (the first round of an engine, which does more than
the next), ``beat`` renews the lead. ``alerts`` and ``house``, which come every five minutes
and every hour, are measured beside it. ``settled``: everybody has had today's issue. ``waiting``:
half of them have an hour of their own that is yet to come.

``due``: the tick in which a release to everybody is due, in seconds; ``join_p99_ms`` and
``join_max_ms`` are what readers wait who join meanwhile, through the same process.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import random
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NoReturn

from sqlalchemy import Connection, text

from bench.paper import the_post
from bench.release import RING, joins
from bench.soakpeople import ZONES
from bench.whole import BATCH, fill, prepared
from digest import logs
from digest.collect.fetch import Ask
from digest.config.load import load_text
from digest.config.settings import Settings
from digest.deliver.office import Outlook
from digest.isolation import Workers
from digest.scheduler import rounds
from digest.scheduler.issues import Issues
from digest.scheduler.leader import Leader
from digest.scheduler.watch import Watch
from digest.services import release
from digest.storage.database import Store
from digest.storage.moments import ticks
from digest.storage.schema import sources as visited
from digest.wiring import Tools
from digest.worker import engine, run

Took = dict[str, list[tuple[float, float]]]  # milliseconds of the clock and of a processor
TODAY = datetime(2026, 11, 24, 6, tzinfo=UTC)  # when the issue was due
PARTS = ("gather", "issues", "dispatch", "beat")
CONFIG = """
[site]
name = "Bench"
base_url = "https://bench.example"
postal_address = "1 Bench Road"
[newsletters.daily]
title = "The Quayside"
sender = "The Quayside <digest@bench.example>"
timezone = "UTC"
hour = "06:00"
offers = ["weekly"]
[compose]
pictures = false
[[collect.sources]]
location = "sample:"
"""


@dataclass(slots=True)
class Clock:
    now: datetime

    def __call__(self) -> datetime:
        return self.now


def settings_in(folder: Path, sources: int) -> Settings:
    listed = "\n".join(
        f'[[collect.sources]]\nlocation = "https://s{n}.example/feed.xml"\nname = "Source {n}"'
        for n in range(sources)
    )
    return load_text(CONFIG + listed, folder / "config.toml", {}).settings


def crowd(tx: Connection) -> None:
    """Spread everybody over twenty zones; every second one has an hour of their own."""
    zones = {"zones": json.dumps(ZONES)}
    tx.execute(
        text("update subscribers set timezone = json_extract(:zones, '$[' || (rowid % 20) || ']')"),
        zones,
    )
    own = "printf('%02d:%s', rowid % 24, case when rowid % 3 then '00' else '30' end)"
    tx.execute(text(f"update subscriptions set hour = {own} where rowid % 2"))


def visits(tx: Connection, settings: Settings, at: datetime) -> None:
    """Every source was visited, and none is due."""
    row = {"status": "200", "items": 20, "undated": 0, "empty": 0, "failures": 0, "gone": False,
           "visited_at": at, "succeeded_at": at, "next_visit": at + timedelta(days=9)}  # fmt: skip
    some = [
        {**row, "source": one.id, "url": one.location, "etag": f'"{one.id}"'}
        for one in settings.collect.sources
    ]
    tx.execute(visited.insert(), some)


def settled(tx: Connection) -> None:
    tx.execute(text("update deliveries set state = 'sent', settled_at = due_at"))


def waiting(tx: Connection, until: datetime) -> None:
    """Who has an hour of their own has yet to get it."""
    own = "(select subscriber from subscriptions where hour is not null)"
    tx.execute(
        text(
            "update deliveries set state = 'queued', settled_at = null, next_attempt_at = :until,"
            f" due_at = :until where subscriber in {own}"
        ),
        {"until": ticks(until)},
    )


async def look(settings: Settings, tools: Tools, leader: Leader, times: int) -> Took:
    """So many ticks, by part."""
    issues = Issues(settings, tools, RING)

    watch = Watch(settings, clock=tools.clock)
    parts: dict[str, Callable[[], Awaitable[object]]] = {
        "gather": lambda: rounds.gather(settings, tools),
        "issues": issues.make_due,
        "dispatch": lambda: first_round(settings, tools),
        "beat": leader.beat,
        "alerts": lambda: rounds.tell_alerts(tools, watch),
        "house": lambda: rounds.keep_house(settings, tools),
    }
    took: Took = {name: [] for name in ("tick", *parts)}
    for _ in range(times):
        for name, part in parts.items():
            began = time.perf_counter(), time.process_time()
            over = await part()
            ended = over if isinstance(over, tuple) else (time.perf_counter(), time.process_time())
            took[name].append((1000 * (ended[0] - began[0]), 1000 * (ended[1] - began[1])))
        mine = [took[name][-1] for name in PARTS]
        took["tick"].append((sum(one[0] for one in mine), sum(one[1] for one in mine)))
    return took


async def first_round(settings: Settings, tools: Tools) -> tuple[float, float]:
    """An engine looks and finds nothing; what both clocks showed then."""
    found = []

    def until(_: Outlook, __: bool) -> bool:
        found.append((time.perf_counter(), time.process_time()))
        return True

    async with engine(settings, tools, RING) as one:
        await one.run(until)
    return found[0]


async def due(settings: Settings, tools: Tools) -> dict[str, float]:
    """The tick that releases an issue to everybody, and how long readers wait meanwhile."""
    over = asyncio.Event()
    joining = asyncio.create_task(joins(tools.store, over))
    began = time.perf_counter()
    await Issues(settings, tools, RING).make_due()
    seconds = time.perf_counter() - began
    over.set()
    took = await joining
    asked = text("select audience from issues order by id desc limit 1")
    return {
        "deliveries": await tools.store.read(lambda tx: tx.execute(asked).scalar_one()),
        "seconds": round(seconds, 2),
        "joins": len(took),
        "join_p99_ms": round(took[int(len(took) * 0.99)], 1),
        "join_max_ms": round(took[-1], 1),
    }


async def measure(folder: Path, sources: int, subscribers: int, ticks: int) -> dict[str, Any]:
    settings, clock = settings_in(folder, sources), Clock(TODAY)
    async with made(settings, clock, subscribers) as tools:
        store = tools.store
        leader = Leader(store, "bench", seconds=time.monotonic, clock=clock)
        clock.now = TODAY + timedelta(hours=3)
        logs.set_up(sys.stderr, clock=clock, level=logging.ERROR)
        found: dict[str, Any] = {"sources": sources, "subscribers": subscribers, "ticks": ticks}
        await look(settings, tools, leader, 2)  # what is imported when it is first needed
        found["settled"] = said(await look(settings, tools, leader, ticks))
        await store.write(waiting, clock.now + timedelta(hours=5))
        found["waiting"] = said(await look(settings, tools, leader, ticks))
        await store.write(settled)
        clock.now = TODAY + timedelta(days=1)
        found["due"] = await due(settings, tools)
    return found


@asynccontextmanager
async def made(settings: Settings, clock: Clock, subscribers: int) -> AsyncIterator[Tools]:
    """The database: everybody there, every source visited, today's issue with everybody."""
    _, postmark, _ = the_post()
    newsletter = settings.newsletters["daily"]
    store = await Store.open(settings.storage.url)
    async with Workers(count=1, seconds=60) as isolate:
        for first in range(0, subscribers, BATCH):
            await store.write(fill, first, min(BATCH, subscribers - first))
        await store.write(crowd)
        await store.write(visits, settings, clock())
        today = prepared(replace(postmark, newsletter=newsletter), clock())
        await release.release(store, today, clock=clock)
        await store.write(settled)
        yield Tools(store=store, isolate=isolate, clock=clock, dice=random.random, fetch=no_network)
    await store.close()


async def no_network(ask: Ask) -> NoReturn:
    raise AssertionError(f"no source is due, and {ask.url} was asked")


def said(took: Took) -> dict[str, dict[str, float]]:
    return {
        name: {
            "median_ms": round(statistics.median(wall for wall, _ in ms), 1),
            "worst_ms": round(max(wall for wall, _ in ms), 1),
            "cpu_ms": round(statistics.median(cpu for _, cpu in ms), 1),
        }
        for name, ms in took.items()
    }


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--sources", type=int, default=1_000)
    parser.add_argument("--subscribers", type=int, default=1_000_000)
    parser.add_argument("--ticks", type=int, default=20)
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="digest-bench-") as name:
        found = run(measure(Path(name), asked.sources, asked.subscribers, asked.ticks))
    if asked.json:
        print(json.dumps(found))
        return
    for state in ("settled", "waiting"):
        for part, ms in found[state].items():
            figures = " ".join(f"{name} {value:>8,}" for name, value in ms.items())
            print(f"{state:>8} {part:>9} {figures}")
    print("     due", *(f"{name} {value:,}" for name, value in found["due"].items()))


if __name__ == "__main__":
    main()

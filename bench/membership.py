"""How fast a million people are imported into SQLite, and how fast readers are served then.

    python -m bench.membership [--subscribers N] [--json]

Makes a roster of N people, then runs ``digest subscribers import --already-confirmed`` on it in a
process of its own, dry run and import apart, durable commits (WAL, ``synchronous=FULL``), and reads
that process's peak memory from the kernel. ``list_ms`` is the first page of a list, the worst of
20. Then ``digest web`` is started on that folder, and joins, confirmations and one-click
unsubscriptions arrive at a fixed rate (bench/readers.py): ``p99_ms`` from arrival to answer. At
last people join one after the other while up to 300,000 more are imported by another process:
``web_during_import_p99_ms``.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import sys
import tempfile
import time
from pathlib import Path

from bench import readers
from digest.storage import roster
from digest.storage.database import Store

MEANWHILE = 300_000
CONFIG = f"""
[site]
name = "Bench"
base_url = "https://bench.example"
postal_address = "1 Bench Road"
[newsletters.daily]
title = "Bench"
sender = "Bench <bench@bench.example>"
[[collect.sources]]
location = "sample:"
{readers.CONFIG}"""


def measure(subscribers: int) -> dict[str, object]:
    with tempfile.TemporaryDirectory(prefix="digest-bench-") as name:
        folder = Path(name)
        (folder / "config.toml").write_text(CONFIG)
        file = _roster(folder / "people.csv", subscribers, "reader")
        rehearsed = _run(folder, str(file), "--dry-run")
        done = _run(folder, str(file), "--yes")
        assert done["new"] == subscribers, done
        return {
            "subscribers": subscribers,
            # The import command looks the file through before it adds anybody.
            "import_rows_s": round(subscribers / (done["seconds"] - rehearsed["seconds"])),
            "import_with_dry_run_rows_s": round(subscribers / done["seconds"]),
            "dry_run_rows_s": round(subscribers / rehearsed["seconds"]),
            "import_rss_mb": round(done["rss_mb"], 1),
            "list_ms": round(asyncio.run(_list(folder)), 2),
            "database_mb": round((folder / "digest.db").stat().st_size / 1e6, 1),
            **asyncio.run(readers.measure(folder)),
            **_meanwhile(folder, min(subscribers, MEANWHILE)),
        }


def _meanwhile(folder: Path, subscribers: int) -> dict[str, object]:
    """How joins are answered while others are imported into the same, by now full, database."""
    file = _roster(folder / "more.csv", subscribers, "later")
    done, answered = readers.during(folder, lambda: _run(folder, str(file), "--yes"))
    assert done["new"] == subscribers, done
    return answered


def _roster(file: Path, subscribers: int, name: str) -> Path:
    with file.open("w", newline="") as out:
        out.write("email,name,language\r\n")
        out.writelines(
            f"{name}.{n * 7919 % subscribers:07}@mail{n % 997}.example,Reader {n},en\r\n"
            for n in range(subscribers)
        )
    return file


def _run(folder: Path, *words: str) -> dict[str, float]:
    command = [sys.executable, "-m", "digest", "--config", str(folder), "subscribers", "import"]
    reading, writing = os.pipe()
    began = time.perf_counter()
    pid = os.posix_spawn(
        sys.executable,
        [*command, "--already-confirmed", "--json", *words],
        dict(os.environ),
        file_actions=[(os.POSIX_SPAWN_DUP2, writing, 1), (os.POSIX_SPAWN_CLOSE, reading)],
    )
    os.close(writing)
    with os.fdopen(reading) as stream:
        said = stream.read()
    _, status, used = os.wait4(pid, 0)
    seconds = time.perf_counter() - began
    assert status == 0, said
    return {**json.loads(said), "seconds": seconds, "rss_mb": used.ru_maxrss / 1024}


async def _list(folder: Path) -> float:
    store = await Store.open_read_only(f"sqlite:///{folder / 'digest.db'}")
    assert store is not None
    worst = 0.0
    for _ in range(20):
        began = time.perf_counter()
        await store.read(roster.page, newsletter="daily", limit=100)
        worst = max(worst, time.perf_counter() - began)
    await store.close()
    return 1000 * worst


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m bench.membership",
        description=__doc__,
        formatter_class=argparse.RawTextHelpFormatter,
    )
    parser.add_argument("--subscribers", type=int, default=1_000_000)
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    if asked.subscribers < readers.POSTS:
        parser.error(f"--subscribers: at least {readers.POSTS:,}, so that many can leave")
    found = measure(asked.subscribers)
    if asked.json:
        print(json.dumps(found, indent=2))
        return
    for name, value in found.items():
        for act, figure in value.items() if isinstance(value, dict) else [("", value)]:
            print(f"{f'{name} {act}'.strip():>28}: {figure:,}")


if __name__ == "__main__":
    main()

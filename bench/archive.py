"""How many pages of the archive ``digest web`` serves a second.

    python -m bench.archive [--seconds N] [--connections N] [--json]

Puts a year of daily issues into a folder, starts ``digest web`` on it as everybody does, in a
process of its own on the last core, and asks from the first core, over connections that are kept,
each for the next page as soon as it has one: an issue, an issue with gzip, one that is known
already (304), the list, the Atom feed. Every answer is checked for its status. ``requests_s`` is
what came; ``requests_cpu_s`` divides by the processor time the server took, so that a machine
that does other work does not count against it.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from digest.model import (
    Article,
    Dated,
    DateSource,
    Issue,
    NewsletterId,
    Section,
    Sentence,
    SourceId,
    Story,
)
from digest.storage import issues
from digest.storage.database import Store

ISSUES = 365
STORIES = 12
NOW = datetime(2026, 11, 24, 6, 30, tzinfo=UTC)
CORES = sorted(os.sched_getaffinity(0))
TICK = os.sysconf("SC_CLK_TCK")
CONFIG = """
[site]
name = "Bench"
base_url = "https://bench.example"
postal_address = "1 Bench Road"
[newsletters.daily]
title = "Bench"
sender = "Bench <bench@bench.example>"
[[collect.sources]]
location = "sample:"
"""
# What is asked for: path, further headers, the status that must come.
KINDS = {
    "issue": ("/archive/daily/2026-11-24", "", 200),
    "issue_gzip": ("/archive/daily/2026-11-24", "Accept-Encoding: gzip\r\n", 200),
    "issue_304": ("/archive/daily/2026-11-24", "If-None-Match: *\r\n", 304),
    "list": ("/archive/daily", "Accept-Encoding: gzip\r\n", 200),
    "feed": ("/archive/daily/feed.xml", "Accept-Encoding: gzip\r\n", 200),
    "any_issue": ("/archive/daily/{day}", "Accept-Encoding: gzip\r\n", 200),
}


def measure(seconds: float, connections: int) -> dict[str, object]:
    with tempfile.TemporaryDirectory(prefix="digest-bench-") as name:
        folder = Path(name)
        (folder / "config.toml").write_text(CONFIG)
        asyncio.run(_shelve(folder))
        with _server(folder) as (port, pid):
            found = {
                kind: asyncio.run(_ask(port, pid, kind, seconds, connections)) for kind in KINDS
            }
    return {"issues": ISSUES, "connections": connections, "cores": len(CORES), **found}


async def _shelve(folder: Path) -> None:
    store = await Store.open(f"sqlite:///{folder / 'digest.db'}")
    for number in range(ISSUES):
        until = NOW - timedelta(days=number)
        issue = replace(_issue(), until=until, number=ISSUES - number, period=f"{until:%Y-%m-%d}")
        await store.write(issues.freeze, issue, (), state="released", at=until)
    await store.close()


def _issue() -> Issue:
    stories = tuple(_story(n) for n in range(STORIES))
    return Issue(
        newsletter=NewsletterId("daily"),
        cadence="daily",
        period="",
        number=0,
        since=NOW,
        until=NOW,
        language="en",
        subject="The lock gates swing again, and a late ferry on Fridays",
        preheader="Barges are back after eleven weeks. Also: the bus that nobody rides.",
        lead=stories[0],
        sections=(Section(topic="harbour", title="Harbour", stories=stories[1:]),),
    )


def _story(number: int) -> Story:
    url = f"https://herald.example/{number}"
    text = "Forty tonnes of new oak went in on Sunday night, and by dawn boats were turned away. "
    lead = Article(
        url=url,
        title=f"Headline number {number} is about the harbour and its barges",
        text=text * 3,
        dated=Dated(at=NOW, source=DateSource.FEED),
        first_seen=NOW,
        source=SourceId("herald"),
        source_name="Harrow Quay Herald",
    )
    told = Sentence(text=text * 3, url=url, start=0, end=len(text) * 3)
    return Story(lead=lead, topic="harbour", sentences=(told,))


@contextmanager
def _server(folder: Path) -> Iterator[tuple[int, int]]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "digest", "--config", str(folder), "web", "--port", str(port)]
    with subprocess.Popen(
        ["taskset", "-c", str(CORES[-1]), *command], stdout=subprocess.DEVNULL
    ) as running:
        try:
            _wait_for(port, running)
            yield port, running.pid
        finally:
            running.send_signal(signal.SIGTERM)


def _wait_for(port: int, running: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + 60
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except ConnectionRefusedError:
            assert running.poll() is None, "the server has ended"
            assert time.monotonic() < until, "the server does not listen"
            time.sleep(0.05)
        else:
            return


async def _ask(
    port: int, pid: int, kind: str, seconds: float, connections: int
) -> dict[str, float]:
    days = itertools.cycle(f"{NOW - timedelta(days=n):%Y-%m-%d}" for n in range(ISSUES))
    if CORES[0] != CORES[-1]:
        os.sched_setaffinity(0, {CORES[0]})
    for _ in range(ISSUES if kind == "any_issue" else 1):  # made before they are measured
        await _one(port, kind, days, until=0.0)
    took, began = _cpu(pid), time.perf_counter()
    until = began + seconds
    counts = await asyncio.gather(
        *(_one(port, kind, days, until=until) for _ in range(connections))
    )
    wall, cpu = time.perf_counter() - began, _cpu(pid) - took
    count = sum(counts)
    return {
        "requests_s": round(count / wall),
        "requests_cpu_s": round(count / cpu) if cpu else 0,
        "requests": count,
    }


async def _one(port: int, kind: str, days: Iterator[str], *, until: float) -> int:
    """Ask over one connection, once at least, until it is ``until``; how often."""
    path, headers, status = KINDS[kind]
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    count = 0
    while not count or time.perf_counter() < until:
        asked = f"GET {path.format(day=next(days))} HTTP/1.1\r\nHost: bench\r\n{headers}\r\n"
        writer.write(asked.encode())
        head = await reader.readuntil(b"\r\n\r\n")
        assert head.startswith(f"HTTP/1.1 {status} ".encode()), head
        lines = head.lower().split(b"\r\n")
        lengths = [line[15:] for line in lines if line.startswith(b"content-length:")]
        if status != 304:
            assert int(lengths[0]) > 1_000
            await reader.readexactly(int(lengths[0]))
        count += 1
    writer.close()
    await writer.wait_closed()
    return count


def _cpu(pid: int) -> float:
    """Seconds of processor time a process has taken so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICK


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m bench.archive",
        description=__doc__,
        formatter_class=argparse.RawTextHelpFormatter,
    )
    parser.add_argument("--seconds", type=float, default=4.0, help="for each kind of page")
    parser.add_argument("--connections", type=int, default=8)
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    found = measure(asked.seconds, asked.connections)
    if asked.json:
        print(json.dumps(found, indent=2))
        return
    for name, value in found.items():
        for what, figure in value.items() if isinstance(value, dict) else [("", value)]:
            print(f"{f'{name} {what}'.strip():>28}: {figure:,}")


if __name__ == "__main__":
    main()

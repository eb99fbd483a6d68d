"""What `digest run` costs where nothing happens: processor, memory, and how soon it is ready.

    python -m bench.idle [--seconds N] [--json]

``digest init`` in a fresh folder, twelve sources beside the sample paper, none of them due; then
``digest run``. ``ready_s``: from its start to 200 from /readyz, the schema of a new database made
within; ``again_s``: of a second start, and ``again_cpu_s`` what of a processor that takes. Then it
is left alone: ``cpu_percent`` of one core that its processes use in N seconds, ``switches_s`` how
often they are woken, ``rss_mb`` what they hold at the end, all children counted whole;
``processes`` how many they are.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import http.client
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
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from bench.tick import visits
from digest.config.load import load_for
from digest.storage.database import Store

SOURCES = 12
SETTLES = 15.0  # seconds that what begins is left to end
READY_WITHIN = 30.0
TICKS_A_SECOND = os.sysconf("SC_CLK_TCK")
MODULE = (sys.executable, "-m", "digest")


class Start(NamedTuple):
    """Seconds until it is ready: of the clock, and of a processor."""

    seconds: float
    cpu: float


def measure(seconds: float) -> dict[str, float]:
    with tempfile.TemporaryDirectory(prefix="digest-bench-") as name:
        folder = Path(name)
        _furnish(folder)
        with _running(folder) as (_, first):
            pass
        with _running(folder) as (pid, again):
            time.sleep(SETTLES)
            before, began = _used(pid), time.monotonic()
            time.sleep(seconds)
            after, took = _used(pid), time.monotonic() - began
            return {
                "ready_s": round(first.seconds, 2),
                "again_s": round(again.seconds, 2),
                "again_cpu_s": round(again.cpu, 2),
                "seconds": round(took, 1),
                "cpu_percent": round(100 * (after[0] - before[0]) / took, 2),
                "switches_s": round((after[1] - before[1]) / took, 1),
                "rss_mb": round(sum(_resident(one) for one in _tree(pid)) / 1e6, 1),
                "processes": len(_tree(pid)),
            }


def _furnish(folder: Path) -> None:
    """The starter's configuration and twelve sources that were visited a moment ago."""
    subprocess.run([*MODULE, "init", str(folder)], check=True, stdout=subprocess.DEVNULL)
    with (folder / "config.toml").open("a") as file:
        for n in range(SOURCES):
            file.write(f'\n[[collect.sources]]\nlocation = "https://s{n}.example/feed.xml"\n')
    settings = load_for(folder / "config.toml").settings

    async def visited() -> None:
        store = await Store.open(settings.storage.url)
        await store.write(visits, settings, datetime.now(UTC))
        await store.close()

    asyncio.run(visited())


@contextmanager
def _running(folder: Path) -> Iterator[tuple[int, Start]]:
    """The process id of `digest run` once it is ready, and what that took."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
    command = [*MODULE, "--config", str(folder), "run", "--port", str(port)]
    began = time.monotonic()
    with (folder / "log").open("ab") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log)
    try:
        while not _is_ready(port):
            if process.poll() is not None or time.monotonic() - began > READY_WITHIN:
                raise SystemExit(f"digest run is not ready: {(folder / 'log').read_text()}")
            time.sleep(0.01)
        seconds = time.monotonic() - began
        yield process.pid, Start(seconds, _used(process.pid)[0])
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=READY_WITHIN)


def _is_ready(port: int) -> bool:
    asking = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        asking.request("GET", "/readyz")
        return asking.getresponse().status == 200
    except OSError:
        return False
    finally:
        asking.close()


def _tree(pid: int) -> list[int]:
    """A process and all that descend from it."""
    found = [pid]
    for one in found:
        for task in Path(f"/proc/{one}/task").iterdir():
            with contextlib.suppress(FileNotFoundError):  # it has ended meanwhile
                found += [int(child) for child in (task / "children").read_text().split()]
    return found


def _used(pid: int) -> tuple[float, int]:
    """Seconds of processor that all of them have used, and how often they went to sleep."""
    seconds, switches = 0.0, 0
    for one in _tree(pid):
        fields = Path(f"/proc/{one}/stat").read_text().rpartition(")")[2].split()
        seconds += (int(fields[11]) + int(fields[12])) / TICKS_A_SECOND
        for task in Path(f"/proc/{one}/task").iterdir():
            with contextlib.suppress(FileNotFoundError):
                switches += _status(task / "status", "voluntary_ctxt_switches")
    return seconds, switches


def _resident(pid: int) -> float:
    return 1024.0 * _status(Path(f"/proc/{pid}/status"), "VmRSS")


def _status(path: Path, name: str) -> int:
    lines = path.read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(f"{name}:"))


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--seconds", type=float, default=120.0)
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    found = measure(asked.seconds)
    if asked.json:
        print(json.dumps(found))
        return
    for name, value in found.items():
        print(f"{name:>12} {value:>8,}")


if __name__ == "__main__":
    main()

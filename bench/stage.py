"""What the delivery benches stand on: sinks in processes of their own, each pinned to a core."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Coroutine, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

T = TypeVar("T")

CONNECTIONS = 16
CORES = sorted(os.sched_getaffinity(0))
FIRST, LAST = CORES[0], CORES[-1]


def python(module: str, *given: object) -> list[str]:
    return [sys.executable, "-m", module, *map(str, given)]


def pinned(core: int, command: Sequence[str]) -> list[str]:
    return ["taskset", "-c", str(core), *command]


def smtp_source() -> str | None:
    """Postfix's own load generator, where it is installed."""
    return shutil.which("smtp-source", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")


def built(limit: Path, into: Path) -> dict[str, str]:
    """The ruler's programs, compiled where they are not yet."""
    programs = {}
    for name in ("csink", "csrc"):
        program = limit / name
        if not program.exists():
            program = into / name
            source = limit / f"{name}.c"
            subprocess.run(["gcc", "-O2", "-o", str(program), str(source)], check=True)
        programs[name] = str(program)
    return programs


@contextmanager
def a_sink(
    program: str | None, *given: object, core: int = LAST
) -> Iterator[tuple[int, dict[str, int]]]:
    """A sink on a free port, ours or ``program``; when it has ended, what it counted."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
    command = [program, str(port), *map(str, given)] if program else python("bench.sink", port)
    if not program:
        command += map(str, given)
    process = subprocess.Popen(pinned(core, command), stdout=subprocess.PIPE, text=True)
    counted: dict[str, int] = {}
    try:
        _wait_for(port)
        yield port, counted
    finally:
        process.send_signal(signal.SIGTERM)
        said, _ = process.communicate(timeout=30)
        counted.update(json.loads(said))


def sent(command: Sequence[str]) -> dict[str, float]:
    """What a sender says of itself: n, secs, cpu, rss_mb."""
    done = subprocess.run(pinned(FIRST, command), check=True, stdout=subprocess.PIPE, text=True)
    said: dict[str, float] = json.loads(done.stdout)
    return said


def timed(command: Sequence[str], count: int) -> dict[str, float]:
    """The same of a sender that says nothing."""
    began = time.perf_counter()
    process = subprocess.Popen(pinned(FIRST, command), stdout=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{command[0]} ended with {process.returncode}")
    return {
        "n": count,
        "secs": time.perf_counter() - began,
        "cpu": used.ru_utime + used.ru_stime,
        "rss_mb": used.ru_maxrss / 1024,
    }


def _wait_for(port: int) -> None:
    for _ in range(500):
        with socket.socket() as door:
            if door.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.01)
    raise SystemExit(f"the sink did not open port {port}")


def run(coroutine: Coroutine[Any, Any, T]) -> T:
    """To its end on the fastest loop there is, as our program does."""
    try:
        import uvloop  # optional dependency
    except ImportError:
        return asyncio.run(coroutine)
    result: T = uvloop.run(coroutine)
    return result

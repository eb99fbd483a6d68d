"""How fast mail leaves, against the fastest that SMTP allows and what Python has in stock.

    python -m bench.delivery [--limit DIR_WITH_C_RULER] [--rounds N] [--json]

One run of interleaved rounds; in each every contestant sends to a fresh sink. The sink is pinned
to the last core, the contestants to the first. Medians are of messages a second and of CPU
microseconds a message; ratios are medians of the ratios within a round, since absolute figures
drift with what else the machine does. DIR holds csink.c and csrc.c (or their binaries); without
it the sink is bench.sink, which is slower than the fastest contestant: then ratios flatter.
A round whose sink did not get every message is an error. ``checked`` is a further run of ours to
bench.sink, which reads the Message-IDs.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bench.paper import writer

CONNECTIONS = 16
COUNTS = {
    "ours": 20_000,
    "c_overlapped": 60_000,
    "aiosmtplib": 1_500,
    "send_message": 300,
    "smtplib": 3_000,
}
CORES = sorted(os.sched_getaffinity(0))
CHECKED = 5_000
RATIOS = {
    "ours/c_overlapped": ("ours", "c_overlapped"),
    "ours/aiosmtplib": ("ours", "aiosmtplib"),
    "ours/send_message": ("ours", "send_message"),
    "ours/smtplib": ("ours", "smtplib"),
}


def pinned(core: int, command: Sequence[str]) -> list[str]:
    return ["taskset", "-c", str(core), *command]


def python(module: str, *given: object) -> list[str]:
    return [sys.executable, "-m", module, *map(str, given)]


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
def a_sink(program: str | None) -> Iterator[tuple[int, dict[str, int]]]:
    """A sink on a free port; when it has ended, what it counted."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
    command = [program, str(port)] if program else python("bench.sink", port)
    process = subprocess.Popen(pinned(CORES[-1], command), stdout=subprocess.PIPE, text=True)
    counted: dict[str, int] = {}
    try:
        _wait_for(port)
        yield port, counted
    finally:
        process.send_signal(signal.SIGTERM)
        said, _ = process.communicate(timeout=30)
        counted.update(json.loads(said))


def _wait_for(port: int) -> None:
    for _ in range(500):
        with socket.socket() as door:
            if door.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.01)
    raise SystemExit(f"the sink did not open port {port}")


def one(name: str, programs: dict[str, str], message: Path, scale: float) -> dict[str, float]:
    """One contestant, once. The sink must have got what it says it sent."""
    count = max(CONNECTIONS, int(COUNTS[name] * scale))
    with a_sink(programs.get("csink")) as (port, counted):
        if name == "c_overlapped":
            command = [programs["csrc"], str(port), "over", str(CONNECTIONS), str(count)]
            command.append(str(message))
        else:
            command = python("bench.senders", name, port, CONNECTIONS, count)
        done = subprocess.run(
            pinned(CORES[0], command), check=True, stdout=subprocess.PIPE, text=True
        )
        said: dict[str, float] = json.loads(done.stdout)
    if not counted["msgs"] == said["n"] == count:
        raise SystemExit(f"{name} sent {count}, counts {said['n']}; the sink got {counted['msgs']}")
    return {
        "msg_s": count / said["secs"],
        "cpu_us": said["cpu"] / count * 1e6,
        "rss_mb": said["rss_mb"],
    }


def checked() -> dict[str, int]:
    """What a sink that reads Message-IDs got of ours."""
    with a_sink(None) as (port, counted):
        command = python("bench.senders", "ours", port, CONNECTIONS, CHECKED)
        subprocess.run(pinned(CORES[0], command), check=True, stdout=subprocess.DEVNULL)
    return {"accepted": counted["msgs"], "distinct_message_ids": counted["ids"]}


def measure(limit: Path | None, rounds: int, scale: float) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        message = Path(folder) / "message"
        message.write_bytes(writer()(1).data)
        programs = built(limit, Path(folder)) if limit else {}
        names = [name for name in COUNTS if limit or name != "c_overlapped"]
        found: dict[str, list[dict[str, float]]] = {name: [] for name in names}
        for number in range(rounds):
            # Turned about, so that none always runs after the same one.
            for name in names[number % len(names) :] + names[: number % len(names)]:
                found[name].append(one(name, programs, message, scale))
        size = message.stat().st_size

    def median(name: str, what: str) -> float:
        return round(statistics.median(run[what] for run in found[name]), 1)

    return {
        "rounds": rounds,
        "message_bytes": size,
        "connections": CONNECTIONS,
        "msg_s": {name: median(name, "msg_s") for name in names},
        "cpu_us": {name: median(name, "cpu_us") for name in names},
        "ratios": {
            label: round(
                statistics.median(
                    a["msg_s"] / b["msg_s"] for a, b in zip(found[us], found[them], strict=True)
                ),
                3,
            )
            for label, (us, them) in RATIOS.items()
            if them in found
        },
        "rss_mb": median("ours", "rss_mb"),
        "checked": checked(),
    }


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.delivery")
    parser.add_argument("--limit", type=Path, help="the folder of csink.c and csrc.c")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--scale", type=float, default=1.0, help="of the messages of each run")
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    found = measure(asked.limit, asked.rounds, asked.scale)
    if asked.json:
        print(json.dumps(found, indent=2))
        return
    print(f"{found['rounds']} rounds, {found['message_bytes']} bytes, {CONNECTIONS} connections")
    for name, rate in found["msg_s"].items():
        print(f"{name:14} {rate:10,.0f} msg/s {found['cpu_us'][name]:10,.1f} us CPU a message")
    for label, ratio in found["ratios"].items():
        print(f"{label:22} {ratio:8.3f}")
    print(f"ours uses {found['rss_mb']} MB; a sink that reads got {found['checked']}")


if __name__ == "__main__":
    main()

"""How fast messages are signed, against what OpenSSL's RSA-2048 gives on the same cores.

    python -m bench.dkim [--limit DIR_WITH_C_RULER] [--rounds N] [--seconds S] [--json]

One run of interleaved rounds: ``openssl speed rsa2048`` with a process on each signing core, then
our Signer with a worker on each of the same cores, fed by a loop on the core that is left (where
there is but one core, on that). Messages of 41 KB, each with its reader's own parts. The loop's
process writes and hashes them, the workers do the RSA. ``whole`` is the whole path of
bench.whole with as many workers: claimed, written, signed, sent to a sink on the loop's core (the
C sink of DIR, or bench.sink, which takes that core a fifth of its time) and kept. ``ratios`` are by
the wall, ``cpu_ratios`` by the CPU of the signing processes, as openssl itself counts: they tell
the same on a quiet machine. ``loop_cpu_us`` is what a finished message costs the loop's core.
``sign_s`` and ``sign_cpu_s`` are signatures a second, by the one and by the other. ``checked``:
what dkimpy verifies.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import re
import statistics
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

from bench.paper import reader, the_post, writer
from bench.stage import CONNECTIONS, a_sink, built, python
from digest.deliver import dkim, signing
from digest.deliver.dkim import Body, Key
from digest.deliver.sealing import AHEAD, BATCH
from digest.deliver.signing import Signer
from digest.deliver.writer import Writer
from digest.isolation import Workers

CORES = sorted(os.sched_getaffinity(0))
SIGNING = CORES[1:] or CORES
LOOP = CORES[0]
WHOLE = "whole"
PER_SECOND = 4_000  # of the whole path on each signing core, about


def openssl(seconds: float, *clock: str) -> float:
    """Signatures of openssl a second of CPU, or of the wall with ``-elapsed``; sum of the cores."""
    command = ["openssl", "speed", *clock, "-seconds", str(max(1, round(seconds))), "rsa2048"]
    running = [
        subprocess.Popen(
            ["taskset", "-c", str(core), *command],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        for core in SIGNING
    ]
    said = [process.communicate()[0] for process in running]
    found = [
        re.search(r"^rsa\s+2048 bits\s+\S+\s+\S+\s+([\d.]+)", one, re.MULTILINE) for one in said
    ]
    return sum(float(one[1]) for one in found if one)


def place(core: int) -> None:
    """Called in a worker: from here on it runs on ``core``."""
    os.sched_setaffinity(0, {core})


async def ours(key: Key, body: Body, seconds: float) -> tuple[float, float, float]:
    """Finished messages a second of the wall, a second of the workers' CPU on each core, and
    what each costs the loop's process in microseconds of CPU."""
    write, sent = Writer(*the_post()).messages, 0
    readers = [reader(number) for number in range(BATCH)]
    async with Workers(count=len(SIGNING), ahead=2, preload=signing.PRELOAD) as isolate:
        signer = Signer(isolate=isolate, keys=(key,), body=body)
        await asyncio.gather(*(isolate(place, core) for core in SIGNING))

        async def work(until: float) -> None:
            nonlocal sent
            while time.perf_counter() < until:
                batch = write(readers)
                lines = await signer([message.parts for message in batch], at=1)
                finished = [one.headed(head) for head, one in zip(lines, batch, strict=True)]
                sent += len(finished)

        await signer([message.parts for message in write(readers)], at=1)
        before = sum(await asyncio.gather(*(isolate(time.process_time) for _ in SIGNING)))
        began, busy = time.perf_counter(), time.process_time()
        # As many batches as are claimed ahead: the next is there when one is done.
        together = AHEAD * len(SIGNING)
        await asyncio.gather(*(work(began + seconds) for _ in range(together)))
        wall, loop = time.perf_counter() - began, time.process_time() - busy
        after = sum(await asyncio.gather(*(isolate(time.process_time) for _ in SIGNING)))
        return sent / wall, sent / (after - before) * len(SIGNING), loop / sent * 1e6


def whole(count: int, sink: str | None) -> float:
    """Messages a second that are claimed, signed, sent and kept."""
    with a_sink(sink, core=LOOP) as (port, _):
        command = python("bench.whole", port, CONNECTIONS, count, "--sign", len(SIGNING))
        cores = ",".join(map(str, CORES))
        done = subprocess.run(
            ["taskset", "-c", cores, *command], check=True, stdout=subprocess.PIPE, text=True
        )
    said = json.loads(done.stdout)
    return count / float(said["secs"])


def verified(key: Key) -> int:
    """How many messages of a batch the public key verifies, body and header, by dkimpy."""
    import dkim as verifier  # optional dependency

    _, record = dkim.record(key)
    write = writer()
    batch = [write(number).data for number in range(BATCH)]
    lines = signing.signed([(one,) for one in batch], keys=[key], at=1, body=Body.RELAXED)
    return sum(
        verifier.DKIM(head + one).verify(dnsfunc=lambda *_, **__: record.encode())
        for head, one in zip(lines, batch, strict=True)
    )


def measure(rounds: int, seconds: float, sink: str | None) -> dict[str, Any]:
    key = Key(domain="quayside.example", selector="tide", pem=dkim.generate_rsa())
    os.sched_setaffinity(0, {LOOP})
    cpu: dict[str, list[float]] = {name: [] for name in ("openssl", *Body)}
    wall: dict[str, list[float]] = {name: [] for name in (*cpu, WHOLE)}
    loop: dict[str, list[float]] = {name: [] for name in Body}
    for _ in range(rounds):
        wall["openssl"].append(openssl(seconds, "-elapsed"))
        cpu["openssl"].append(openssl(seconds))
        for body in Body:
            by_wall, by_cpu, own = asyncio.run(ours(key, body, seconds))
            loop[body].append(own)
            wall[body].append(by_wall)
            cpu[body].append(by_cpu)
        wall[WHOLE].append(whole(round(PER_SECOND * seconds) * len(SIGNING), sink))
    return {
        "rounds": rounds,
        "signing_cores": len(SIGNING),
        "message_bytes": len(writer()(1).data),
        "sign_s": {str(name): round(statistics.median(runs)) for name, runs in wall.items()},
        "sign_cpu_s": {str(name): round(statistics.median(runs)) for name, runs in cpu.items()},
        "loop_cpu_us": {str(name): round(statistics.median(runs)) for name, runs in loop.items()},
        "ratios": {f"{name}/openssl": ratio(wall, name) for name in (*Body, WHOLE)},
        "cpu_ratios": {f"{body}/openssl": ratio(cpu, body) for body in Body},
        "checked": {"batch": BATCH, "verified": verified(key)},
    }


def ratio(found: dict[str, list[float]], name: str) -> float:
    pairs = zip(found[name], found["openssl"], strict=True)
    return round(statistics.median(ours / theirs for ours, theirs in pairs), 3)


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m bench.dkim",
        description=__doc__,
        formatter_class=argparse.RawTextHelpFormatter,
    )
    parser.add_argument("--limit", type=Path, help="the folder of csink.c and csrc.c")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=2.0, help="of each run")
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        programs = built(asked.limit, Path(folder)) if asked.limit else {}
        found = measure(asked.rounds, asked.seconds, programs.get("csink"))
    if asked.json:
        print(json.dumps(found, indent=2))
        return
    print(
        f"{found['rounds']} rounds, {found['message_bytes']} bytes, {found['signing_cores']} cores"
    )
    for name, rate in found["sign_s"].items():
        print(f"{name:10} {rate:8,} a second", *_of_cpu(found["sign_cpu_s"].get(name)))
    for label, part in found["ratios"].items():
        print(f"{label:18} {part:6.3f}", *_of_cpu(found["cpu_ratios"].get(label)))
    print(f"the loop's core: {found['loop_cpu_us']} microseconds a message")
    print(f"dkimpy verifies {found['checked']['verified']} of {found['checked']['batch']}")


def _of_cpu(figure: float | None) -> list[str]:
    return [] if figure is None else [f"({figure:,} by CPU)"]


if __name__ == "__main__":
    main()

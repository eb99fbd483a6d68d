"""How fast mail leaves, against the fastest that SMTP allows and what Python has in stock.

    python -m bench.delivery [--limit DIR_WITH_C_RULER] [--rounds N] [--json]

One run of interleaved rounds; in each every contestant sends to a fresh sink. The sink is pinned
to the last core, the contestants to the first. ``msg_s`` and ``cpu_us`` are medians: messages a
second, CPU microseconds a message. ``ratios`` are medians of the ratios within a round, since
absolute figures drift with what else the machine does. DIR holds csink.c and csrc.c (or their
binaries); without it the sink is bench.sink, which is slower than the fastest contestant: then
ratios flatter.
``ours`` is the whole path, claims and ledger included (bench.whole); ``wire`` is what of it makes
messages and sends them; ``ledger`` is the share of the database's threads in the CPU of ours. A
round whose sink did not get every message is an error. ``checked`` is a further run of ours to
bench.sink, which reads the Message-IDs; ``rtt`` and ``tls`` are what bench.links measures.
Postfix's smtp-source takes part where it is installed (its own text, of the same size).
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import tempfile
from pathlib import Path
from typing import Any

from bench import links
from bench.paper import SENDER, writer
from bench.stage import CONNECTIONS, FIRST, a_sink, built, pinned, python, sent, smtp_source, timed

COUNTS = {
    "ours": 100_000,
    "wire": 100_000,
    "c_overlapped": 100_000,
    "aiosmtplib": 1_500,
    "send_message": 300,
    "smtplib": 3_000,
    "smtp_source": 10_000,
}
CHECKED = 5_000
LINKED = 10_000  # messages of each run with and without TLS
RATIOS = {
    "ours/c_overlapped": ("ours", "c_overlapped"),
    "wire/c_overlapped": ("wire", "c_overlapped"),
    "ours/aiosmtplib": ("ours", "aiosmtplib"),
    "ours/send_message": ("ours", "send_message"),
    "ours/smtplib": ("ours", "smtplib"),
    "ours/smtp_source": ("ours", "smtp_source"),
}


def one(name: str, programs: dict[str, str], message: Path, scale: float) -> dict[str, float]:
    """One contestant, once. The sink must have got what it says it sent."""
    count = max(CONNECTIONS, int(COUNTS[name] * scale))
    with a_sink(programs.get("csink")) as (port, counted):
        if name == "c_overlapped":
            said = sent(
                [programs["csrc"], str(port), "over", str(CONNECTIONS), str(count), str(message)]
            )
        elif name == "ours":
            said = sent(python("bench.whole", port, CONNECTIONS, count))
        elif name == "smtp_source":
            said = timed(_postfix(port, count, message.stat().st_size), count)
        else:
            said = sent(python("bench.senders", name, port, CONNECTIONS, count))
    if not counted["msgs"] == said["n"] == count:
        raise SystemExit(f"{name} sent {count}, counts {said['n']}; the sink got {counted['msgs']}")
    return {
        "msg_s": count / said["secs"],
        "ledger": said.get("ledger_cpu", 0.0) / said["cpu"],
        "cpu_us": said["cpu"] / count * 1e6,
        "rss_mb": said["rss_mb"],
    }


def _postfix(port: int, count: int, size: int) -> list[str]:
    program = smtp_source()
    assert program  # it takes part only where it is installed
    command = [program, "-d", "-s", str(CONNECTIONS), "-m", str(count), "-l", str(size)]
    return [*command, "-f", SENDER, "-t", "reader@example.com", f"127.0.0.1:{port}"]


def checked() -> dict[str, int]:
    """What a sink that reads Message-IDs got of ours."""
    with a_sink(None) as (port, counted):
        command = python("bench.whole", port, CONNECTIONS, CHECKED)
        subprocess.run(pinned(FIRST, command), check=True, stdout=subprocess.DEVNULL)
    return {"accepted": counted["msgs"], "distinct_message_ids": counted["ids"]}


def measure(limit: Path | None, rounds: int, scale: float) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        message = Path(folder) / "message"
        message.write_bytes(writer()(1).data)
        programs = built(limit, Path(folder)) if limit else {}
        absent = {"c_overlapped"} if limit is None else set()
        absent |= {"smtp_source"} if smtp_source() is None else set()
        names = [name for name in COUNTS if name not in absent]
        found: dict[str, list[dict[str, float]]] = {name: [] for name in names}
        for number in range(rounds):
            # Turned about, so that none always runs after the same one.
            for name in names[number % len(names) :] + names[: number % len(names)]:
                found[name].append(one(name, programs, message, scale))
        size = message.stat().st_size
        few = max(CONNECTIONS, int(LINKED * scale))
        over = {
            "rtt": links.far(programs.get("csink")),
            "tls": links.tls(min(rounds, 3), few, Path(folder)),
        }

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
        "ledger": round(statistics.median(run["ledger"] for run in found["ours"]), 3),
        "rss_mb": median("ours", "rss_mb"),
        "checked": checked(),
        **over,
    }


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m bench.delivery",
        description=__doc__,
        formatter_class=argparse.RawTextHelpFormatter,
    )
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
    far, tls = found["rtt"], found["tls"]
    print(f"at {far['ms']} ms: {far['msg_s']:,.0f} msg/s, {far['of_limit']:.2f} of its limit")
    print(f"TLS: {tls['tls_msg_s']:,.0f} msg/s, {tls['ratio']:.2f} of plain")
    print(f"ours uses {found['rss_mb']} MB; a sink that reads got {found['checked']}")


if __name__ == "__main__":
    main()

"""Whether anybody is lost when the sender is killed: again and again, until everybody is served.

    python -m bench.crash [--kills N] [--deliveries N] [--json] [--sink HOST:PORT --log FILE]
                          [--faults] [--database URL]

An issue is released to so many people and sent by workers that are killed with SIGKILL at random
instants (most while mail is on the wire, some as they begin) and started again. Between two lives
some people leave. What counts is the log of a sink in another process (bench/logsink.py, or the
one at HOST:PORT that writes the same lines to FILE), not what our own rows say:

    lost                    sent to nobody and explained by no row, or sent only by our own word
    duplicates              copies beyond the first; of each the life that sent the first is known
    max_duplicates_per_kill most of them for one kill: no more than connections
    other_message_id        copies whose Message-ID is not the first's
    written_after_leaving   messages to people who had left before that worker began

With ``--faults`` the sink is a bad relay, too (bench/logsink.py says how). Then ``silent`` counts
the messages it took without a word: each may come twice though nobody was killed.
"""

from __future__ import annotations

import argparse
import bisect
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from bench import lives
from bench.lives import CONNECTIONS, Desk
from digest.storage.desk import Fate

LOOK = 0.001  # seconds between two looks at the log
QUIET = 0.02  # seconds without a connection and without a line: there is nothing more to come
TCP, ESTABLISHED, HALF_CLOSED = Path("/proc/net/tcp"), "01", "08"
EARLY = 6  # one life in so many ends as it begins
INFANT = 0.15  # seconds
LEAVERS = 2  # between two lives
LONGEST = 600.0  # a life that goes on for longer is stuck


class Log:
    """What the sink has written so far, one line a message that it took."""

    def __init__(self, path: Path) -> None:
        path.touch()
        self._stream = path.open("rb")
        self._rest = b""
        self.lines: list[bytes] = []

    def grown(self) -> int:
        """How many lines there are now."""
        *whole, self._rest = (self._rest + self._stream.read()).split(b"\n")
        self.lines += whole
        return len(self.lines)

    def quiet(self, port: int) -> int:
        """How many there are once the sink has read all that a dead worker had sent to it."""
        count, since = self.grown(), time.monotonic()
        while time.monotonic() - since < QUIET:
            time.sleep(LOOK)
            now = self.grown()
            if now != count or _talking(port):
                count, since = now, time.monotonic()
        return count


def _talking(port: int) -> bool:
    """Whether anybody on this machine still has a connection to ``port`` that is not closed."""
    rows = [line.split() for line in TCP.read_text().splitlines()[1:]]
    ours = f":{port:04X}"
    return any(row[1].endswith(ours) and row[3] in (ESTABLISHED, HALF_CLOSED) for row in rows)


@dataclass(slots=True)
class Story:
    """What happened: where in the log each life ended, and who left where."""

    deaths: list[int] = field(default_factory=list)
    left: dict[str, int] = field(default_factory=dict)


def measure(
    kills: int,
    deliveries: int,
    *,
    faults: bool = False,
    sink: tuple[str, int] | None = None,
    log: Path | None = None,
    database: str = "",
) -> dict[str, object]:
    """All of it; raises AssertionError where a life does not end as it should."""
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="digest-crash-") as name:
        folder = Path(name)
        where = log or folder / "log"
        with _a_sink(where, faults) if sink is None else _given(sink) as (host, port):
            desk = lives.furnish(folder, host, port, database)
            lives.people(desk, deliveries)
            released = lives.publish(desk, lives.prepared(desk))
            assert released.audience == deliveries, released
            desk = replace(desk, issue=released.issue)
            seen = Log(where)
            story = _killed(desk, seen, kills, deliveries, faults=faults)
            _to_the_end(desk)
            seen.quiet(port)
        found = verdict(seen.lines, lives.fates(desk), story)
    return {
        "kills": len(story.deaths),
        "deliveries": deliveries,
        **found,
        "connections": CONNECTIONS,
        "seconds": round(time.monotonic() - began, 1),
    }


def verdict(lines: list[bytes], fates: list[Fate], story: Story) -> dict[str, object]:
    """The sink's log against the list. Copies belong to the kill that ended the life before."""
    first: dict[str, str] = {}
    last: dict[str, int] = {}
    silent: set[str] = set()
    by_kill: Counter[int] = Counter()
    duplicates = other = late = unexplained = 0
    for at, line in enumerate(lines):
        said = json.loads(line)
        rcpt, mid = said["rcpt"], said["mid"]
        late += at >= story.left.get(rcpt, len(lines))
        if rcpt in first:
            duplicates += 1
            other += mid != first[rcpt]
            kill = bisect.bisect_right(story.deaths, last[rcpt])
            if rcpt not in silent:
                by_kill[kill] += 1
                unexplained += kill == len(story.deaths)
        first.setdefault(rcpt, mid)
        last[rcpt] = at
        silent |= {rcpt} if said.get("silent") else set()
    return {
        "lost": sum(one.address not in first and not _explained(one) for one in fates),
        "duplicates": duplicates,
        "max_duplicates_per_kill": max(by_kill.values(), default=0),
        "duplicates_without_a_kill": unexplained,
        "other_message_id": other,
        "same_message_id_for_two": len(first) - len(set(first.values())),
        "written_after_leaving": late,
        "silent": len(silent),
        "left": len(story.left),
        "explained": dict(sorted(Counter(_why(one) for one in fates).items())),
    }


def _explained(one: Fate) -> bool:
    if one.state == "skipped":
        return one.skip is not None
    return one.state == "failed" and bool(one.text)


def _why(one: Fate) -> str:
    words = {"skipped": one.skip, "failed": f"{one.code} {one.enhanced}".strip()}
    return f"{one.state}: {words[one.state]}" if one.state in words else one.state


def _killed(desk: Desk, log: Log, kills: int, deliveries: int, *, faults: bool) -> Story:
    story = Story()
    leavers = min(LEAVERS, deliveries // (4 * kills or 1))
    most = int((deliveries - leavers * kills) * 0.9)
    marks = sorted(random.randrange(most) for _ in range(kills))
    while marks:
        pid = lives.begin(desk)
        early = random.randrange(EARLY) == 0
        if not _reached(pid, log, marks.pop(0), early=early):
            assert faults, "it ended by itself before its time"
            marks.append(most)
            if _nothing_left(desk):
                break
            lives.mend(desk)
            continue
        story.deaths.append(log.quiet(desk.port))
        for address in lives.leave(desk, leavers, ("queued", "sending")) if leavers else ():
            story.left[address] = log.grown()
    return story


def _reached(pid: int, log: Log, mark: int, *, early: bool) -> bool:
    """Kill it once the log is at ``mark``, or as it begins; False where it ended by itself."""
    until = time.monotonic() + (random.uniform(0, INFANT) if early else LONGEST)
    while log.grown() <= mark and time.monotonic() < until:
        if os.waitpid(pid, os.WNOHANG)[0]:
            return False
        time.sleep(LOOK)
    os.kill(pid, signal.SIGKILL)
    _, status = os.waitpid(pid, 0)
    return os.WIFSIGNALED(status)


def _to_the_end(desk: Desk) -> None:
    while True:
        _, status = os.waitpid(lives.begin(desk), 0)
        code = os.waitstatus_to_exitcode(status)
        assert code in (0, lives.UNFINISHED), f"a life ended with {code}"
        if code == 0:
            return
        lives.mend(desk)


def _nothing_left(desk: Desk) -> bool:
    return all(one.state not in ("queued", "sending") for one in lives.fates(desk))


@contextmanager
def _a_sink(log: Path, faults: bool) -> Iterator[tuple[str, int]]:
    command = [sys.executable, "-m", "bench.logsink", "0", str(log)]
    bad = ["--faults", str(random.randrange(1 << 30))] if faults else []
    with subprocess.Popen([*command, *bad], stdout=subprocess.PIPE, text=True) as running:
        assert running.stdout is not None
        try:
            yield "127.0.0.1", int(running.stdout.readline())
        finally:
            running.terminate()


@contextmanager
def _given(sink: tuple[str, int]) -> Iterator[tuple[str, int]]:
    yield sink


def _place(text: str) -> tuple[str, int]:
    host, _, port = text.rpartition(":")
    return host, int(port)


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m bench.crash",
        description=__doc__,
        formatter_class=argparse.RawTextHelpFormatter,
    )
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--deliveries", type=int, default=20_000)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--sink", type=_place, metavar="HOST:PORT", help="another sink than ours")
    parser.add_argument("--log", type=Path, metavar="FILE", help="where that sink writes")
    parser.add_argument("--faults", action="store_true", help="our sink is a bad relay, too")
    parser.add_argument(
        "--database", default="", metavar="URL", help="postgresql://… (an empty one)"
    )
    asked = parser.parse_args()
    if (asked.sink is None) != (asked.log is None) or (asked.sink and asked.faults):
        parser.error("--sink and --log go together, and without --faults")
    found = measure(
        asked.kills,
        asked.deliveries,
        faults=asked.faults,
        sink=asked.sink,
        log=asked.log,
        database=asked.database,
    )
    if asked.json:
        print(json.dumps(found, indent=2))
        return
    for name, value in found.items():
        print(f"{name:>25}: {value}")


if __name__ == "__main__":
    main()

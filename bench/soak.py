"""Months of `digest run` in minutes: a hand-set clock, and everything that goes wrong in months.

    python -m bench.soak [--days N] [--subscribers N] [--kills N] [--seed N] [--json]

A life is a forked process that makes issues, visits twelve sources (one dead, one moody) and sends
every half hour of its clock; what it sends goes to a log that survives it, the wire. It is killed
with SIGKILL at random, its disk is full once, the relay is down for a day, and clocks change. At
the end every delivery is held against the wire. ``due``: deliveries and periods that somebody was
owed; ``exactly_once`` of them were on the wire once; ``explained`` by a row that says why not, or
on the wire twice under one Message-ID where a kill left it in doubt; the rest is ``unexplained``.
"""

from __future__ import annotations

import argparse
import json
import mmap
import os
import random
import resource
import signal
import struct
import sys
import tempfile
import time
import traceback
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bench import soakaudit, soaklife
from bench.stage import run
from digest.errors import DigestError

BEGIN = datetime(2026, 3, 24, tzinfo=UTC)  # five days before Europe's clocks go forth
MEAN_LIFE = 4.0  # seconds of ours
MOST_AWAY = 120  # minutes that a killed machine stays away
PATIENCE = 900.0  # seconds that one life may take before the bench gives up
DISK = 65_536  # bytes left on the full disk


class Shared:
    """What a life tells the next one: its clock, and its memory of the first and the last day."""

    def __init__(self) -> None:
        self._map = mmap.mmap(-1, 24)

    @property
    def told(self) -> tuple[float, float, float]:
        """Seconds of the hand-set clock, MB at first, MB at last."""
        now, first, last = struct.unpack("ddd", self._map[:24])
        return now, first, last

    def tell(self, now: float, resident: float) -> None:
        _, first, _ = self.told
        self._map[:24] = struct.pack("ddd", now, first or resident, resident or first)

    def away(self, seconds: float) -> None:
        now, first, last = self.told
        self._map[:24] = struct.pack("ddd", now + seconds, first, last)


def forked(folder: Path, shared: Shared, end: float, down: float, *, full: bool) -> int:
    """Begin a life; its process id."""
    sys.stdout.flush()
    pid = os.fork()
    if pid:
        return pid
    code = 1
    try:
        if full:
            size = (folder / "digest.db").stat().st_size
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (size + DISK, size + DISK))
        run(soaklife.live(folder, shared, end=end, down=down))
        code = 0
    except (DigestError, OSError) as error:
        print(f"a life ended: {error}", file=sys.stderr)
    except BaseException:  # noqa: BLE001 -- a forked process must not run on into its parent's code
        traceback.print_exc()
        code = 2
    finally:
        os._exit(code)


def ended(pid: int, within: float) -> int | None:
    """The exit code of a life that ended by itself within so many seconds."""
    until = time.monotonic() + within
    while time.monotonic() < until:
        done, status = os.waitpid(pid, os.WNOHANG)
        if done:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.02)
    return None


def soaked(folder: Path, *, days: int, kills: int, dice: random.Random) -> tuple[Shared, int]:
    """Live through ``days``; what the lives told, and how many of them were killed."""
    shared = Shared()
    shared.tell(BEGIN.timestamp(), 0.0)
    end = (BEGIN + timedelta(days=days)).timestamp()
    down = (BEGIN + timedelta(days=days // 2)).timestamp()
    killed, full = 0, False
    while True:
        fill = not full and kills > 0 and killed * 2 >= kills
        full = full or fill
        pid = forked(folder, shared, end, down, full=fill)
        life = dice.expovariate(1 / MEAN_LIFE) if killed < kills or fill else PATIENCE
        code = ended(pid, min(max(life, 0.2), PATIENCE))
        if code == 0:
            return shared, killed
        if code is None:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
            if life >= PATIENCE:
                raise SystemExit("a life did not end")
            killed += 1
            shared.away(60 * dice.randrange(MOST_AWAY))
        elif code == 2 or not fill:
            raise SystemExit("a life ended by an error that is not the full disk's")


def main() -> None:
    asked = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    asked.add_argument("--days", type=int, default=90)
    asked.add_argument("--subscribers", type=int, default=5_000)
    asked.add_argument("--kills", type=int, default=300)
    asked.add_argument("--seed", type=int, default=1)
    asked.add_argument("--json", action="store_true", dest="as_json")
    given = asked.parse_args()
    with tempfile.TemporaryDirectory(prefix="soak-") as made:
        folder = Path(made)
        soaklife.prepare(folder, given.subscribers, BEGIN, random.Random(given.seed))
        shared, killed = soaked(
            folder, days=given.days, kills=given.kills, dice=random.Random(given.seed)
        )
        found = soakaudit.audit(folder, BEGIN, given.days)
        _, first, last = shared.told
        figures = {
            "days": given.days,
            "subscribers": given.subscribers,
            **found,
            "kills": killed,
            "rss_mb_first": round(first, 1),
            "rss_mb_last": round(last, 1),
            "db_mb": round((folder / "digest.db").stat().st_size / 1e6, 1),
        }
    if given.as_json:
        print(json.dumps(figures))
    else:
        for name, value in figures.items():
            print(f"{name:>22} {value:>12,}")
    if figures["unexplained"] or figures["written_after_leaving"]:
        raise SystemExit(1)


if __name__ == "__main__":
    main()

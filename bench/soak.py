"""Months of `digest run` in minutes: a hand-set clock, and everything that goes wrong in months.

    python -m bench.soak [--days N] [--subscribers N] [--kills N] [--seed N] [--json]

A life is a forked process that does the rounds of `digest run` every half hour of its clock: visits
twelve sources (one dead, one moody), makes issues, sends, keeps house at noon (deliveries are kept
30 days), while people join, confirm, forget to, and leave. What it sends goes to a log that
survives it, the wire. In the first four fifths of the days it is killed with SIGKILL, in whatever
it does at random moments, and is away for up to two hours; once its disk is full; for a day the
relay is down; clocks change.

At the end everybody's due is worked out from calendar and memberships alone, and held against the
rows and the wire. ``exactly_once``: the row says sent and the wire saw it once, at its time.
``explained``: a row says why not, and what it says is so (soakaudit.py); or it was on the wire
twice under one Message-ID because a kill fell while the first was there, at most four a kill. The
rest is ``unexplained``. Exit code 1 where anything is, or somebody was written to after leaving.
``rss_mb_first`` and ``rss_mb_last`` are of the last life, after its first day and at its end.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import resource
import signal
import sys
import tempfile
import time
import traceback
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bench import soakaudit, soaklife, soakpeople
from bench.soakaudit import Deaths
from bench.soakboard import Board, Phase
from bench.soakworld import STEP
from bench.stage import run

BEGIN = datetime(2026, 3, 24, tzinfo=UTC)  # five days before Europe's clocks go forth
KILLING = 0.8  # of the days; the last life lives through the rest
MOST_AWAY = 120  # minutes that a killed machine stays away
STUCK = 600.0  # seconds without a step of the clock after which the bench gives up
ROOM = 1_000_000  # bytes that any one file may have on the full disk, and the log a little more
BLINK = 0.002  # seconds between two looks at the board
TARGETS = (Phase.SEND, Phase.SEND, Phase.MAKE, Phase.GATHER, Phase.HOUSE, None)


@dataclass(slots=True)
class Soak:
    """One soak: its folder, its board, and who died when."""

    folder: Path
    begin: float
    end: float
    down: datetime
    dice: random.Random
    board: Board = field(default_factory=Board)
    deaths: Deaths = field(default_factory=dict)
    phases: dict[str, int] = field(default_factory=dict)
    lives: int = 0

    def lived(self, kills: int) -> None:
        """Live until the end, killed so often; once in between the disk is full."""
        self.board.now = self.begin
        last = self.begin + (self.end - self.begin) * KILLING
        times = sorted(self.dice.uniform(self.begin, last) for _ in range(kills))
        for number, at in enumerate(times):
            pid = self._forked()
            if number == kills // 2:
                self._fill(pid, at)
            self._await(pid, at, self.dice.choice(TARGETS))
            time.sleep(min(self.dice.expovariate(20), 0.5))
            self._kill(pid)
        pid = self._forked()
        while not self._over(pid):
            time.sleep(0.1)

    def _forked(self) -> int:
        """Begin a life; its process id."""
        sys.stdout.flush()
        self.lives += 1
        self.board.phase = Phase.BETWEEN
        pid = os.fork()
        if pid:
            return pid
        code = 1
        try:
            whole = soaklife.live(
                self.folder, self.board, life=self.lives, end=self.end, down=self.down
            )
            run(whole)
            code = 0
        except BaseException:  # noqa: BLE001 -- a forked process must not run on into its parent's code
            traceback.print_exc()
        finally:
            os._exit(code)

    def _await(self, pid: int, at: float, target: Phase | None) -> None:
        """Until the clock shows ``at``, and then the life is at ``target``, for half a day."""
        was, since = self.board.now, time.monotonic()
        while True:
            now = self.board.now
            if now != was:
                was, since = now, time.monotonic()
            there = target is None or self.board.phase == target
            if now >= self.end - 2 * STEP.total_seconds():
                return
            if now >= at and (there or now >= at + 12 * 3600):
                return
            if self._over(pid) or time.monotonic() - since > STUCK:
                raise SystemExit(
                    f"life {self.lives} is stuck at {datetime.fromtimestamp(now, UTC)}"
                )
            time.sleep(BLINK)

    def _fill(self, pid: int, at: float) -> None:
        """The disk is full at ``at``; a while after that was felt somebody makes room."""
        self._await(pid, at, Phase.MAKE)
        before = self.board.troubles
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (ROOM, resource.RLIM_INFINITY))
        until = self.board.now + 48 * 3600
        while self.board.troubles == before:
            if self.board.now > until or self._over(pid):
                raise SystemExit("the full disk was not felt")
            time.sleep(BLINK)
        time.sleep(3.0)
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY,) * 2)

    def _kill(self, pid: int) -> None:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        name = Phase(int(self.board.phase)).name.lower()
        self.phases[name] = self.phases.get(name, 0) + 1
        self.deaths[self.lives] = self.board.now
        self.board.now += 60 * self.dice.randrange(MOST_AWAY)

    def _over(self, pid: int) -> bool:
        """Whether a life ended by itself. Raises SystemExit where it did by an error."""
        done, status = os.waitpid(pid, os.WNOHANG)
        if done and status:
            raise SystemExit(f"life {self.lives} ended by an error")
        return bool(done)


def soaked(folder: Path, *, days: int, count: int, kills: int, seed: int) -> dict[str, object]:
    """The figures of one soak in an empty folder."""
    dice = random.Random(seed)
    soakpeople.prepare(folder, count, BEGIN, dice)
    end = BEGIN + timedelta(days=days)
    soak = Soak(folder, BEGIN.timestamp(), end.timestamp(), BEGIN + timedelta(days=days // 2), dice)
    began = time.monotonic()
    soak.lived(kills)
    minutes = (time.monotonic() - began) / 60
    found = soakaudit.audit(folder, BEGIN, end, down=soak.down, deaths=soak.deaths)
    sizes = [float(line) for line in (folder / "sizes").read_text().split()] or [0.0]
    return {
        "days": days,
        "subscribers": count,
        **found,
        "kills": len(soak.deaths),
        "kills_during": soak.phases,
        "rss_mb_first": round(soak.board.rss_first, 1),
        "rss_mb_last": round(soak.board.rss_last, 1),
        "db_mb": round((folder / "digest.db").stat().st_size / 1e6, 1),
        "db_mb_halfway": sizes[len(sizes) // 2],
        "minutes": round(minutes, 1),
    }


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
        figures = soaked(
            Path(made),
            days=given.days,
            count=given.subscribers,
            kills=given.kills,
            seed=given.seed,
        )
    if given.as_json:
        print(json.dumps(figures))
    else:
        for name, value in figures.items():
            print(f"{name:>22} {value!s:>12}")
    if figures["unexplained"] or figures["written_after_leaving"]:
        raise SystemExit(1)


if __name__ == "__main__":
    main()

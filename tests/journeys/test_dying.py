"""Workers as an operator runs them: stopped under load, two at once, killed amid a release."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from bench import lives
from bench.lives import Desk

ROOT = Path(__file__).parents[2]
PEOPLE = 1_500
DEATH = """
import os, signal, sys
from pathlib import Path
from bench import lives
from digest.clock import clock_at
from digest.config import secret
from digest.config.load import load_for
from digest.services import release
from digest.storage import enrolling

enrolling.MOST["sqlite"] = 100
settings = load_for(Path(sys.argv[1])).settings
desk = lives.Desk(settings=settings, ring=secret.make_and_read(settings.folder), port=0)

batches = iter(range(1, 16))

def die():
    if next(batches) == 3:
        os.kill(os.getpid(), signal.SIGKILL)
    return False

lives.in_store(
    desk,
    lambda store: release.release(store, lives.prepared(desk), clock=clock_at(None), halt=die),
)
"""


class Log:
    """What a sink took, line by line as it comes; ``reached(n)`` waits for it."""

    def __init__(self, path: Path) -> None:
        os.mkfifo(path)
        # For writing, too: the sink may come and go, and nobody reads an end.
        self._stream = os.fdopen(os.open(path, os.O_RDWR), "rb", buffering=0)
        self._more = threading.Condition()
        self._rest = b""
        self.rcpts: list[str] = []
        threading.Thread(target=self._read, daemon=True).start()

    def reached(self, count: int) -> None:
        with self._more:
            assert self._more.wait_for(lambda: len(self.rcpts) >= count, timeout=60)

    def _read(self) -> None:
        while data := self._stream.read(1 << 16):
            *whole, self._rest = (self._rest + data).split(b"\n")
            with self._more:
                self.rcpts += [json.loads(line)["rcpt"] for line in whole]
                self._more.notify_all()


@pytest.fixture
def log(tmp_path) -> Log:
    return Log(tmp_path / "log")


@pytest.fixture
def desk(tmp_path, log) -> Iterator[Desk]:
    command = [sys.executable, "-m", "bench.logsink", "0", str(tmp_path / "log")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as sink:
        desk = lives.furnish(tmp_path, "127.0.0.1", int(sink.stdout.readline()))
        lives.people(desk, PEOPLE)
        yield desk
        sink.terminate()


@contextmanager
def digest(desk: Desk, *words: str) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "digest", "--config", str(desk.settings.folder), *words]
    environ = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environ) as running:
        try:
            yield running
        finally:
            running.kill()


def finished(desk: Desk) -> None:
    with digest(desk, "work", "--until-done") as running:
        assert running.wait(timeout=90) == 0


def everybody_once(log: Log) -> None:
    log.reached(PEOPLE)
    assert Counter(log.rcpts) == Counter(lives.address(n) for n in range(PEOPLE))


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_stopped_under_load_it_ends_in_ten_seconds_and_nobody_is_lost_or_written_to_twice(
    desk, log, how
):
    lives.publish(desk, lives.prepared(desk))
    with digest(desk, "work") as running:
        log.reached(100)
        running.send_signal(how)
        assert running.wait(timeout=10) == 0
    rows = Counter(one.state for one in _fates(desk))
    assert rows.keys() <= {"sent", "queued"}
    log.reached(rows["sent"])
    assert len(log.rcpts) == rows["sent"]

    finished(desk)

    everybody_once(log)


def test_two_workers_at_once_write_to_nobody_twice(desk, log):
    lives.publish(desk, lives.prepared(desk))

    with digest(desk, "work", "--until-done") as first:
        with digest(desk, "work", "--until-done") as second:
            assert second.wait(timeout=90) == 0
        assert first.wait(timeout=90) == 0

    everybody_once(log)


def test_a_release_whose_process_was_killed_is_finished_by_the_next_start(desk, log):
    died = subprocess.run(
        [sys.executable, "-c", DEATH, str(desk.settings.folder / "config.toml")],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        check=False,
    )
    assert died.returncode == -signal.SIGKILL
    assert len(_fates(desk)) == 300

    finished(desk)

    everybody_once(log)


def _fates(desk: Desk):
    return lives.fates(replace(desk, issue=1))

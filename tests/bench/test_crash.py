"""The crash bench counts what it says it counts, and a small run of it loses nobody."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bench.crash import Story, verdict
from digest.storage.desk import Fate
from tests.postgres import a_database, a_server

ROOT = Path(__file__).parents[2]
NOW = datetime(2026, 11, 24, 6, 30, tzinfo=UTC)


def a_fate(address: str, state: str = "sent", **given: object) -> Fate:
    defaults = dict.fromkeys(("skip", "code", "enhanced", "text", "relay", "settled_at"))
    return Fate(
        id=1, address=address, state=state, attempts=1, due_at=NOW, next_attempt_at=NOW,
        **{**defaults, **given},
    )  # fmt: skip


def lines(*said: str, **more: object) -> list[bytes]:
    """``ada`` was taken with the id of ``ada``; ``ada:x`` with the id x."""
    pairs = [one.partition(":") for one in said]
    return [json.dumps({"rcpt": a, "mid": m or a, **more}).encode() for a, _, m in pairs]


def test_whom_no_line_and_no_row_explains_is_lost_and_our_own_word_is_not_enough():
    fates = [
        a_fate("ada"),
        a_fate("grace"),  # sent, we say
        a_fate("edsger", "queued"),
        a_fate("left", "skipped", skip="left"),
        a_fate("refused", "failed", code=550, text="nobody here"),
        a_fate("dumb", "failed"),
    ]

    assert verdict(lines("ada"), fates, Story())["lost"] == 3


def test_a_second_copy_belongs_to_the_kill_after_the_first():
    # Two kills, after the second and after the fifth line.
    log = lines("ada", "grace", "ada", "edsger", "grace", "edsger", "ada")

    found = verdict(log, [], Story(deaths=[2, 5]))

    assert (found["duplicates"], found["max_duplicates_per_kill"]) == (4, 2)
    assert found["duplicates_without_a_kill"] == 0
    assert verdict(lines("ada", "ada"), [], Story())["duplicates_without_a_kill"] == 1


def test_another_message_id_and_one_for_two_people_are_seen():
    log = lines("ada", "grace:ada", "ada:other")

    found = verdict(log, [], Story(deaths=[1]))

    assert (found["other_message_id"], found["same_message_id_for_two"]) == (1, 1)


def test_only_what_comes_after_somebody_left_is_written_after_leaving():
    log = lines("ada", "grace", "ada")

    assert verdict(log, [], Story(left={"ada": 1, "grace": 2}))["written_after_leaving"] == 1


def test_a_copy_the_sink_never_answered_needs_no_kill():
    log = [*lines("ada", silent=True), *lines("ada")]

    found = verdict(log, [], Story())

    assert (found["silent"], found["duplicates"]) == (1, 1)
    assert found["duplicates_without_a_kill"] == 0


def crash(*words: str) -> dict[str, int]:
    done = subprocess.run(
        [sys.executable, "-m", "bench.crash", "--json", *words],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def nobody_lost(found: dict[str, int]) -> None:
    assert (found["lost"], found["other_message_id"], found["same_message_id_for_two"]) == (0, 0, 0)
    assert (found["written_after_leaving"], found["duplicates_without_a_kill"]) == (0, 0)
    assert found["max_duplicates_per_kill"] <= found["connections"] <= 32


def test_nobody_is_lost_when_the_sender_is_killed_again_and_again():
    found = crash("--kills", "8", "--deliveries", "800")

    assert (found["kills"], found["deliveries"]) == (8, 800)
    nobody_lost(found)
    assert found["left"] == 16


def test_nobody_is_lost_at_a_bad_relay_either():
    found = crash("--kills", "3", "--deliveries", "300", "--faults")

    assert found["deliveries"] == 300
    nobody_lost(found)


@pytest.fixture
def postgresql() -> str:
    with a_server() as folder:
        yield a_database(folder)


def test_nobody_is_lost_on_postgresql(postgresql):
    found = crash("--kills", "4", "--deliveries", "400", "--database", postgresql)

    assert found["kills"] == 4
    nobody_lost(found)

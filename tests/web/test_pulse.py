"""Alive, ready and measured, over real HTTP."""

from __future__ import annotations

import asyncio
import re
import threading
from datetime import timedelta
from pathlib import Path

from sqlalchemy import text as sql

from digest.storage.database import READERS
from digest.storage.gauges import Gauges
from digest.web import exposition, pulse
from digest.web.exposition import Metric, Sample
from tests.builders import NOW
from tests.web.house import House, house

LINE = re.compile(r'([a-z_]+)(?:\{((?:[a-z_]+="(?:[^"\\\n]|\\["\\n])*",?)*)\})? (\S+)')


def read(page: str) -> dict[str, float]:
    """A page as a scraper reads it: each name with its labels, and the value."""
    found = {}
    for line in page.splitlines():
        if line.startswith("#"):
            assert re.match(r"# (HELP|TYPE) [a-z_]+ \S", line), line
            continue
        parts = LINE.fullmatch(line)
        assert parts, line
        found[f"{parts[1]}{{{parts[2] or ''}}}"] = float(parts[3])
    return found


async def test_alive_and_ready(site: House):
    assert (await site.get("/healthz")).text == "ok\n"
    answer = await site.get("/readyz")
    assert (answer.status, answer.text) == (200, "ready\n")


async def test_a_database_with_another_schema_is_alive_and_not_ready(site: House):
    await site.store.write(lambda tx: tx.execute(sql("update alembic_version set version_num='1'")))

    answer = await site.get("/readyz")

    assert answer.status == 503
    assert answer.text.startswith("the schema is 1, and ")
    assert (await site.get("/healthz")).status == 200


async def test_a_database_that_hangs_is_told_within_the_time_of_a_watcher(site: House):
    free = threading.Event()
    hanging = [asyncio.create_task(site.store.read(lambda _: free.wait())) for _ in range(READERS)]
    try:
        answer = await site.get("/readyz")
    finally:
        free.set()
        await asyncio.gather(*hanging)

    assert (answer.status, answer.text) == (503, "the database does not answer\n")


async def test_measures_are_read_off_the_rows(site: House):
    await site.member("ada@example.org")
    await site.join("grace@example.org")
    site.clock.forward(minutes=10)

    answer = await site.get("/metrics")

    assert answer.status == 200
    assert answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    found = read(answer.text)
    assert found['digest_subscriptions{newsletter="daily",status="active"}'] == 1
    assert found['digest_subscriptions{newsletter="daily",status="pending"}'] == 1
    assert found['digest_letters{state="queued"}'] >= 2
    assert found["digest_letters_oldest_owed_seconds{}"] >= 600
    assert found["process_resident_memory_bytes{}"] > 1_000_000
    assert found["process_start_time_seconds{}"] <= site.clock().timestamp()
    assert "example.org" not in answer.text


async def test_measures_are_for_this_machine_alone(site: House):
    for name, value in (
        ("X-Forwarded-For", "192.0.2.1"),
        ("X-Forwarded-For", "127.0.0.1"),
        ("Forwarded", "for=192.0.2.1"),
        ("Via", "1.1 proxy"),
        ("Authorization", "Bearer guessed"),
    ):
        answer = await site.get("/metrics", headers={"X-Forwarded-For": "192.0.2.1", name: value})
        assert answer.status == 403


async def test_a_token_opens_them_from_elsewhere(tmp_path: Path):
    async with house(tmp_path, metrics_token="a token of the watcher") as site:
        far = {"X-Forwarded-For": "192.0.2.1"}
        right = {**far, "Authorization": "Bearer a token of the watcher"}
        wrong = {**far, "Authorization": "Bearer a token of the watchers"}

        assert (await site.get("/metrics", headers=right)).status == 200
        assert (await site.get("/metrics", headers=wrong)).status == 403
        assert (await site.get("/metrics", headers=far)).status == 403


async def test_only_get_is_answered(site: House):
    for path in ("/healthz", "/readyz", "/metrics"):
        assert (await site.post(path)).status == 405


def test_labels_and_help_are_escaped():
    odd = Metric(
        name="odd",
        kind="gauge",
        help="two\nlines \\",
        samples=(Sample(value=1.5, labels={"name": 'a "b"\\\nc'}), Sample(value=2)),
    )

    assert exposition.text([odd]) == (
        '# HELP odd two\\nlines \\\\\n# TYPE odd gauge\nodd{name="a \\"b\\"\\\\\\nc"} 1.5\nodd 2\n'
    )


def test_a_letter_that_is_due_later_has_not_waited():
    nothing = Gauges(
        people={},
        letters={},
        oldest_owed=NOW + timedelta(minutes=5),
        deliveries=3,
        first_delivery=NOW - timedelta(minutes=1),
        sources=0,
        failing=0,
        last_issue={"daily": NOW},
    )

    found = read(exposition.text(pulse.measures(nothing, now=NOW, resident=1, started=NOW)))

    assert found["digest_letters_oldest_owed_seconds{}"] == 0
    assert found["digest_deliveries_waiting{}"] == 3
    assert found["digest_deliveries_oldest_due_seconds{}"] == 60
    assert found['digest_last_issue_timestamp_seconds{newsletter="daily"}'] == NOW.timestamp()


def test_memory_is_reckoned_in_the_pages_of_the_machine(monkeypatch):
    monkeypatch.setattr(pulse.os, "sysconf", lambda name: 65_536 * (name == "SC_PAGE_SIZE"))

    assert pulse.resident_bytes() > 0
    assert pulse.resident_bytes() % 65_536 == 0

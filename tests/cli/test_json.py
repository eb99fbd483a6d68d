"""What ``--json`` prints: one form for all commands."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone

import pytest

from digest.plain import dumped
from tests.journeys.conftest import desk

__all__ = ["desk"]

DAY = re.compile(r"\d{4}-\d\d-\d\d[ T].*")
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?\+00:00")


def texts(told):
    match told:
        case dict():
            return [one for value in told.values() for one in texts(value)]
        case list():
            return [one for value in told for one in texts(value)]
    return [told] if isinstance(told, str) else []


def test_a_moment_is_in_utc_and_words_are_as_they_are_written():
    east = datetime(2026, 11, 24, 7, 30, tzinfo=timezone(timedelta(hours=1)))

    assert dumped({"at": east}) == '{\n  "at": "2026-11-24T06:30:00+00:00"\n}'
    assert (
        dumped(["Kö", datetime(2026, 1, 1, tzinfo=UTC).date()]) == '[\n  "Kö",\n  "2026-01-01"\n]'
    )


@pytest.fixture
def used(desk):
    desk.configure("sample:")
    desk.run("subscribers", "add", "ada@example.org", "--already-confirmed")
    desk.run("send", "--yes")
    return desk


def test_every_command_prints_its_moments_in_one_form(used):
    url = used.run("issues", "show", "1", "--stories").json[0]["url"]
    commands = (
        ("status",),
        ("issues", "list"),
        ("issues", "show", "1"),
        ("subscribers", "list"),
        ("subscribers", "show", "ada@example.org"),
        ("sources", "check"),
        ("why", url),
    )
    for command in commands:
        moments = [one for one in texts(used.run(*command, "--json").json) if DAY.fullmatch(one)]
        assert moments, command
        assert [one for one in moments if not MOMENT.fullmatch(one)] == [], command

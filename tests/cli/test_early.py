"""What `digest send` says of an issue that takes another one's place."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest

from tests.journeys.conftest import desk

__all__ = ["desk"]

WEEKLY = 'cadence = "weekly"\nweekday = "friday"\nhour = "17:00"\ntimezone = "Europe/Vienna"'
LINE = (
    "This is the issue due Fri 4 Dec 17:00; none will be made then (`--extra` makes one besides).\n"
)


@pytest.mark.parametrize(
    ("at", "extra", "said"),
    [
        ("2026-11-30T10:00+01:00", (), True),
        ("2026-11-30T10:00+01:00", ("--extra",), False),
        ("2026-12-04T17:30+01:00", (), False),
    ],
)
def test_an_issue_that_takes_the_place_of_a_later_one_says_so(desk, at, extra, said):
    desk.configure("sample:", newsletter=WEEKLY)
    desk.run("subscribers", "add", "ada@example.org", "--already-confirmed")

    sent = desk.run("send", "--yes", "--at", at, *extra)

    assert sent.code == 0
    assert (LINE in sent.out) == said


def test_one_that_waits_for_the_editor_is_named_before_it_gives_way(desk):
    desk.configure("sample:")
    desk.run("subscribers", "add", "ada@example.org", "--already-confirmed")
    at = "2026-11-30T10:00Z"
    desk.run("send", "--yes", "--at", at)
    with closing(sqlite3.connect(desk.folder / "digest.db")) as kept, kept:
        kept.execute("update issues set state = 'draft', released_at = null")
        kept.execute("insert into reviews (issue, due) values (1, '2026-11-30 06:30:00')")

    sent = desk.run("send", "--yes", "--at", at, "--extra")

    assert sent.code == 0, sent.err
    said = "note: issue 1 of 2026-11-30 waits for approval, and gives way to this one\n"
    assert said in sent.out
    assert "discarded (nobody approved it" in desk.run("issues", "list").out

"""``digest why`` of what was told, of what waits and of what is out, and by which rule."""

from __future__ import annotations

import pytest

from tests.builders import an_article
from tests.cli.test_status import a_draft, in_store
from tests.journeys.conftest import desk
from tests.planted import articles

__all__ = ["desk"]


@pytest.fixture
def sent(desk):
    """A desk whose first issue went out; the report of its rehearsal."""
    desk.configure("sample:")
    desk.run("subscribers", "add", "ada@example.org", "--already-confirmed")
    report = desk.run("send", "--dry-run", "--json").json
    desk.run("send", "--yes")
    return desk, report


def test_what_an_issue_told_says_which_issue_and_which_story(sent):
    desk, report = sent
    third = report["issue"]["stories"][2]
    period = desk.run("status", "--json").json["last"][0]["period"]

    (told,) = desk.run("why", third["url"], "--json").json

    (verdict,) = told["verdicts"]
    assert verdict["verdict"].startswith(f"in: told in issue 1 of {period}, story 3, score 0.")


def test_what_was_seen_before_the_window_says_so_and_when(sent):
    desk, report = sent
    out = report["left_out"][0]

    said = desk.run("why", out["url"]).out

    assert ", before the window, which begins 20" in said
    assert "not one of its sources" not in said
    assert "+00:00" not in said


def test_what_another_source_said_names_it(sent):
    desk, report = sent
    desk.configure(Elsewhere="https://elsewhere.example/feed.xml")

    said = desk.run("why", report["left_out"][0]["url"]).out

    assert "out: it came from Estuary Post, which is not one of its sources" in said


def test_what_waits_for_approval_says_so(desk):
    desk.configure("sample:", newsletter='approval = "required"')
    a_draft(desk)
    in_store(desk, lambda tx: articles(tx, [an_article()]))

    said = desk.run("why", "https://herald.example/lock-gates")

    assert said.code == 0
    assert "in: waits for approval in issue 1 of 2026-11-24, story 1" in said.out

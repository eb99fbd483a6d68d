"""``digest stats`` as an operator runs it: nothing yet, after a send, narrow, plain, as JSON."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from digest.cli.charts import cells
from tests.journeys.conftest import desk

__all__ = ["desk"]


@pytest.fixture
def sent(desk):
    """A newsletter of which one issue went out."""
    desk.configure("sample:")
    for name in ("ada", "grace", "edsger"):
        desk.run("subscribers", "add", f"{name}@example.org", "--already-confirmed")
    desk.run("send", "--yes")
    return desk


@pytest.mark.parametrize("made", [False, True])
def test_where_nothing_is_one_sentence_says_so(desk, made):
    desk.configure("sample:")
    if made:
        desk.run("db", "upgrade")

    said = desk.run("stats")

    assert (said.code, said.out) == (
        0,
        "Nothing to count: nobody subscribes to any newsletter, and no issue was sent in 30 days.\n",
    )
    assert (desk.folder / "digest.db").exists() is made
    assert desk.run("stats", "--json").json["subscribers"] == 0


def test_it_draws_what_went_out_and_names_nobody(sent):
    said = sent.run("stats", "daily", "--days", "7")

    assert said.code == 0
    assert said.out.startswith("3 subscribers, +3 in 7 days\n")
    assert "3 sent" in said.out
    assert "example.org" in said.out  # three have their mail there
    assert "@" not in said.out


def test_as_json_it_tells_every_day_and_every_issue(sent):
    told = sent.run("stats", "--json", "--days", "3").json

    assert [day["subscribers"] for day in told["days"]] == [0, 0, 3]
    assert [day["joined"] for day in told["days"]] == [0, 0, 3]
    [issue] = told["issues"]
    assert issue["deliveries"] == {"sent": 3}
    assert (issue["bounce_percent"], issue["complaint_percent"]) == (0.0, 0.0)
    assert issue["a_second"] > 0
    assert told["splits"]["domain"] == {"example.org": 3}
    assert sum(source["led"] for source in told["sources"]) > 0
    assert "@" not in json.dumps(told)


def test_no_line_is_wider_than_the_terminal_nor_in_signs_it_cannot_show(sent):
    for width, encoding, unit in ((40, "ascii", "23 days"), (80, "utf-8", "a week")):
        environ = {**os.environ, "COLUMNS": str(width), "PYTHONIOENCODING": encoding}
        done = subprocess.run(
            [sys.executable, "-m", "digest", "--config", sent.folder, "stats", "--days", "400"],
            capture_output=True, env=environ, check=True,
        )  # fmt: skip
        out = done.stdout.decode(encoding)

        assert max(cells(line) for line in out.splitlines()) <= width
        assert ("█" in out) == (encoding == "utf-8")
        assert f"each column {unit}" in out


def test_a_newsletter_that_is_not_there_is_refused(sent):
    said = sent.run("stats", "nightly")

    assert said.code == 2
    assert "newsletter 'nightly' is not in the configuration; it has: daily" in said.err

"""``digest status`` before anything happened, and after."""

from __future__ import annotations

import json

from tests.journeys.conftest import desk

__all__ = ["desk"]


def test_before_anything_happened_it_tells_what_comes_next(desk):
    desk.configure("sample:", newsletter='offers = ["weekly"]')

    said = desk.run("status")

    assert said.code == 0
    assert "daily, daily" in said.out
    assert "daily, weekly" in said.out
    assert "there is no database" in said.out
    assert not (desk.folder / "digest.db").exists()


def test_after_an_issue_it_tells_what_became_of_it_and_what_waits(desk):
    desk.configure("sample:")
    desk.run("subscribers", "add", "ada@example.org", "--already-confirmed")
    desk.run("send", "--yes")

    said, told = desk.run("status"), json.loads(desk.run("status", "--json").out)

    assert "released: 1 sent" in said.out
    assert "0 messages wait" in said.out
    assert [one["deliveries"] for one in told["last"]] == [{"sent": 1}]
    assert told["waiting"]["messages"] == 0
    assert told["leader"] == ""
    assert "ada@example.org" not in said.out

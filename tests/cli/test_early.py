"""What `digest send` says of an issue that is sent before its hour."""

from __future__ import annotations

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

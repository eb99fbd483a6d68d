"""One of a thing is not said as many."""

from __future__ import annotations

from datetime import date

import pytest

from digest import htmltree
from digest.cli import panels
from digest.cli.charts import ASCII
from digest.cli.counted import counted
from digest.cli.panels import Day, Sheet
from digest.cli.progress import source_line
from digest.cli.sent import unsent_lines
from digest.compose import links
from digest.model import SourceId, SourceReport
from digest.storage.figures import Figures, Flow
from digest.storage.posting import Unsent


@pytest.mark.parametrize(
    ("count", "said"),
    [(0, "0 letters"), (1, "1 letter"), (2, "2 letters"), (1204, "1,204 letters")],
)
def test_a_number_and_its_noun_agree(count, said):
    assert counted(count, "letter") == said


def test_a_plural_of_its_own_is_said():
    assert [counted(n, "person", "people") for n in (1, 2)] == ["1 person", "2 people"]


@pytest.mark.parametrize(
    ("count", "due", "said"),
    [
        (1, 1, "1 has not left yet, and is due"),
        (1, 0, "1 has not left yet, and is not due yet"),
        (2, 1, "2 have not left yet, 1 of them is due"),
        (3, 2, "3 have not left yet, 2 of them are due"),
    ],
)
def test_what_has_not_left_is_said_of_one_as_of_one(count, due, said):
    left = Unsent(issue=1, newsletter="daily", period="2026-11-24", count=count, due=due)

    (line,) = unsent_lines([left], then="it goes")

    assert line == f"Issue 1, daily 2026-11-24: {said}; it goes"


def test_a_list_of_one_is_told_as_one():
    told = [Day(on=date(2026, 11, 24), flow=Flow(joined=1), subscribers=1)]
    sheet = Sheet(width=80, signs=ASCII, bounce=2.0, complaint=0.1)
    report = SourceReport(source=SourceId("a"), name="Herald", status="read", items=1, new=1)
    root = htmltree.tree('<div><a href="http://herald.example/">Read</a></div>')

    first = next(
        iter(
            panels.lines(
                Figures(subscribers=1, days={}, issues=(), splits={}, sources=()), told, sheet
            )
        )
    )
    [finding] = links.check(root, {})

    assert first == "1 subscriber, +1 in 1 day"
    assert source_line(report) == "  Herald: read, 1 item, 1 new"
    assert finding.message == "a link is not https: http://herald.example/"

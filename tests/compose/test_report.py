import json
import re
from pathlib import Path

import pytest

from digest.compose.report import EditionReport, Rehearsal, report, story_line
from digest.model import LeftOut, NewsletterId, Reason, SourceId, SourceReport
from tests.builders import NOW, a_story, an_article, dated
from tests.compose.desk import a_paper, laid_out, numbered

DOCS = (Path(__file__).parents[2] / "docs/report.md").read_text("utf-8")


def a_rehearsal(issue, **given):
    defaults = {
        "newsletter": NewsletterId("daily"),
        "at": NOW,
        "issue": issue,
        "reason": None,
        "left_out": (LeftOut(url="https://x.example", title="Old", reason="older"),),
        "sources": (SourceReport(source=SourceId("x"), name="X", status="200", items=3, new=1),),
        "editions": (
            EditionReport(
                key="en",
                subject="Barges",
                html_bytes=40_000,
                text_bytes=5_000,
                recipients=2,
                lint=("warns shouting: …",),
                notes=("left out to fit the byte budget: Old",),
            ),
        ),
        "audience": 2,
        "out": "/tmp/out",
    }
    return Rehearsal(**{**defaults, **given})


def test_a_report_is_json_and_says_what_was_decided():
    companion = an_article("https://post.example/a", title="Also", source_name="Estuary Post")
    story = numbered(0, also=(companion,), reasons=(Reason(name="recency", value=0.8, why="new"),))

    said = report(a_rehearsal(laid_out([story])))

    assert json.loads(json.dumps(said)) == said
    (told,) = said["issue"]["stories"]
    assert told["reasons"] == ["recency 0.80: new"]
    assert told["also"] == [
        {"title": "Also", "url": "https://post.example/a", "source": "Estuary Post"}
    ]
    assert told["summary"] == " ".join(s["text"] for s in told["sentences"])
    assert said["left_out"] == [{"title": "Old", "url": "https://x.example", "reason": "older"}]
    assert said["editions"][0]["notes"] == ["left out to fit the byte budget: Old"]


def test_a_report_without_an_issue_says_why():
    said = report(a_rehearsal(None, reason="no story to tell", editions=(), left_out=()))

    assert (said["issue"], said["reason"], said["editions"]) == (None, "no story to tell", [])


def test_stories_come_in_reading_order():
    issue = a_paper(12)

    stories = report(a_rehearsal(issue))["issue"]["stories"]

    assert [s["url"] for s in stories] == [s.lead.url for s in issue.stories]


def test_a_date_that_is_a_bound_is_told_as_one():
    lead = an_article(dated=dated(exact=False))

    (told,) = report(a_rehearsal(laid_out([a_story(lead)])))["issue"]["stories"]

    assert (told["date_exact"], told["date_source"]) == (False, "feed")


@pytest.mark.parametrize(
    ("reasons", "line"),
    [
        ((Reason(name="recency", value=0.5, why="a day"),), "0.800 = recency 0.50 (a day)"),
        (
            (
                Reason(name="recency", value=0.5, why="a day"),
                Reason(name="coverage", value=1.6, why="told by 3"),
            ),
            "0.800 = recency 0.50 (a day) × coverage 1.60 (told by 3)",
        ),
        ((), "0.800"),
    ],
)
def test_a_score_is_told_with_its_factors(reasons, line):
    assert story_line(a_story(reasons=reasons)) == line


def keys(value):
    if isinstance(value, dict):
        return set(value).union(*map(keys, value.values()))
    if isinstance(value, list):
        return set().union(*map(keys, value))
    return set()


def test_every_key_of_the_report_is_described():
    story = numbered(0, also=(an_article("https://post.example/a"),))
    said = report(a_rehearsal(laid_out([story])))

    described = set(re.findall(r"`(\w+)(?:\[\])?`", DOCS))

    assert keys(said) - described == set()

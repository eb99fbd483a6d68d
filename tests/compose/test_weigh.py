"""Weights: what each part of a mail costs in bytes, whatever the template."""

from dataclasses import replace

from digest.compose.options import ComposeOptions
from digest.compose.weigh import BRIEF, FRAME, LEAD, weigh
from tests.compose.desk import a_job, a_paper, rendered


def test_the_parts_together_are_the_mail():
    issue = a_paper(13)
    weights = weigh(a_job(issue))

    assert [one.name for one in weights] == [
        FRAME, LEAD, "Harbour and sea", "Town hall", "Schools and arts", "Work", BRIEF,
    ]  # fmt: skip
    assert sum(one.bytes for one in weights) == len(rendered(issue).html.encode())
    assert all(one.bytes > 0 for one in weights)


def test_more_stories_weigh_more_and_nothing_is_cut_before_it_is_weighed():
    few, many = (
        {one.name: one.bytes for one in weigh(a_job(a_paper(n), options=tight))}
        for n in (5, 40)
        for tight in (ComposeOptions(max_html_bytes=30_000),)
    )

    assert many[BRIEF] > 30 * 300
    assert BRIEF not in few
    assert sum(many.values()) > 30_000
    assert few[LEAD] == many[LEAD]


def test_a_section_without_a_topic_and_an_issue_of_one_story_have_weights_too():
    alone = weigh(a_job(a_paper(1)))
    plain = a_paper(3)
    nameless = replace(plain, sections=tuple(replace(s, title="") for s in plain.sections[:1]))

    assert [one.name for one in alone] == [FRAME, LEAD]
    assert "(no topic)" in [one.name for one in weigh(a_job(nameless))]

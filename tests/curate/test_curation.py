from __future__ import annotations

from datetime import timedelta

from digest.curate.curation import CurateOptions, curate
from digest.curate.window import Told
from digest.model import Heading, SourceId
from tests.builders import NOW, a_newsletter, a_source, an_article, dated

CHOIR = "Forty singers rehearse among walls of cork on Ice Street. Their echo lasts four seconds."
BUS = "Councillors voted to keep bus nine for a year. Nobody on the hill is under seventy-five."


def told(path, text=CHOIR, **given):
    url = f"https://herald.example/{path}"
    title = " ".join(text.split()[:4])
    return an_article(url, text=text, title=title, fingerprint=path, **given)


def curated(*articles, memory=(), sources=None, since=NOW - timedelta(days=1), **given):
    return curate(
        articles,
        told=memory,
        newsletter=a_newsletter(**given),
        sources=sources or {},
        since=since,
        until=NOW,
        options=CurateOptions(),
    )


def test_every_article_is_in_a_story_or_left_out_with_the_rule():
    old = told("old", dated=dated(NOW - timedelta(days=9)))
    before = told("before", BUS.replace("nine", "eight"))
    articles = [told("choir"), told("bus", BUS), an_article(), old]

    result = curated(*articles, memory=[Told(article=before, period="2026-11-23")], max_stories=1)

    kept = [a.url for story in result.stories for a in story.articles]
    reasons = {one.url.rsplit("/", 1)[1]: one.reason for one in result.left_out}
    assert len(kept) == 1
    assert sorted([*kept, *(one.url for one in result.left_out)]) == sorted(a.url for a in articles)
    assert reasons["old"].startswith("older than the window")
    assert reasons["bus"] == "this story was told in the issue of 2026-11-23"
    assert "ranked 2 of 2; the issue holds 1" in reasons.values()
    assert result.stale == {old.url}


def test_a_story_has_the_topic_of_its_source_else_the_first_tag_that_names_a_section():
    sections = (
        Heading(topic="arts", title="Schools and arts"),
        Heading(topic="town", title="Town"),
    )
    harbour = {SourceId("s"): a_source("s", topic="harbour")}
    choir = told("choir", tags=("Music", "schools AND arts"))
    bus = told("bus", BUS, source=SourceId("s"), tags=("town",))
    gates = an_article(tags=("barges",))

    result = curated(choir, bus, gates, sources=harbour, sections=sections)

    topics = {story.lead.url.rsplit("/", 1)[1]: story.topic for story in result.stories}
    assert topics == {"choir": "arts", "bus": "harbour", "lock-gates": ""}


def test_a_newsletter_takes_only_its_topics():
    result = curated(told("choir", tags=("arts",)), told("bus", BUS), topics=("arts",))

    assert [story.topic for story in result.stories] == ["arts"]
    assert [one.reason for one in result.left_out] == [
        "its topic (none) is not one this newsletter takes"
    ]


def test_each_story_is_told_in_sentences_of_its_lead():
    (story,) = curated(told("choir")).stories

    assert [one.text for one in story.sentences] == CHOIR.replace(". ", ".\n").split("\n")
    assert {one.url for one in story.sentences} == {story.lead.url}

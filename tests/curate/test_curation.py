from datetime import timedelta

import pytest

from digest.curate import dedupe
from digest.curate.curation import CurateOptions, curate, reaching
from digest.curate.dedupe import StoryOptions
from digest.curate.rank import RankOptions
from digest.curate.window import Told
from digest.model import Cadence, Heading, SourceId
from tests.builders import NOW, a_newsletter, a_source, an_article, dated

HARBOUR, SPORT = SourceId("harbour"), SourceId("sport")
SOURCES = {
    HARBOUR: a_source("harbour", topic="harbour"),
    SPORT: a_source("sport", topic=None),
}
HONEY = (
    "Beekeepers along the Arle say the limes bloomed ten days early this year. The price of honey "
    "has fallen by a fifth since May, and nobody expects it to rise before the winter."
)
TRAM = (
    "The tram to Bellwater failed twice on Monday morning. Engineers blame a worn cable that "
    "should have been replaced in spring, the operator said in a letter to passengers."
)


def honey(**given):
    given = {"title": "Honey is cheap", "text": HONEY, "fingerprint": "honey", **given}
    return an_article("https://honey.example/1", **given)


def tram(**given):
    given = {"title": "Tram fails twice", "text": TRAM, "fingerprint": "tram", **given}
    return an_article("https://tram.example/1", **given)


def curated(*articles, told=(), options=None, **newsletter):
    return curate(
        articles,
        told=told,
        newsletter=a_newsletter(**newsletter),
        sources=SOURCES,
        since=NOW - timedelta(days=1),
        until=NOW,
        options=options or CurateOptions(),
    )


def test_articles_become_ranked_summarised_stories():
    older = dated(NOW - timedelta(hours=9))

    found = curated(tram(dated=older), honey())

    assert [story.lead for story in found.stories] == [honey(), tram(dated=older)]
    assert found.stories[0].sentences[0].text == HONEY.split(". ")[0] + "."
    assert found.left_out == ()


def test_every_article_is_in_a_story_or_left_out_with_its_rule():
    stale = tram(dated=dated(NOW - timedelta(days=9)))
    found = curated(
        honey(),
        stale,
        an_article(),
        told=[Told(article=an_article(), period="2026-11-23")],
    )

    assert [story.lead.url for story in found.stories] == [honey().url]
    assert {one.url: one.reason.partition(":")[0] for one in found.left_out} == {
        stale.url: "older than the window",
        an_article().url: "this story was told in the issue of 2026-11-23",
    }
    assert found.stale == {stale.url}


def test_two_articles_of_one_outlet_are_two_stories_though_they_are_alike():
    votes = [
        an_article(
            f"https://herald.example/{n}",
            title=f"Council {verb} {what}",
            text=f"The council of Harrow {verb} the {what} on Monday night. {more}",
        )
        for n, (verb, what, more) in enumerate(
            [
                ("approves", "library", "Work begins in spring on the old quay."),
                ("rejects", "tram", "It would have cost ninety million."),
            ]
        )
    ]

    found = curated(*votes)

    assert len(dedupe.group(votes)) == 1
    assert {story.lead.url for story in found.stories} == {one.url for one in votes}


def test_an_issue_holds_no_more_than_its_newsletter_says():
    found = curated(honey(), tram(dated=dated(NOW - timedelta(hours=9))), max_stories=1)

    assert [(one.url, one.reason) for one in found.left_out] == [
        (tram().url, "ranked 2 of 2; the issue holds 1")
    ]


def test_a_newsletter_of_some_topics_takes_only_those():
    found = curated(
        honey(source=HARBOUR), tram(source=SPORT), an_article(tags=("x",)), topics=("harbour",)
    )

    assert [(story.lead.url, story.topic) for story in found.stories] == [
        (honey().url, "harbour"),
    ]
    assert {one.reason for one in found.left_out} == {
        "its topic (none) is not one this newsletter takes"
    }


def test_a_tag_that_names_a_section_is_a_topic():
    sections = (Heading(topic="food", title="Eat & drink"),)

    found = curated(
        honey(source=SPORT, tags=("other", "EAT & DRINK")),
        tram(source=SPORT, tags=("Work",)),
        sections=sections,
        topics=("work", "food"),
    )

    assert {story.lead.url: story.topic for story in found.stories} == {
        honey().url: "food",
        tram().url: "work",
    }


def test_what_one_outlet_tells_too_much_is_left_out():
    found = curated(honey(), tram(), options=CurateOptions(rank=RankOptions(max_per_source=1)))

    assert len(found.stories) == 1
    assert [one.reason for one in found.left_out] == ["more than 1 story from Harrow Quay Herald"]


def test_nothing_makes_an_empty_issue():
    found = curated()

    assert (found.stories, found.left_out, found.stale) == ((), (), frozenset())


@pytest.mark.parametrize("cadence", Cadence)
def test_a_window_that_is_asked_for_by_name_is_not_stale_in_itself(cadence):
    span = timedelta(days=60)
    first, before = (honey(dated=dated(NOW - span - timedelta(days=n))) for n in (1, 2))

    def stale(article):
        options = reaching(CurateOptions(), span)
        return curated(article, options=options, cadence=cadence).stale

    assert (stale(first), stale(before)) == (frozenset(), {before.url})


def test_what_makes_two_articles_one_story_is_what_the_configuration_says():
    hours_ago = dated(NOW - timedelta(hours=5))
    again = an_article(
        "https://post.example/1",
        title="Honey is cheap",
        text=f"{HONEY} So they say.",
        source_name="Post",
        dated=hours_ago,
    )
    apart = CurateOptions(stories=StoryOptions(window_hours=4))

    assert len(curated(honey(), again).stories) == 1
    assert len(curated(honey(), again, options=apart).stories) == 2

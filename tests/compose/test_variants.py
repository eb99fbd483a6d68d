"""Variants: what readers chose becomes as few editions as tell it all, and each reader has one."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.choices import Choice
from digest.compose import render, variants, words
from digest.slots import SLOT_OPEN
from tests.builders import a_newsletter, a_story, an_article
from tests.compose.desk import (
    LANGUAGES,
    OURS,
    SECTIONS,
    TOPICS,
    a_job,
    a_paper,
    laid_out,
    numbered,
)

NEWSLETTER = a_newsletter(sections=SECTIONS)
PAPER = a_paper(12)  # topics in turn: harbour, town, arts, work
ALL = Choice.of((), "en")


def speaks(language):
    return words.is_known(language, (OURS,))


def planned(*choices, issue=PAPER, newsletter=NEWSLETTER, most=100, brief_after=10, **counts):
    return variants.plan(
        issue,
        newsletter,
        {choice: counts.get("readers", 1) for choice in choices},
        speaks=speaks,
        brief_after=brief_after,
        most=most,
    )


def keys(plan):
    return [variant.key for variant in plan.variants]


def told(variant):
    return {story.lead.url for story in variant.issue.stories}


def test_the_whole_issue_is_an_edition_even_where_nobody_chose_it():
    plan = planned()

    assert [(one.key, one.issue) for one in plan.variants] == [("en", PAPER)]
    assert plan.keys == {}


def test_a_choice_of_topics_is_those_stories_and_no_others_the_best_of_them_first():
    choice = Choice.of(("town", "arts"), "en")
    plan = planned(ALL, choice)

    whole, part = plan.variants
    stories = [s for s in PAPER.stories if s.topic in ("town", "arts")]
    assert plan.keys == {ALL: "en", choice: "en-town+arts"}
    assert told(part) == {s.lead.url for s in stories}
    assert part.issue.lead == max(stories, key=lambda story: story.score)
    assert part.issue.subject != whole.issue.subject
    assert [s.topic for s in part.issue.sections] == ["town", "arts"]
    assert set(part.issue.pictures) == set(PAPER.pictures) & told(part)
    assert (part.issue.period, part.issue.number) == (PAPER.period, PAPER.number)
    assert (part.issue.since, part.issue.until) == (PAPER.since, PAPER.until)


def test_all_topics_also_means_the_stories_without_one():
    issue = laid_out(
        [numbered(0, topic="harbour"), numbered(1, topic="town"), numbered(2, topic="")]
    )
    every, some = Choice.of(("harbour", "town"), "en"), Choice.of(("town",), "en")

    plan = planned(ALL, every, some, issue=issue)

    sizes = {one.key: len(one.issue.stories) for one in plan.variants}
    assert sizes == {"en": 3, "en-harbour+town": 2, "en-town": 1}


@pytest.mark.parametrize(
    "same",
    [
        Choice.of(TOPICS, "en"),  # all there is
        Choice.of((*TOPICS, "sport"), "en"),
        Choice.of(("sport",), "en"),  # nothing today: the whole issue rather than silence
        Choice.of((), "xx"),  # words we do not have: the newsletter's language
        Choice.of((), "en-GB"),
    ],
)
def test_what_comes_out_the_same_is_one_edition(same):
    plan = planned(ALL, same)

    assert keys(plan) == ["en"]
    assert plan.keys == {ALL: "en", same: "en"}


def test_a_topic_without_a_story_today_changes_no_edition():
    one, two = Choice.of(("town",), "de"), Choice.of(("town", "sport"), "de")

    plan = planned(one, two)

    assert keys(plan) == ["en", "de-town"]
    assert plan.keys == {one: "de-town", two: "de-town"}


def test_a_newsletter_in_a_language_without_words_keeps_it():
    issue = a_paper(4, language="pt")

    plan = planned(Choice.of((), "pt"), Choice.of((), "en"), Choice.of((), "xx"), issue=issue)

    assert list(plan.keys.values()) == ["pt", "en", "pt"]


def test_the_subject_of_the_configuration_stays_for_every_edition():
    newsletter = a_newsletter(sections=SECTIONS, subject="The week", preheader="In brief")
    plan = planned(Choice.of(("town",), "en"), newsletter=newsletter)

    part = plan.variants[1].issue
    assert (part.subject, part.preheader) == ("The week", "In brief")


def test_more_editions_than_allowed_and_the_rarest_topics_get_the_whole_issue():
    common, rare, rarest = (Choice.of((topic,), "de") for topic in ("town", "arts", "work"))

    plan = variants.plan(
        PAPER,
        NEWSLETTER,
        {common: 900, rare: 3, rarest: 1},
        speaks=speaks,
        brief_after=10,
        most=3,
    )

    assert keys(plan) == ["en", "de", "de-town"]
    assert plan.keys == {common: "de-town", rare: "de", rarest: "de"}
    assert plan.notes == (
        "4 readers get the whole issue: their topics would make more than 3 editions; raise "
        "compose.max_editions",
    )


def test_which_editions_are_made_does_not_depend_on_who_chose_first():
    topics = (("town",), ("arts",), ())
    chosen = [Choice.of(some, name) for some in topics for name in ("fr", "de")]

    made = [
        variants.plan(PAPER, NEWSLETTER, one, speaks=speaks, brief_after=10, most=6)
        for one in (dict.fromkeys(chosen, 1), dict.fromkeys(reversed(chosen), 1))
    ]

    assert keys(made[0]) == keys(made[1]) == ["en", "de", "fr", "de-arts", "de-town", "fr-arts"]
    assert made[0].notes == made[1].notes
    assert made[0].notes[0].startswith("1 reader gets the whole issue: ")


def test_keys_name_files_and_never_two_editions():
    strange = ["../../etc", "a b", "a-b", "A b", "كرة", "x" * 300, "?"]
    issue = laid_out([numbered(n, topic=topic) for n, topic in enumerate(strange)])

    plan = planned(*(Choice.of((topic,), "en") for topic in strange), issue=issue)

    made = keys(plan)
    assert len({key.casefold() for key in made}) == len(made) == len(strange) + 1
    assert all(re.fullmatch(r"[\w+~-]{1,80}", key) for key in made)


choices = st.builds(
    Choice.of,
    st.sets(st.sampled_from([*TOPICS, "", "sport"])),
    st.sampled_from([*LANGUAGES, "xx", "de-AT"]),
)


@given(st.dictionaries(choices, st.integers(1, 9)), st.integers(1, 12), st.integers(1, 200))
def test_every_choice_has_one_edition_that_tells_what_was_asked(counts, stories, most):
    issue = a_paper(stories)
    plan = variants.plan(issue, NEWSLETTER, counts, speaks=speaks, brief_after=10, most=most)

    by_key = {one.key: one for one in plan.variants}
    assert plan.keys.keys() == counts.keys()
    assert len(by_key) == len(plan.variants)
    assert set(by_key) - {"en"} <= set(plan.keys.values())
    contents = [(one.issue.language, frozenset(told(one))) for one in plan.variants]
    assert len(set(contents)) == len(contents)
    for choice, key in plan.keys.items():
        own = by_key[key]
        wanted = {s.lead.url for s in issue.stories if s.topic in choice.topics}
        assert told(own) in (wanted, told(plan.variants[0]))
        assert own.issue.language == variants.language(choice.language, "en", speaks)


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_edition_speaks_its_own_language_and_no_other(language):
    plan = planned(Choice.of(("harbour",), language))
    own = next(one for one in plan.variants if one.issue.language == language)

    edition = render.edition(a_job(own.issue, key=own.key, newsletter=NEWSLETTER))

    said = words.load(language, (OURS,))
    others = [words.load(other, (OURS,)) for other in LANGUAGES if other != language]
    assert f'lang="{language}"' in edition.html
    assert f'dir="{said["dir"]}"' in edition.html
    long_day = words.long_day(own.issue.until, NEWSLETTER.timezone, language)
    assert long_day in edition.text
    assert words.day(own.issue.until, NEWSLETTER.timezone, language) in edition.html
    assert said["stories"](len(own.issue.stories)) in edition.html
    for name in ("web", "end", "prefs", "unsub", "version"):
        assert str(said[name]) in edition.html
        foreign = {str(other[name]) for other in others} - {str(said[name])}
        assert not [word for word in foreign if f">{word}<" in edition.html]
    assert SLOT_OPEN in edition.html


@pytest.mark.parametrize(
    ("language", "one", "two", "five"),
    [
        ("en", "1 story", "2 stories", "5 stories"),
        ("de", "1 Meldung", "2 Meldungen", "5 Meldungen"),
        ("fr", "1 article", "2 articles", "5 articles"),
        ("es", "1 noticia", "2 noticias", "5 noticias"),
        ("ru", "1 новость", "2 новости", "5 новостей"),
        ("ar", "خبر واحد", "خبران", "5 أخبار"),
    ],
)
def test_editions_count_their_own_stories_in_the_plural_of_their_language(language, one, two, five):
    for count, said in ((1, one), (2, two), (5, five)):
        issue = laid_out([a_story(an_article(f"https://a.example/{n}")) for n in range(count)])
        own = planned(Choice.of((), language), issue=issue).variants[-1]
        edition = render.edition(a_job(own.issue, newsletter=NEWSLETTER))
        assert f"{said}{words.load(language, (OURS,))['comma']}" in edition.text
        assert said in edition.html

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.compose import issue
from digest.compose.issue import Window, compose, preheader, shorten, subject
from digest.model import Heading, LeftOut, Picture
from tests.builders import NOW, a_newsletter, a_story, an_article

WINDOW = Window(period="2026-11-24", number=7, since=NOW - timedelta(days=1), until=NOW)
TITLES = st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc")), max_size=400)


def story(number, topic="", **given):
    url = f"https://herald.example/{number}"
    return a_story(an_article(url, title=f"Headline number {number}"), topic=topic, **given)


def test_the_best_story_leads_and_the_others_stand_in_sections_in_the_newsletters_order():
    newsletter = a_newsletter(
        sections=(Heading(topic="town", title="Town hall"), Heading(topic="sea", title="The sea"))
    )
    stories = [story(0, "town"), story(1, "sea"), story(2, "town"), story(3, "sea")]

    composed = compose(newsletter, stories, WINDOW)

    assert composed.lead == stories[0]
    assert [(s.title, s.stories) for s in composed.sections] == [
        ("Town hall", (stories[2],)),
        ("The sea", (stories[1], stories[3])),
    ]


def test_a_topic_without_a_heading_gets_a_section_and_no_topic_comes_last():
    stories = [story(0), story(1), story(2, "weather")]

    composed = compose(a_newsletter(), stories, WINDOW)

    assert [(s.topic, s.title) for s in composed.sections] == [("weather", "Weather"), ("", "")]


def test_stories_beyond_the_tenth_and_stories_without_a_summary_are_told_in_brief():
    stories = [story(n) for n in range(12)]
    stories[3] = story(3, sentences=())

    composed = compose(a_newsletter(), stories, WINDOW, brief_after=10)

    assert composed.brief == (stories[3], stories[10], stories[11])
    assert set(composed.stories) == set(stories)


def test_no_story_is_lost_or_told_twice():
    stories = [story(n, topic) for n, topic in enumerate(["a", "b", "", "a", "c", "b"])]

    composed = compose(a_newsletter(), stories, WINDOW, brief_after=4)

    assert sorted(s.lead.url for s in composed.stories) == sorted(s.lead.url for s in stories)


def test_the_newsletter_may_set_its_own_subject_and_preheader():
    newsletter = a_newsletter(subject="The Quayside today", preheader="Everything on one page.")

    composed = compose(newsletter, [story(0)], WINDOW)

    assert (composed.subject, composed.preheader) == (
        "The Quayside today",
        "Everything on one page.",
    )


def test_an_issue_carries_what_was_decided_on_the_way():
    left = LeftOut(url="https://x.example", title="Old", reason="older than the window")
    picture = Picture(hash="ab", width=1120, height=630)

    composed = compose(
        a_newsletter(),
        [story(0)],
        WINDOW,
        left_out=[left],
        pictures={"https://herald.example/0": picture},
    )

    assert composed.left_out == (left,)
    assert composed.pictures == {"https://herald.example/0": picture}
    assert (composed.number, composed.period, composed.since) == (7, "2026-11-24", WINDOW.since)


def test_an_issue_without_stories_is_empty_and_has_no_words():
    composed = compose(a_newsletter(), [], WINDOW)

    assert (composed.lead, composed.stories, composed.subject, composed.preheader) == (
        None,
        (),
        "",
        "",
    )


def test_a_short_headline_is_joined_by_the_next():
    assert subject(["Late ferry", "Mussel beds reopen east of the bar"]) == (
        "Late ferry; Mussel beds reopen east of the bar"
    )


def test_a_long_headline_is_cut_at_a_clause():
    title = "The harbour opens at last: barges, tugs and one very large swan return to the lock"

    assert subject([title]) == "The harbour opens at last"
    assert shorten("Councillors spend four hours on a bus that is empty, then vote", 55) == (
        "Councillors spend four hours on a bus that is empty"
    )


def test_a_cut_never_ends_on_a_word_that_leads_on():
    assert shorten("Keeper of the lamp on the north mole of the harbour retires", 26) == (
        "Keeper of the lamp…"
    )


def test_the_preheader_tells_the_next_stories():
    titles = ["Lock gates swing", "Mussel beds reopen east of the bar", "A choir moves in"]

    assert preheader(titles) == "Mussel beds reopen east of the bar; A choir moves in"


def test_a_lone_story_is_announced_by_its_summary():
    assert preheader(["Lock gates swing"], "Forty tonnes of oak went in on Sunday night.") == (
        "Forty tonnes of oak went in on Sunday night."
    )


def test_no_mark_follows_a_headline_that_brought_its_own():
    assert subject(["Why?", "Barges return to the harbour"]) == "Why? Barges return to the harbour"
    assert preheader(["A", "“Will the bus stay?”", "Now!"], "Forty tonnes of oak.") == (
        "“Will the bus stay?” Now! Forty tonnes of oak."
    )


@pytest.mark.parametrize(
    ("titles", "line"),
    [
        (["橋が開通", "市議会が予算を可決"], "橋が開通；市議会が予算を可決"),
        (["橋はいつ開くのか？", "市議会が予算を可決"], "橋はいつ開くのか？市議会が予算を可決"),
        (["美 대통령 방한", "다리가 열렸다"], "美 대통령 방한; 다리가 열렸다"),
        (["عاد الجسر", "مجلس المدينة يقر"], "عاد الجسر؛ مجلس المدينة يقر"),
        (["पुल खुला।", "परिषद का फैसला"], "पुल खुला। परिषद का फैसला"),
    ],
)
def test_headlines_are_parted_as_their_script_parts_them(titles, line):
    assert subject(titles) == line


def test_a_summary_in_japanese_follows_its_headlines_without_a_blank():
    assert preheader(["一", "橋が開通"], "市議会は合意した。工事は春だ。") == (
        "橋が開通。市議会は合意した。工事は春だ。"
    )


def test_a_headline_that_is_mostly_one_word_is_cut_within_it():
    assert shorten("See https://herald.example/2026/11/24/barges", 30) == (
        "See https://herald.example/20…"
    )


@pytest.mark.parametrize(
    ("title", "room", "cut"),
    [
        ("กำลังทำน้ำท่วมเมืองเมื่อเช้าวันอังคาร", 12, "กำลังทำน้ำ…"),
        ("กำลังทำน้ำท่วมเมืองเมื่อเช้าวันอังคาร", 10, "กำลังทำ…"),
        ("กำลังทำน้ำท่วมเมืองเมื่อเช้าวันอังคาร", 16, "กำลังทำน้ำท่วม…"),
        ("हिन्दीमेंलिखाहुआएकबहुतलंबाशब्द", 15, "हिन्दीमेंलिखा…"),
        ("👨\u200d👩\u200d👧👨\u200d👩\u200d👧", 9, "👨\u200d👩\u200d👧…"),
        ("a" + "\u0301" * 40, 9, "a" + "\u0301" * 7 + "…"),
    ],
)
def test_a_cut_parts_no_sign_from_its_vowel(title, room, cut):
    assert shorten(title, room) == cut


def test_a_cut_line_ends_in_no_comma_of_any_script():
    arabic = "تعود الصنادل مع افتتاح بوابات القفل القديم بعد أسابيع، والمصباح على الرصيف يضيء"

    assert shorten(arabic, 55).endswith(" بعد أسابيع…")
    assert shorten("港の水門が十一週間ぶりに開いた、そして人々は喜んでいる", 16).endswith("開いた…")


@given(st.lists(TITLES, max_size=6))
def test_subject_and_preheader_keep_their_length_whatever_the_headlines(titles):
    assert len(subject(titles)) <= issue.SUBJECT_MAX
    assert len(preheader(titles, "x" * 300)) <= issue.PREHEADER_MAX
    assert "\n" not in subject(titles)


@given(TITLES, st.integers(12, 120))
def test_a_shortened_title_fits_and_a_fitting_title_is_kept(title, room):
    short = shorten(title, room)

    assert len(short) <= room
    if len(" ".join(title.split())) <= room:
        assert short == " ".join(title.split())

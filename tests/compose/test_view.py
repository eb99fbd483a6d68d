from dataclasses import replace
from datetime import timedelta

import pytest

from digest.compose import view as views
from digest.compose import words
from digest.model import Picture, Sentence
from digest.slots import MARKS, slot
from tests.builders import NOW, a_newsletter, a_story, an_article, an_issue
from tests.compose.desk import (
    BASE_URL,
    OURS,
    SECTIONS,
    THEMES,
    a_paper,
    laid_out,
    numbered,
    rendered,
)


def seen(issue, words_of="en", **given):
    setting = views.Setting(
        newsletter=a_newsletter(sections=SECTIONS, **given),
        site_name="Harrow Quay Library",
        base_url=BASE_URL,
        postal_address="1 Ferry Steps",
        next_issue=NOW + timedelta(days=1),
        sheet_width=640,
        said=words.load(words_of, (OURS,)),
        spoken=words_of,
    )
    return views.view(issue, setting)["issue"]


def test_the_issue_says_what_it_is_and_when_the_next_one_comes():
    told = seen(a_paper(12))

    assert {name: told[name] for name in ("name", "date", "number_said", "count", "next")} == {
        "name": "The Quayside",
        "date": "Tuesday, November 24",
        "number_said": "No.\xa0412",
        "count": 12,
        "next": "The next issue is due on Wednesday, November 25.",
    }


@pytest.mark.parametrize(
    ("count", "topics", "shown"),
    [(5, ("town", "arts"), False), (6, ("town", "arts"), True), (6, ("town",), False)],
)
def test_an_index_stands_where_it_saves_reading(count, topics, shown):
    stories = [numbered(n, topic=topics[n % len(topics)]) for n in range(count)]

    assert seen(laid_out(stories))["has_index"] is shown


def test_reading_time_counts_the_mail_and_is_never_nothing():
    assert seen(laid_out([numbered(0, title="Barges", summary="Back.")]))["minutes"] == 1
    assert seen(laid_out([numbered(0, title="Barges", summary="word " * 999)]))["minutes"] == 5
    assert seen(laid_out([numbered(0, title="Barges", summary="船回来了" * 500)]))["minutes"] == 5


@pytest.mark.parametrize(
    ("topic", "kicker"),
    [("harbour", "Harbour and sea"), ("weather", "Weather"), ("", "Top story")],
)
def test_the_lead_stands_under_its_section_its_topic_or_as_the_top_story(topic, kicker):
    assert seen(laid_out([numbered(0, topic=topic)]))["lead"]["kicker"] == kicker


def test_stories_without_a_topic_stand_under_a_general_heading():
    told = seen(laid_out([numbered(0), numbered(1, topic="")]))

    assert [(s["name"], s["topic"], s["id"]) for s in told["sections"]] == [
        ("More news", "", "more")
    ]


def test_no_two_sections_have_one_anchor():
    topics = ("c++", "c#", "brief", "more", "")
    told = seen(laid_out([numbered(n, topic=topic) for n, topic in enumerate(("", *topics))]))

    assert [(s["topic"], s["id"]) for s in told["sections"]] == [
        ("c++", "c"), ("c#", "c-2"), ("brief", "brief-2"), ("more", "more"), ("", "more-2"),
    ]  # fmt: skip


def test_a_mark_that_french_parts_from_its_word_stays_on_its_line():
    said = seen(laid_out([numbered(0, title="Le port : « fermé » ?", summary="Non ; ouvert !")]))

    assert said["lead"]["title"] == "Le port\xa0: «\xa0fermé\xa0»\xa0?"
    assert said["lead"]["summary"] == "Non\xa0; ouvert\xa0!"


def test_what_strangers_wrote_opens_no_personal_place():
    forged = slot("preferences_url")
    said = {"title": forged, "source_name": forged, "author": forged}
    lead = an_article(f"https://evil.example/#!{forged}", **said)
    also = (an_article(f"https://evil.example/2#!{forged}", **said),)
    a_sentence = Sentence(text=forged, url=lead.url, start=0, end=len(forged))
    stories = [a_story(lead, also=also, sentences=(a_sentence,)) for _ in range(20)]
    stories.append(a_story(lead, topic=forged))

    shown = repr(seen(replace(laid_out(stories), subject=forged, preheader=forged)))

    assert "https://evil.example/#!preferences_url" in shown
    assert not any(ascii(mark)[1:-1] in shown for mark in MARKS)


def test_an_issue_without_a_lead_has_none():
    assert seen(replace(an_issue(), lead=None))["lead"] is None


def test_offsets_count_the_stories_of_a_section():
    told = seen(a_paper(12))

    for section in told["sections"]:
        assert [s["offset"] for s in section["stories"]] == list(range(len(section["stories"])))
    assert [s["offset"] for s in told["brief"]] == [0, 1]


@pytest.mark.parametrize(
    ("width", "height", "size", "thumb"),
    [
        (1120, 630, (560, 315), (96, 54)),
        (300, 300, (300, 300), (96, 96)),
        (400, 1600, (187, 748), (32, 128)),  # no higher than a screen
        (900, 1200, (560, 747), (96, 128)),
    ],
)
def test_a_picture_fits_the_sheet_and_its_thumbnail_a_corner(width, height, size, thumb):
    story = numbered(0)
    picture = Picture(hash="ab", width=width, height=height)

    image = seen(replace(laid_out([story]), pictures={story.lead.url: picture}))["lead"]["image"]

    assert image == {
        "src": f"{BASE_URL}/i/ab.jpg",
        "alt": story.lead.title,
        "width": size[0],
        "height": size[1],
        "thumb_width": thumb[0],
        "thumb_height": thumb[1],
    }


def test_a_name_written_the_other_way_does_not_draw_the_hour_to_its_other_side():
    lead = an_article(source_name="صحيفة الميناء")
    also = tuple(
        an_article(f"https://{n}.example/x", title="A", source_name=name)
        for n, name in enumerate(("Estuary Post", "Radio إذاعة"))
    )

    told = seen(an_issue(a_story(lead, also=also)))["lead"]
    arabic = seen(an_issue(a_story(an_article(source_name="Quay Ltd."))), words_of="ar")["lead"]

    assert told["source"] == "\u200fصحيفة الميناء\u200f\u200e"
    assert [one["source"] for one in told["also"]] == [
        "Estuary Post",
        "\u200eRadio إذاعة\u200e\u200e",
    ]
    assert arabic["source"] == "\u200eQuay Ltd.\u200e\u200f"


def test_a_pictures_own_words_come_before_the_headline():
    story = numbered(0)
    picture = Picture(hash="ab", width=10, height=10, alt="A barge")

    image = seen(replace(laid_out([story]), pictures={story.lead.url: picture}))["lead"]["image"]

    assert image["alt"] == "A barge"


def test_only_web_addresses_are_links():
    also = (an_article("file:///srv/a.txt", title="A", source_name="Files"),)
    story = a_story(an_article("file:///srv/b.txt"), also=also)

    lead = seen(an_issue(story))["lead"]

    assert (lead["url"], lead["also"]) == ("", [{"source": "Files", "title": "A", "url": ""}])
    assert views.web("https://a.example/x") == "https://a.example/x"
    assert views.web("javascript:alert(1)") == ""


@pytest.mark.parametrize(
    ("text", "way"),
    [
        ("Barges return", "ltr"),
        ("تعود الصنادل", "rtl"),
        ("R&D في حوض القوارب", "rtl"),
        ("The word קיבוץ means a gathering", "ltr"),
        ("2026: 3 < 4", "ltr"),
        ("", "ltr"),
    ],
)
def test_a_text_runs_the_way_most_of_its_letters_do(text, way):
    assert views.direction(text) == way


@pytest.mark.parametrize(
    ("cadence", "period", "mark"),
    [
        ("daily", "2026-11-24", "2026-11-24"),
        ("weekdays", "2026-11-24", "2026-11-24-weekdays"),
        ("weekly", "2026-W48", "2026-W48"),
    ],
)
def test_the_web_version_is_the_archives_address_of_the_issue(cadence, period, mark):
    issue = an_issue(cadence=cadence, period=period)

    assert seen(issue)["web_url"] == f"{BASE_URL}/archive/daily/{mark}"
    assert seen(issue, archive="noindex")["web_url"] == seen(issue)["web_url"]


@pytest.mark.parametrize("theme", THEMES)
def test_without_an_archive_a_mail_has_no_web_version(theme):
    with_one = rendered(a_paper(3), theme=theme)
    newsletter = a_newsletter(sections=SECTIONS, theme=theme, archive="off")
    without = rendered(a_paper(3), newsletter=newsletter)

    for told in (with_one.html, with_one.text):
        assert "/archive/" in told
    for told in (without.html, without.text):
        assert "/archive/" not in told
        assert "Web version" not in told
        assert "Read on the web" not in told
        assert "Unsubscribe" in told
    assert 'href=""' not in without.html

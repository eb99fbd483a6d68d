import random
import string
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.curate import dedupe
from digest.curate.dedupe import StoryOptions
from tests.builders import NOW, an_article, dated

VOCABULARY = (
    "bridge flood harbour ferry council weir mill baker oven tram tunnel rail strike teacher school "
    "vote mayor storm lighthouse keeper honey bees drought river hospital nurse"
).split()

articles = st.lists(
    st.builds(
        lambda number, title, text, hours: an_article(
            f"https://{string.ascii_lowercase[number % 26]}{number}.example/",
            title=" ".join(title),
            text=" ".join(text),
            fingerprint=" ".join(sorted(text)),
            dated=dated(NOW - timedelta(hours=hours)),
        ),
        number=st.integers(0, 60),
        title=st.lists(st.sampled_from(VOCABULARY), max_size=4),
        text=st.lists(st.sampled_from(VOCABULARY), max_size=12),
        hours=st.integers(0, 240),
    ),
    unique_by=lambda article: article.url,
    max_size=14,
)


def test_the_same_news_in_other_words_is_one_story():
    ours = an_article("https://a.example/1", title="Mayor opens Ainsley bridge", text=(
        "The mayor of Ainsley opened the rebuilt bridge on Thursday. The flood had taken it."
    ))  # fmt: skip
    theirs = an_article("https://b.example/2", title="Ainsley: rebuilt bridge opens", text=(
        "Two years after the flood the bridge at Ainsley is open. The mayor cut a ribbon."
    ))  # fmt: skip
    other = an_article("https://c.example/3", title="Honey is cheap this year", text=(
        "Beekeepers say that the limes bloomed early and that prices have fallen by a fifth."
    ))  # fmt: skip

    assert dedupe.group([other, theirs, ours]) == ((ours, theirs), (other,))


LIBRARY = (
    "Harrow council approved plans for a new library on Monday night. Councillors voted 20 to 4 "
    "for the plan. Work will begin in spring."
)
TRAM = (
    "Harrow council rejected plans for a tram on Monday night. Councillors voted 18 to 6 against "
    "the plan. It would have cost 90 million pounds."
)


def test_two_articles_of_one_outlet_are_two_stories_though_others_as_alike_are_one():
    library = an_article("https://a.example/1", title="Council approves library", text=LIBRARY)
    tram = an_article("https://a.example/2", title="Council rejects tram", text=TRAM)

    assert len(dedupe.group([library, tram])) == 1
    assert len(dedupe.group([library, tram], outlet=lambda article: article.source_name)) == 2


def test_of_short_texts_more_likeness_is_asked():
    fires = [
        "Firefighters from Bristol put out a blaze at an empty mill that nobody had insured.",
        "Lightning struck a bakery near Glasgow; the blaze spared firefighters and cat.",
    ]
    apart = [
        an_article(f"https://a.example/{n}", title="", text=text) for n, text in enumerate(fires)
    ]
    a, b = dedupe.vectors(apart)

    assert StoryOptions().similarity < sum(w * b.get(t, 0.0) for t, w in a.items())
    assert len(dedupe.group(apart)) == 2


def test_a_word_of_a_crowd_is_no_likeness():
    vector = {"regatta": 0.6, "oars": 0.8}
    crowd = [{"regatta": 1.0}] * (dedupe.CROWD + 1)
    index = dedupe.Index(dedupe.crowded([*crowd, vector]))
    index.add(0, "en", vector)

    assert dedupe.crowded(crowd[1:]) == frozenset()
    assert index.cosines("en", vector) == {0: pytest.approx(0.64)}


def test_words_of_any_news_make_no_story():
    common = "On Tuesday morning the first of three old {} came back after a long week, and people "
    wanted = "who had waited since early spring said that it was about time to see them again."
    ferries, teachers = (
        an_article(f"https://a.example/{name}", title=name, text=common.format(name) + wanted)
        for name in ("ferries", "teachers")
    )
    far = [
        an_article(f"https://b.example/{n}", title=f"Story {n}", text=f"Weir{n} mill{n} oak{n}.")
        for n in range(3)
    ]

    assert all(len(one) == 1 for one in dedupe.group([ferries, teachers, *far]))


def test_copies_of_one_text_are_one_story_however_far_apart():
    old = an_article("https://a.example/1", fingerprint="f", dated=dated(NOW - timedelta(days=30)))
    new = an_article("https://b.example/2", fingerprint="f")

    assert dedupe.group([new, old]) == ((old, new),)


def test_one_address_is_one_article():
    assert dedupe.group([an_article(), an_article()]) == ((an_article(),),)


@pytest.mark.parametrize(("hours", "groups"), [(96, 1), (97, 2)])
def test_articles_further_apart_than_the_window_are_two_stories(hours, groups):
    new = an_article("https://a.example/1")
    old = an_article("https://b.example/2", dated=dated(NOW - timedelta(hours=hours)))

    assert len(dedupe.group([new, old], options=StoryOptions(window_hours=96))) == groups


def test_a_chain_of_likeness_does_not_stretch_a_story_beyond_the_window():
    chain = [
        an_article(f"https://a{n}.example/", dated=dated(NOW - timedelta(hours=60 * n)))
        for n in range(6)
    ]

    for one in dedupe.group(chain, options=StoryOptions(window_hours=96)):
        assert one[-1].dated.at - one[0].dated.at <= timedelta(hours=96)


def test_articles_in_two_languages_are_not_compared():
    english = an_article("https://a.example/1", language="en")
    german = an_article("https://b.example/2", language="de")

    assert len(dedupe.group([english, german])) == 2


def test_articles_without_a_word_are_alone():
    empty = [
        an_article(f"https://a{n}.example/", title="…", text="", fingerprint="") for n in range(3)
    ]

    assert len(dedupe.group(empty)) == 3


def test_nothing_makes_no_story():
    assert dedupe.group([]) == ()


@given(articles)
def test_grouping_is_a_partition(pool):
    groups = dedupe.group(pool)

    assert sorted(a.url for one in groups for a in one) == sorted(a.url for a in pool)
    assert all(groups)


@given(articles, st.randoms(use_true_random=False))
def test_grouping_is_blind_to_order(pool, chance: random.Random):
    shuffled = pool[:]
    chance.shuffle(shuffled)

    assert dedupe.group(shuffled) == dedupe.group(pool)


@given(articles)
def test_vectors_have_length_one_or_nothing_in_them(pool):
    for vector in dedupe.vectors(pool):
        assert not vector or sum(w * w for w in vector.values()) == pytest.approx(1)


def a_draw(number, day, figures, hours):
    return an_article(
        f"https://a.example/draw-{number}",
        title=f"Winning numbers for {day}",
        text=(
            f"The winning numbers in {day} evening's drawing of the county lottery were {figures}. "
            "No ticket matched all of the numbers, so the prize rolls over to the next drawing. "
            "Players must match every number to win the prize. Tickets are sold in all shops of "
            "the county until an hour before the drawing, which is shown on television."
        ),
        fingerprint=f"draw {number}",
        source_name="A",
        dated=dated(NOW - timedelta(hours=hours)),
    )


SATURDAY = a_draw(1, "Saturday", "4, 11, 23, 40, 61 and 7", 48)
MONDAY = a_draw(2, "Monday", "2, 19, 33, 45, 50 and 12", 1)


def test_the_column_of_another_day_is_another_story_of_its_outlet():
    again = a_draw(3, "Monday", "2, 19, 33, 45, 50 and 12", 0)

    groups = dedupe.group([SATURDAY, MONDAY, again], outlet=lambda one: one.source_name)

    assert groups == ((SATURDAY,), (MONDAY, again))


def test_what_follows_the_news_is_background_in_a_script_without_spaces_too():
    background = (
        "近年来本市持续推进城市建设和公共服务，取得了明显成效，市民满意度不断提高。"
        "专家指出，下一步还应当加强监督，完善相关制度，确保各项政策落到实处。"
    )
    news = {
        "北京推行垃圾分类": "北京市政府周一宣布从明年起推行新的垃圾分类办法，六个城区首先试点，居民小区设立投放点，",
        "河北高铁脱轨": "一列高速列车周二凌晨在河北境内脱轨，铁路部门说事故原因正在调查，多趟列车晚点停运，",
    }
    told = [
        an_article(
            f"https://{number}.example/",
            title=title,
            text=lead * 8 + background * 12,
            fingerprint=title,
            language="zh",
        )
        for number, (title, lead) in enumerate(news.items())
    ]

    assert len(dedupe.group(told)) == 2


CLOSED = (
    "{0} in Wexmouth is closed in both directions after a water main burst early on Monday. Drivers "
    "are asked to follow the signed diversion. The water company said repairs would take until "
    "Wednesday evening. Residents without water can collect bottles at the town hall."
)


def a_closure(outlet, street):
    return an_article(
        f"https://{outlet}.example/{street}",
        title=f"Road closed on {street} Street after a burst main",
        text=CLOSED.format(f"{street} Street"),
    )


def test_one_template_that_two_outlets_fill_with_two_names_is_two_stories():
    mill, again, quay = a_closure("a", "Mill"), a_closure("b", "Mill"), a_closure("c", "Quay")

    assert dedupe.group([mill, again, quay]) == ((mill, again), (quay,))


def test_a_roundup_joins_none_of_the_stories_it_tells():
    mill = a_closure("a", "Mill")
    roundup = an_article(
        "https://b.example/m", title="Morning briefing", text=f"Hello. {mill.text}"
    )

    assert dedupe.group([mill, roundup]) == ((mill,), (roundup,))

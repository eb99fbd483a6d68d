from dataclasses import replace
from datetime import timedelta

import pytest

from digest.curate import dedupe
from digest.curate.dedupe import StoryOptions
from digest.curate.window import Told, WindowOptions, admit, drop_told
from digest.model import Cadence, DateSource, LeftOut
from tests.builders import NOW, an_article, dated

YESTERDAY = NOW - timedelta(days=1)


def aged(hours, **given):
    return an_article(dated=dated(NOW - timedelta(hours=hours), **given))


def admitted(article, *, since=YESTERDAY, cadence=Cadence.DAILY):
    return admit([article], since=since, until=NOW, cadence=cadence, options=WindowOptions())


@pytest.mark.parametrize(
    ("cadence", "since", "reach"),
    [
        (Cadence.DAILY, YESTERDAY, 48),
        (Cadence.WEEKDAYS, YESTERDAY, 48),
        (Cadence.WEEKDAYS, NOW - timedelta(hours=2), 48),  # one was sent by hand
        (Cadence.WEEKDAYS, NOW - timedelta(days=3), 96),  # Friday to Monday
        (Cadence.WEEKDAYS, NOW - timedelta(hours=25), 48),  # clocks were put back
        (Cadence.DAILY, NOW - timedelta(days=3), 96),  # after a pause
        (Cadence.DAILY, NOW - timedelta(days=90), 720),
        (Cadence.WEEKLY, NOW - timedelta(days=7), 192),
        (Cadence.WEEKLY, NOW - timedelta(days=14), 360),  # after an issue that was held back
        (Cadence.MONTHLY, NOW - timedelta(days=31), 792),
        (Cadence.MONTHLY, NOW - timedelta(days=62), 1512),
        (Cadence.DAILY, None, 720),
    ],
)
def test_an_article_is_fresh_for_as_long_as_its_cadence_says(cadence, since, reach):
    assert admitted(aged(reach), since=since, cadence=cadence).articles == (aged(reach),)
    assert admitted(aged(reach + 1), since=since, cadence=cadence).articles == ()


def test_a_stricter_day_is_kept_while_no_issue_is_missing():
    strict = WindowOptions(daily_hours=24)

    def fresh(hours, since):
        found = admit([aged(hours)], since=since, until=NOW, cadence=Cadence.DAILY, options=strict)
        return bool(found.articles)

    assert (fresh(24, YESTERDAY), fresh(25, YESTERDAY)) == (True, False)
    assert (fresh(72, NOW - timedelta(days=2)), fresh(73, NOW - timedelta(days=2))) == (True, False)


@pytest.mark.parametrize(
    ("article", "since", "cadence", "reason"),
    [
        (
            aged(60),
            YESTERDAY,
            Cadence.DAILY,
            "older than the window: published 2026-11-21 (feed), 60 hours before this issue; a "
            "daily issue reaches back 48 hours",
        ),
        (
            aged(24 * 887, source=DateSource.MASTHEAD, exact=False),
            None,
            Cadence.DAILY,
            "older than the window: at the latest 2024-06-20 (masthead), 887 days before this "
            "issue; the very first issue reaches back 30 days",
        ),
        (
            aged(24 * 9),
            NOW - timedelta(days=4),
            Cadence.WEEKDAYS,
            "older than the window: published 2026-11-15 (feed), 9 days before this issue; this "
            "issue reaches back 5 days",
        ),
    ],
)
def test_a_stale_article_is_left_out_and_says_why(article, since, cadence, reason):
    found = admitted(article, since=since, cadence=cadence)

    assert found.left_out == (LeftOut(url=article.url, title=article.title, reason=reason),)


def dropped(group, told):
    kept, left = drop_told(
        [group], [Told(article=told, period="2026-11-23")], options=StoryOptions()
    )
    assert bool(kept) is not bool(left)
    return [one.reason for one in left]


def test_nothing_told_drops_nothing():
    assert drop_told([[an_article()]], [], options=StoryOptions()) == ([(an_article(),)], [])


def test_what_was_told_by_address_by_text_or_by_story_is_not_told_again():
    told = an_article("https://a.example/1", fingerprint="f")
    reason = ["this story was told in the issue of 2026-11-23"]

    assert dropped([an_article("https://a.example/1", title="Other", text="New.")], told) == reason
    assert dropped([an_article("https://b.example/1", fingerprint="f", text="x")], told) == reason
    assert dropped([an_article("https://c.example/1", fingerprint="g")], told) == reason


@pytest.mark.parametrize("outlet", ["Herald", "Post"])
def test_a_sequel_is_told_whoever_tells_it(outlet):
    told = an_article(
        "https://a.example/1",
        source_name="Herald",
        title="Jury retires in trial of mayor",
        text="The jury in the trial of former mayor John Hart retired on Thursday to consider its "
        "verdict. Hart denies taking bribes from a builder.",
    )
    later = an_article(
        "https://a.example/2",
        source_name=outlet,
        title="Former mayor guilty of bribery",
        text="Former mayor John Hart was found guilty on Friday of taking bribes from a builder. "
        "He faces up to ten years in prison.",
    )

    assert dropped([later], told) == []


THE_LOCK = an_article(
    "https://a.example/1",
    source_name="Herald",
    title="Lock gates at Harrow Quay open after four years",
    text="Barges passed the old lock gates at Harrow Quay on Thursday for the first time since the "
    "flood of 2022. The harbour board spent eleven million on oak timbers, a new sill and pumps. "
    "Skippers sounded their horns, schoolchildren waved flags, and the salmon ladder beside the "
    "weir was shown to visitors. Tolls stay frozen until spring, the board said.",
)


def test_what_another_outlet_tells_late_is_not_told_twice():
    later = an_article(
        "https://b.example/2",
        source_name="Post",
        title="First barges through the lock gates of Harrow Quay",
        text="For the first time since the flood of 2022 barges have passed the lock gates at Harrow "
        "Quay. Oak timbers, a new sill and pumps cost the harbour board eleven million. There were "
        "flags of schoolchildren and horns of skippers, and a look at the salmon ladder of the weir. "
        "The board freezes tolls until spring.",
    )

    assert len(dropped([later], THE_LOCK)) == 1


def test_who_told_a_story_may_tell_its_sequel_in_many_of_the_same_words():
    sequel = an_article(
        "https://a.example/2",
        source_name="Herald",
        title="Tolls at Harrow Quay rise in spring",
        text="Tolls at Harrow Quay rise by a tenth in spring, the harbour board said on Friday. "
        "Barges have passed the lock gates again since Thursday, for the first time since the flood "
        "of 2022, and the oak timbers, the new sill and the pumps cost eleven million. Skippers call "
        "the rise a breach of faith and want a hearing before the council.",
    )

    assert dropped([sequel], THE_LOCK) == []
    assert len(dropped([replace(sequel, source_name="Post")], THE_LOCK)) == 1


def test_short_texts_that_share_a_template_are_two_stories():
    told, other = (
        an_article(
            f"https://{outlet}.example/1",
            source_name=outlet,
            title=f"Council votes for {what}",
            text=f"The council of Harrow Quay voted on {day} evening by {votes} for a new {what} of "
            "the town. Work begins in May.",
        )
        for outlet, what, day, votes in (
            ("herald", "bus line", "Monday", "20 to 4"),
            ("post", "school roof", "Tuesday", "18 to 6"),
        )
    )

    assert dropped([other], told) == []


def test_the_issue_that_is_named_is_the_one_that_told_it():
    alike = an_article(
        "https://a.example/1", title="Barges and boats", text="Barges may return at dawn, they say."
    )
    told = [
        Told(article=an_article("https://b.example/1"), period="2026-11-22"),
        Told(article=alike, period="2026-11-23"),
    ]

    _, left = drop_told([(an_article("https://c.example/1"),)], told, options=StoryOptions())

    assert [one.reason for one in left] == ["this story was told in the issue of 2026-11-22"]


def test_news_of_the_same_matter_is_told_though_one_issue_would_join_them():
    told = an_article("https://a.example/1", title="Bridge at Ainsley opens", text=(
        "The mayor of Ainsley opened the rebuilt bridge on Thursday. The flood had taken it."
    ))  # fmt: skip
    later = an_article(
        "https://b.example/2",
        source_name="Post",
        title="Lorries barred",
        text="Cracks were found in the rebuilt bridge at Ainsley on Saturday. Engineers blame bad concrete and "
        "will close one lane for repairs. Hauliers fear detours of forty miles.",
    )

    assert len(dedupe.group([told, later])) == 1
    assert dropped([later], told) == []


def test_other_news_is_told():
    other = an_article(
        "https://c.example/1",
        title="Honey is cheap this year",
        text="Beekeepers say that the limes bloomed early and prices fell by a fifth.",
    )

    assert dropped([other], an_article()) == []


def test_two_articles_without_a_text_are_not_copies_of_one():
    told = an_article("https://a.example/1", title="Honey is cheap", text="", fingerprint="")
    other = an_article("https://b.example/1", title="Lorries barred", text="", fingerprint="")

    assert dropped([other], told) == []


def test_a_word_or_two_that_old_news_shares_with_a_story_do_not_add_up():
    old = [
        an_article(
            f"https://a.example/{day}",
            title=f"Beekeepers count swarm {day}",
            text=f"The keepers of hive {day} in valley {day} counted their swarms on the hill {day}.",
            fingerprint=f"old {day}",
        )
        for day in range(40)
    ]
    new = an_article(
        "https://c.example/1",
        title="Honey is cheap this year",
        text="Beekeepers say that the limes bloomed early and prices fell by a fifth.",
    )
    told = [Told(article=one, period="2026-11-23") for one in old]

    assert drop_told([(new,)], told, options=StoryOptions()) == ([(new,)], [])


def test_a_story_that_moves_on_days_after_it_was_told_is_news_again():
    told = an_article("https://a.example/1", dated=dated(NOW - timedelta(days=5)))

    assert dropped([an_article("https://b.example/1")], told) == []


def test_one_article_that_was_told_drops_its_whole_group():
    told = an_article("https://a.example/1", fingerprint="f")
    others = [told, an_article("https://b.example/1", title="Other", text="Other words entirely.")]

    assert len(dropped(others, told)) == 2


def test_what_was_told_is_not_told_again_for_the_sequel_it_is_grouped_with():
    told = an_article(
        "https://a.example/1",
        source_name="Herald",
        title="Lock gates at Harrow Quay open after four years",
        text="Barges passed the old lock gates at Harrow Quay on Thursday for the first time since the "
        "flood of 2022. The harbour board spent eleven million on oak timbers, a new sill and pumps. "
        "Skippers sounded their horns, schoolchildren waved flags, and the salmon ladder beside the "
        "weir was shown to visitors. Tolls stay frozen until spring, the board said.",
    )
    again = replace(
        told,
        url="https://a.example/1-updated",
        title=f"{told.title} (updated)",
        text=f"{told.text} Correction: the first name of a skipper was wrong.",
        fingerprint="updated",
    )
    sequel = an_article(
        "https://b.example/2",
        source_name="Post",
        title="A barge is stuck in the lock gates",
        text="A barge has been stuck in the gates of Harrow Quay since Friday night, and its skipper "
        "waits for divers. Nobody is hurt. Nine boats lie above the weir with fruit on board.",
        fingerprint="sequel",
    )

    kept, left = drop_told(
        [(again, sequel)], [Told(article=told, period="2026-11-23")], options=StoryOptions()
    )

    assert kept == [(sequel,)]
    assert [(one.url, one.reason) for one in left] == [
        (again.url, "this story was told in the issue of 2026-11-23")
    ]


def a_draw(day, figures, at):
    return an_article(
        f"https://a.example/draw-{at:%d}",
        title="Winning numbers",
        text=(
            f"The winning numbers in {day} evening's drawing of the county lottery were {figures}. "
            "No ticket matched all of the numbers, so the prize rolls over to the next drawing. "
            "Players must match every number to win the prize. Tickets are sold in all shops of "
            "the county until an hour before the drawing, which is shown on television. The prize "
            "must be claimed within half a year at one of the offices of the county lottery."
        ),
        fingerprint=f"draw {day}",
        dated=dated(at),
    )


def test_a_column_of_every_day_is_told_every_day():
    before = a_draw("Saturday", "4, 11, 23, 40, 61 and 7", YESTERDAY - timedelta(days=1))
    today = a_draw("Monday", "2, 19, 33, 45, 50 and 12", NOW)
    again = a_draw("Monday", "4, 11, 23, 40, 61 and 7", NOW)

    def left(article):
        told = [Told(article=before, period="2026-11-22")]
        return drop_told([(article,)], told, options=StoryOptions())[1]

    assert left(today) == []
    assert left(replace(today, source_name="The Post")) != []  # two who tell it count differently
    assert [one.url for one in left(again)] == [again.url]


def test_a_template_that_was_told_of_one_name_is_told_of_another():
    told = "{0} in Wexmouth is closed in both directions after a water main burst on Monday. " * 3
    mill, quay = (
        an_article(
            f"https://{name.lower()}.example/",
            title=f"Road closed on {name} Street after a burst main",
            text=told.format(f"{name} Street"),
            source_name=f"The {name} Post",
        )
        for name in ("Mill", "Quay")
    )

    assert not dropped([quay], mill)
    assert dropped([replace(mill, url="https://c.example/", fingerprint="c")], mill)

from __future__ import annotations

from datetime import timedelta

import pytest

from digest.curate.dedupe import StoryOptions
from digest.curate.window import Told, WindowOptions, admit, drop_told
from digest.model import Cadence, DateSource
from tests.builders import NOW, an_article, dated

DAY = timedelta(days=1)


def admitted(article, *, since=NOW - DAY, cadence=Cadence.DAILY):
    return admit([article], since=since, until=NOW, cadence=cadence, options=WindowOptions())


@pytest.mark.parametrize(
    ("cadence", "since", "reach"),
    [
        (Cadence.DAILY, NOW - DAY, timedelta(hours=48)),
        (Cadence.WEEKDAYS, NOW - DAY, timedelta(hours=48)),
        (Cadence.WEEKLY, NOW - 7 * DAY, timedelta(days=8)),
        (Cadence.DAILY, None, timedelta(days=30)),
        # From Friday morning to Monday morning, a day of grace on top.
        (Cadence.WEEKDAYS, NOW - 3 * DAY, timedelta(days=4)),
    ],
)
def test_an_article_is_stale_past_the_reach_of_its_cadence(cadence, since, reach):
    just = an_article(dated=dated(NOW - reach))
    past = an_article(dated=dated(NOW - reach - timedelta(seconds=1)))

    assert admitted(just, since=since, cadence=cadence).articles == (just,)
    assert admitted(past, since=since, cadence=cadence).articles == ()


def test_the_reason_says_how_old_and_by_what_evidence():
    masthead = dated(NOW - 888 * DAY, DateSource.MASTHEAD, exact=False)

    (out,) = admitted(an_article(dated=masthead), since=None).left_out

    assert out.reason == (
        "older than the window: at the latest 2024-06-19 (masthead), 888 days before this issue; "
        "the very first issue reaches back 30 days"
    )


def test_what_a_released_issue_told_is_not_told_again_under_another_address():
    told = an_article("https://herald.example/a", fingerprint="same words")
    copy = an_article("https://post.example/b", fingerprint="same words", source_name="Post")

    kept, dropped = drop_told(
        [(copy,)], [Told(article=told, period="2026-11-23")], options=StoryOptions()
    )

    assert kept == []
    assert [one.reason for one in dropped] == ["this story was told in the issue of 2026-11-23"]


def test_a_story_retold_by_another_outlet_is_recognised():
    told = an_article("https://herald.example/a", fingerprint="1", dated=dated(NOW - DAY))
    again = an_article(
        "https://post.example/b",
        fingerprint="2",
        text=told.text.replace("Sunday night", "the night to Monday"),
    )
    other = an_article(
        "https://post.example/c",
        fingerprint="3",
        title="Choir moves into the cold store",
        text="Forty singers rehearse among walls of cork. Their echo lasts for four seconds.",
    )

    kept, dropped = drop_told(
        [(again,), (other,)], [Told(article=told, period="2026-11-23")], options=StoryOptions()
    )

    assert kept == [(other,)]
    assert [one.url for one in dropped] == [again.url]


def test_without_a_memory_everything_is_new():
    article = an_article()

    assert drop_told([(article,)], [], options=StoryOptions()) == ([(article,)], [])

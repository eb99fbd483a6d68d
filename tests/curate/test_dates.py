from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from digest.curate import dates
from digest.model import Dated, DateSource
from tests.builders import NOW, dated


def day(year, month, number):
    return datetime(year, month, number, tzinfo=UTC)


@pytest.mark.parametrize(
    "line",
    [
        "Thursday, June 20, 2024",
        "20 June 2024",
        "June 20th, 2024",
        "20. Juni 2024",
        "jeudi 20 juin 2024",
        "20 de junio de 2024",
        "20 июня 2024",
        "2024-06-20",
        "20.06.2024",
        "2024年6月20日",
        "Updated 2024/06/20 at noon",
    ],
)
def test_a_day_is_read_in_words_and_figures(line):
    assert dates.written(line) == day(2024, 6, 20)


@pytest.mark.parametrize("line", ["", "no date", "99 June 2024", "2024-13-40", "12 Foober 2024"])
def test_what_is_no_day_is_none(line):
    assert dates.written(line) is None


@pytest.mark.parametrize(
    ("url", "found"),
    [
        ("https://a.example/2024/06/20/story", day(2024, 6, 20)),
        ("https://a.example/news-2024-06-20", None),
        ("https://a.example/2024-06-20-story", day(2024, 6, 20)),
        ("https://a.example/2024/99/20/story", None),
        ("https://a.example/story", None),
    ],
)
def test_the_day_of_an_address(url, found):
    said = dates.in_address(url)

    assert (said.at if said else None) == found


def test_the_strongest_evidence_wins_and_a_bound_is_the_last_resort():
    masthead = dated(day(2024, 6, 20), DateSource.MASTHEAD, exact=False)
    meta = dated(day(2024, 6, 18), DateSource.META)
    feed = dated(day(2024, 6, 19), DateSource.FEED)

    assert dates.choose([masthead, meta, feed, None], seen=NOW) == feed
    assert dates.choose([masthead], seen=NOW) == masthead


def test_without_evidence_it_is_the_time_first_seen():
    assert dates.choose([], seen=NOW) == Dated(at=NOW, source=DateSource.SEEN, exact=False)


def test_the_epoch_is_no_date():
    epoch = dated(datetime(1970, 1, 1, tzinfo=UTC))

    assert dates.choose([epoch], seen=NOW).source is DateSource.SEEN


def test_a_date_from_the_future_is_clamped_and_only_a_bound():
    tomorrow = dated(NOW + timedelta(days=1))
    clocks_differ = dated(NOW + timedelta(minutes=5))

    assert dates.choose([tomorrow], seen=NOW) == dated(NOW, exact=False)
    assert dates.choose([clocks_differ], seen=NOW) == dated(NOW)


@pytest.mark.parametrize(
    ("text", "at", "day_only"),
    [
        ("2024-06-20T08:00:00+02:00", datetime(2024, 6, 20, 6, tzinfo=UTC), False),
        ("2024-06-20T08:00:00Z", datetime(2024, 6, 20, 8, tzinfo=UTC), False),
        ("2024-06-20", day(2024, 6, 20), True),
        ("June 20, 2024", day(2024, 6, 20), True),
    ],
)
def test_a_moment_of_markup(text, at, day_only):
    assert dates.moment(text, DateSource.META) == dated(at, DateSource.META, day_only=day_only)


@pytest.mark.parametrize("text", ["", "soon", "P3D"])
def test_markup_that_names_no_moment(text):
    assert dates.moment(text, DateSource.META) is None

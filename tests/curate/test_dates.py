from datetime import UTC, datetime, timedelta

import pytest

from digest.curate import dates
from digest.model import DateSource
from tests.builders import NOW, dated

DAY = datetime(2024, 6, 20, tzinfo=UTC)


@pytest.mark.parametrize(
    "path",
    [
        "2024/06/20/bridge",
        "2024-06-20-bridge",
        "2024-06/20/c_1130.htm",
        "2024/jun/20/bridge",
        "2024/POLITICS/06/20/bridge/index.html",
        "a/202406/20/WS65.html",
        "news/20240620/bridge",
        "news/20240620-bridge",
    ],
)
def test_an_address_may_carry_the_day(path):
    wanted = dated(DAY, DateSource.URL, day_only=True)

    assert dates.in_address(f"https://a.example/{path}") == wanted


@pytest.mark.parametrize(
    "path",
    [
        "2024/13/20/bridge",
        "bridge-2024",
        "2024/the/20/bridge",
        "20241320/x",
        "a/20240620",
        "2024062/1",
    ],
)
def test_what_is_no_day_in_an_address_is_none(path):
    assert dates.in_address(f"https://a.example/{path}") is None


@pytest.mark.parametrize(
    ("said", "at", "day_only"),
    [
        ("2024-06-20T08:15:00+02:00", datetime(2024, 6, 20, 6, 15, tzinfo=UTC), False),
        ("2024-06-20T08:15:00Z", datetime(2024, 6, 20, 8, 15, tzinfo=UTC), False),
        ("2024-06-20T08:15:00", datetime(2024, 6, 20, 8, 15, tzinfo=UTC), False),
        (" 2024-06-20 ", DAY, True),
        ("June 20, 2024", DAY, True),
        ("20 DEZEMBER 2024", datetime(2024, 12, 20, tzinfo=UTC), True),
        ("20. Juni 2024 08:15 MEZ", datetime(2024, 6, 20, 7, 15, tzinfo=UTC), False),
        ("20240620T081500Z", datetime(2024, 6, 20, 8, 15, tzinfo=UTC), False),
        ("20240620T081500+0200", datetime(2024, 6, 20, 6, 15, tzinfo=UTC), False),
        ("20240620", DAY, True),
        ("2024-06-20Z", DAY, True),
    ],
)
def test_a_machine_readable_moment_becomes_utc(said, at, day_only):
    assert dates.moment(said, DateSource.META) == dated(at, DateSource.META, day_only=day_only)


@pytest.mark.parametrize("said", ["", "yesterday", "0000-00-00"])
def test_a_moment_that_is_none_is_no_evidence(said):
    assert dates.moment(said, DateSource.META) is None


def test_without_evidence_an_article_is_as_old_as_our_first_sight_of_it():
    assert dates.choose([None], seen=NOW) == dated(NOW, DateSource.SEEN, exact=False)


def test_a_date_before_the_web_is_no_evidence():
    epoch = dated(datetime(1970, 1, 1, tzinfo=UTC))

    assert dates.choose([epoch], seen=NOW).source is DateSource.SEEN


def test_exact_evidence_goes_before_a_bound_and_stronger_before_weaker():
    masthead = dated(NOW - timedelta(days=1), DateSource.MASTHEAD, exact=False)
    byline = dated(NOW - timedelta(days=2), DateSource.BYLINE)
    feed = dated(NOW - timedelta(days=3), DateSource.FEED)

    assert dates.choose([masthead, byline], seen=NOW) == byline
    assert dates.choose([masthead, byline, feed], seen=NOW) == feed
    assert dates.choose([masthead], seen=NOW) == masthead


def test_a_date_in_the_future_is_clamped_and_only_a_bound():
    ahead = dated(NOW + timedelta(days=2))

    assert dates.choose([ahead], seen=NOW) == dated(NOW, exact=False)


def test_a_clock_that_is_minutes_ahead_is_forgiven():
    ahead = dated(NOW + timedelta(minutes=3))

    assert dates.choose([ahead], seen=NOW) == dated(NOW)


def test_a_date_that_cannot_be_told_in_utc_is_none():
    assert dates.moment("0001-01-01T00:00:00+01:00", DateSource.META) is None


def test_a_date_in_the_future_yields_to_any_other():
    page = dated(NOW - timedelta(days=1), DateSource.META)

    said = [dated(NOW + timedelta(days=400), DateSource.FEED), page]

    assert dates.choose(said, seen=NOW) == page


@pytest.mark.parametrize(
    ("text", "order", "at"),
    [
        ("Published 03/04/2026", "dmy", datetime(2026, 4, 3, tzinfo=UTC)),
        ("Published 3/4/2026", "mdy", datetime(2026, 3, 4, tzinfo=UTC)),
        ("Published 03/04/2026", None, None),
        ("Published April 3, 2026", None, datetime(2026, 4, 3, tzinfo=UTC)),
    ],
)
def test_a_guess_at_figures_is_kept_only_where_their_order_is_known(text, order, at):
    guess = dated(datetime(2026, 4, 3, tzinfo=UTC), DateSource.BYLINE, day_only=True)

    settled = dates.settled(guess, text, order)

    assert (settled.at if settled else None) == at

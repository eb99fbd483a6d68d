from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest import periods
from digest.model import Cadence
from tests.builders import a_newsletter

ZONES = sorted(available_timezones() - {"localtime", "Factory"})
MOMENTS = st.datetimes(
    datetime(2026, 1, 1),  # noqa: DTZ001 -- hypothesis adds the zone
    datetime(2030, 12, 31),  # noqa: DTZ001 -- hypothesis adds the zone
    timezones=st.just(UTC),
)


def test_a_daily_period_is_the_local_date_not_the_date_in_utc():
    evening = datetime(2026, 11, 23, 23, 30, tzinfo=UTC)

    assert periods.period(a_newsletter(timezone="Asia/Tokyo"), evening) == "2026-11-24"
    assert periods.period(a_newsletter(timezone="America/Lima"), evening) == "2026-11-23"


def test_a_weekly_period_is_the_iso_week_across_the_turn_of_the_year():
    weekly = a_newsletter(timezone="UTC", cadence=Cadence.WEEKLY)

    assert periods.period(weekly, datetime(2027, 1, 1, tzinfo=UTC)) == "2026-W53"
    assert periods.period(weekly, datetime(2027, 1, 4, tzinfo=UTC)) == "2027-W01"


def test_an_hour_that_the_spring_gap_swallows_is_due_when_the_gap_ends():
    assert periods.instant(date(2026, 3, 29), time(2, 30), "Europe/Berlin") == datetime(
        2026, 3, 29, 1, 0, tzinfo=UTC
    )


def test_an_hour_that_the_autumn_repeats_is_due_the_first_time():
    assert periods.instant(date(2026, 10, 25), time(2, 30), "Europe/Berlin") == datetime(
        2026, 10, 25, 0, 30, tzinfo=UTC
    )


def test_the_next_hour_may_be_this_very_instant():
    at = datetime(2026, 11, 24, 6, 30, tzinfo=UTC)

    assert periods.next_hour(at, time(6, 30), "UTC") == at
    assert periods.next_hour(at + timedelta(seconds=1), time(6, 30), "UTC") == at + timedelta(
        days=1
    )


def test_weekdays_skip_the_weekend():
    friday = datetime(2026, 11, 27, 12, tzinfo=UTC)
    newsletter = a_newsletter(timezone="UTC", cadence=Cadence.WEEKDAYS, hour=time(6, 30))

    assert periods.next_issue(newsletter, friday) == datetime(2026, 11, 30, 6, 30, tzinfo=UTC)


def test_a_weekly_issue_appears_on_its_weekday():
    tuesday = datetime(2026, 11, 24, 12, tzinfo=UTC)
    newsletter = a_newsletter(timezone="UTC", cadence=Cadence.WEEKLY, weekday=5, hour=time(9))

    assert periods.next_issue(newsletter, tuesday) == datetime(2026, 11, 28, 9, tzinfo=UTC)


@given(at=MOMENTS, hour=st.times(), zone=st.sampled_from(ZONES))
def test_the_next_hour_is_never_past_and_at_most_two_days_away(at, hour, zone):
    hour = hour.replace(microsecond=0)

    due = periods.next_hour(at, hour, zone)

    assert at <= due <= at + timedelta(days=2)


@given(at=MOMENTS, hour=st.times(), zone=st.sampled_from(ZONES))
def test_a_due_hour_shows_on_local_clocks_unless_a_gap_swallowed_it(at, hour, zone):
    hour = hour.replace(microsecond=0)
    day = at.astimezone(ZoneInfo(zone)).date()

    local = periods.instant(day, hour, zone).astimezone(ZoneInfo(zone))

    shown = local.time().replace(microsecond=0)
    assert shown == hour or local.date() != day or shown > hour


@pytest.mark.parametrize("cadence", list(Cadence))
@given(at=MOMENTS, zone=st.sampled_from(ZONES))
def test_the_next_issue_is_always_later_than_now(cadence, at, zone):
    newsletter = a_newsletter(timezone=zone, cadence=cadence)

    assert at < periods.next_issue(newsletter, at) <= at + timedelta(days=9)


@pytest.mark.parametrize(
    ("cadence", "period", "mark"),
    [
        ("daily", "2026-11-24", "2026-11-24"),
        ("weekdays", "2026-11-24", "2026-11-24-weekdays"),
        ("weekly", "2026-W48", "2026-W48"),
        ("monthly", "2026-11", "2026-11"),
        ("daily", "extra-3", "extra-3"),
        ("weekly", "extra-3", "extra-3-weekly"),
    ],
)
def test_a_shelfmark_names_one_issue_and_leads_back_to_it(cadence, period, mark):
    assert periods.shelfmark(cadence, period) == mark

    found, rest = periods.of_shelfmark(mark)
    assert (found, rest or periods.implied(period)) == (period, cadence)


@pytest.mark.parametrize(
    "text", ["", "today", "2026", "2026-1-1", "2026-11-24x", "extra-", "٢٠٢٦-١١-٢٤"]
)
def test_other_words_are_no_shelfmark(text):
    assert periods.of_shelfmark(text) is None


def test_what_follows_a_period_is_told_apart_from_it():
    assert periods.of_shelfmark("2026-11-24-lock-gates") == ("2026-11-24", "lock-gates")
    assert periods.of_shelfmark("2026-W48-ü") == ("2026-W48", "ü")

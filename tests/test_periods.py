from datetime import UTC, date, datetime, time, timedelta
from itertools import islice, pairwise
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


def test_a_period_that_has_its_issue_is_passed_over():
    evening = datetime(2026, 11, 24, 20, tzinfo=UTC)
    newsletter = a_newsletter(timezone="UTC", hour=time(6, 30))

    due = periods.next_issue(newsletter, evening, settled={"2026-11-24", "2026-11-25"})

    assert due == datetime(2026, 11, 26, 6, 30, tzinfo=UTC)


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

    assert at < periods.next_issue(newsletter, at) <= at + timedelta(days=33)


def test_a_monthly_issue_appears_on_its_day_or_on_the_last_of_a_shorter_month():
    newsletter = a_newsletter(timezone="UTC", cadence=Cadence.MONTHLY, monthday=31, hour=time(9))
    turns = periods.turns_after(newsletter, datetime(2028, 1, 1, tzinfo=UTC))

    found = [next(turns) for _ in range(4)]

    assert [(one.period, one.due.day) for one in found] == [
        ("2028-01", 31),
        ("2028-02", 29),
        ("2028-03", 31),
        ("2028-04", 30),
    ]


def test_an_issue_is_named_after_its_day_though_the_gap_it_fell_into_ends_on_the_next():
    # Toronto's clocks went from 23:30 on 30 March 1919 to 00:30 on the 31st.
    toronto = a_newsletter(timezone="America/Toronto", hour=time(23, 45))

    found = next(periods.turns_after(toronto, datetime(1919, 3, 31, 4, tzinfo=UTC)))

    assert (found.period, found.due) == ("1919-03-30", datetime(1919, 3, 31, 4, 30, tzinfo=UTC))


def test_a_day_that_a_zone_left_out_has_no_issue_and_no_hour():
    samoa = a_newsletter(timezone="Pacific/Apia", hour=time(6, 30))
    turns = periods.turns_after(samoa, datetime(2011, 12, 29, tzinfo=UTC))

    found = [next(turns) for _ in range(3)]

    assert [one.period for one in found] == ["2011-12-29", "2011-12-31", "2012-01-01"]
    after_the_29th = found[0].due + timedelta(seconds=1)
    assert periods.next_hour(after_the_29th, time(6, 30), "Pacific/Apia") == found[1].due


def test_a_week_and_a_month_have_their_issue_though_its_day_was_left_out():
    the_31st = datetime(2011, 12, 30, 10, tzinfo=UTC)  # 00:00 in Apia
    for dials, name in (
        ({"cadence": Cadence.WEEKLY, "weekday": 4}, "2011-W52"),
        ({"cadence": Cadence.MONTHLY, "monthday": 30}, "2011-12"),
    ):
        samoa = a_newsletter(timezone="Pacific/Apia", hour=time(6, 30), **dials)
        found = next(periods.turns_after(samoa, datetime(2011, 12, 28, tzinfo=UTC)))
        assert (found.period, found.due) == (name, the_31st)


def test_a_turn_that_was_due_is_found_where_clocks_went_back_over_midnight_since():
    # St John's clocks went from 00:01 on 29 October 2006 to 23:01 on the 28th.
    newsletter = a_newsletter(timezone="America/St_Johns", hour=time(0, 0))

    found = next(periods.turns_until(newsletter, datetime(2006, 10, 29, 2, 40, tzinfo=UTC)))

    assert (found.period, found.due) == ("2006-10-29", datetime(2006, 10, 29, 2, 30, tzinfo=UTC))


@pytest.mark.parametrize("none", ["", "Mars/Olympus", "../zone.tab", "/etc/localtime", "a\0b"])
def test_a_reader_has_their_own_zone_and_the_newsletters_where_theirs_is_none(none):
    assert periods.zone_or("Asia/Tokyo", "UTC") == "Asia/Tokyo"
    assert periods.zone_or(none, "UTC") == "UTC"


@given(at=MOMENTS, zone=st.sampled_from(ZONES), cadence=st.sampled_from(list(Cadence)))
def test_turns_before_and_after_an_instant_meet_without_a_hole(at, zone, cadence):
    newsletter = a_newsletter(timezone=zone, cadence=cadence, hour=time(0, 15))

    before = next(periods.turns_until(newsletter, at))
    after = next(periods.turns_after(newsletter, at))

    assert before.due <= at < after.due
    assert next(periods.turns_after(newsletter, before.due)) == after
    assert next(periods.turns_until(newsletter, after.due)) == after


# ---- every zone there is, 2026 to 2030

FROM, UNTIL = date(2026, 1, 1), date(2030, 12, 31)
DAYS = [FROM + timedelta(days=n) for n in range((UNTIL - FROM).days + 1)]
HOURS = (time(0, 0), time(2, 30), time(23, 59))


def rules(zone):
    """What sets a zone apart in these years: its offset, and each hour after which it is another."""
    local, offset, changes = ZoneInfo(zone), None, []
    start = datetime(2025, 12, 30, tzinfo=UTC)
    for day in range(365 * 5 + 8):
        midnight = start + timedelta(days=day)
        if midnight.astimezone(local).utcoffset() == offset:
            continue
        for hour in range(-23, 1):
            moment = midnight + timedelta(hours=hour)
            found = moment.astimezone(local).utcoffset()
            if found != offset:
                offset = found
                changes.append((moment, offset))
    return tuple(changes)


def distinct_zones():
    """One zone for each set of rules: the others are the same clock under another name."""
    return list({rules(zone): zone for zone in reversed(ZONES)}.values())


@pytest.fixture(scope="module")
def every_zone():
    return distinct_zones()


def expected(cadence):
    match cadence:
        case Cadence.DAILY:
            return [day.isoformat() for day in DAYS]
        case Cadence.WEEKDAYS:
            return [day.isoformat() for day in DAYS if day.weekday() < 5]
        case Cadence.WEEKLY:
            weeks = [day.isocalendar() for day in DAYS if day.weekday() == 6]
            return [f"{one.year}-W{one.week:02}" for one in weeks]
        case Cadence.MONTHLY:
            return [f"{year}-{month:02}" for year in range(2026, 2031) for month in range(1, 13)]


@pytest.mark.parametrize("cadence", list(Cadence))
def test_every_zone_has_exactly_one_turn_a_period_in_order(every_zone, cadence):
    wanted = expected(cadence)
    hours = HOURS if cadence is Cadence.DAILY else HOURS[1:2]
    for zone in every_zone:
        for hour in hours:
            newsletter = a_newsletter(
                timezone=zone, cadence=cadence, hour=hour, weekday=6, monthday=31
            )
            start = periods.instant(FROM, time(0), zone) - timedelta(seconds=1)
            turns = list(islice(periods.turns_after(newsletter, start), len(wanted)))

            assert [one.period for one in turns] == wanted, (zone, hour)
            gaps = [b.due - a.due for a, b in pairwise(turns)]
            assert min(gaps) >= timedelta(hours=22), (zone, hour)
            if cadence is Cadence.DAILY:
                assert max(gaps) <= timedelta(hours=26), (zone, hour)


def test_every_zone_gives_a_reader_one_delivery_an_issue(every_zone):
    issues = [datetime.combine(day, time(6, 30), tzinfo=UTC) for day in DAYS]
    for zone in every_zone:
        dues = [periods.next_hour(one, time(2, 30), zone) for one in issues]
        assert all(
            one <= due < one + timedelta(hours=26) for one, due in zip(issues, dues, strict=True)
        )
        # An issue a day, a due hour a day: where clocks jump two issues may share one hour.
        doubled = sum(a == b for a, b in pairwise(dues))
        assert dues == sorted(dues), zone
        assert doubled <= 10, zone


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

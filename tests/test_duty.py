from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from digest import periods
from digest.duty import counted_from, duty, expires
from digest.model import Cadence
from digest.periods import next_hour
from tests.builders import a_newsletter
from tests.test_periods import MOMENTS, ZONES

DAY = timedelta(days=1)
SIX = timedelta(hours=6)
LONG_AGO = datetime(2025, 1, 1, tzinfo=UTC)
DAILY = a_newsletter(timezone="UTC", hour=time(6, 30))


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def asked(now, *, settled=(), newsletter=DAILY, since=LONG_AGO, catch_up=SIX):
    return duty(newsletter, settled=settled, since=since, now=now, catch_up=catch_up)


def periods_of(missed):
    return [one.turn.period for one in missed]


def test_an_issue_is_due_at_its_minute_and_not_before():
    early = asked(at("2026-11-24T06:29:59"), settled={"2026-11-23"})
    assert (early.make, early.missed) == (None, ())

    due = asked(at("2026-11-24T06:30"), settled={"2026-11-23"})
    assert due.make is not None
    assert (due.make.period, due.make.due) == ("2026-11-24", at("2026-11-24T06:30"))


def test_what_is_settled_is_not_made_again_however_often_one_asks():
    for minute in range(0, 24 * 60, 7):
        now = at("2026-11-24T06:30") + timedelta(minutes=minute)
        assert asked(now, settled={"2026-11-24"}).make is None


def test_an_issue_late_within_the_limit_is_made_and_a_later_one_missed_with_the_reason():
    late = asked(at("2026-11-24T12:30"), settled={"2026-11-23"})
    assert late.make is not None
    assert late.missed == ()

    later = asked(at("2026-11-24T12:31"), settled={"2026-11-23"})
    assert later.make is None
    assert [(one.turn.period, one.reason) for one in later.missed] == [
        (
            "2026-11-24",
            "Digest was not running when it was due at 2026-11-24 06:30 UTC, and noticed 6 hours "
            "later; schedule.catch_up_hours allows 6 hours",
        )
    ]


def test_after_days_without_a_machine_the_latest_is_made_and_each_of_the_others_explained():
    found = asked(at("2026-11-27T08:00"), settled={"2026-11-23"})

    assert found.make is not None
    assert found.make.period == "2026-11-27"
    assert periods_of(found.missed) == ["2026-11-24", "2026-11-25", "2026-11-26"]
    assert found.missed[0].reason == (
        "Digest was not running; the issue of 2026-11-27 takes its place"
    )


def test_an_issue_that_is_not_made_takes_no_place():
    found = asked(at("2026-11-27T13:00"), settled={"2026-11-25"})

    assert found.make is None
    assert [(one.turn.period, one.reason) for one in found.missed] == [
        (
            day,
            f"Digest was not running when it was due at {day} 06:30 UTC, and noticed {hours} hours "
            "later; schedule.catch_up_hours allows 6 hours",
        )
        for day, hours in (("2026-11-26", 30), ("2026-11-27", 6))
    ]


def test_a_newsletter_that_is_new_owes_nothing_for_the_time_before_it():
    since = at("2026-11-24T07:00")

    assert asked(at("2026-11-24T08:00"), since=since).make is None
    assert asked(at("2026-11-24T08:00"), since=since).missed == ()
    made = asked(at("2026-11-25T06:30"), since=since).make
    assert made is not None
    assert made.period == "2026-11-25"


def test_a_year_without_a_machine_is_explained_as_far_back_as_it_is_worth_a_row():
    found = asked(at("2026-11-24T08:00"), settled={"2025-11-24"})

    assert found.make is not None
    assert len(found.missed) == 39


def test_a_clock_that_steps_back_makes_no_second():
    settled = {"2026-11-22", "2026-11-23", "2026-11-24"}

    back = asked(at("2026-11-23T05:00"), settled=settled)

    assert (back.make, back.missed) == (None, ())


def test_a_clock_that_was_a_year_ahead_does_not_silence_the_year():
    settled = {"2026-11-23", "2027-11-24"}

    back = asked(at("2026-11-24T06:31"), settled=settled)

    assert back.make is not None
    assert back.make.period == "2026-11-24"


@settings(max_examples=60, deadline=None)
@given(
    start=MOMENTS,
    steps=st.lists(st.integers(-36 * 60, 48 * 60), min_size=5, max_size=60),
    zone=st.sampled_from(ZONES),
    cadence=st.sampled_from(list(Cadence)),
)
def test_however_the_clock_is_pushed_no_period_is_settled_twice(start, steps, zone, cadence):
    newsletter = a_newsletter(timezone=zone, cadence=cadence, hour=time(2, 30), weekday=6)
    settled: set[str] = set()
    now = start
    for minutes in steps:
        now += timedelta(minutes=minutes)
        found = asked(now, settled=settled, newsletter=newsletter, since=start)
        new = [*periods_of(found.missed), *([found.make.period] if found.make else [])]
        assert settled.isdisjoint(new)
        assert len(set(new)) == len(new)
        assert found.make is None or timedelta(0) <= now - found.make.due <= SIX
        settled |= set(new)
        assert asked(now, settled=settled, newsletter=newsletter, since=start).make is None


@settings(max_examples=40, deadline=None)
@given(start=MOMENTS, zone=st.sampled_from(ZONES), cadence=st.sampled_from(list(Cadence)))
def test_who_asks_every_hour_makes_each_period_once_and_misses_none(start, zone, cadence):
    newsletter = a_newsletter(
        timezone=zone, cadence=cadence, hour=time(23, 45), weekday=2, monthday=31
    )
    made: list[str] = []
    for hours in range(24 * 40):
        now = start + timedelta(hours=hours)
        found = asked(now, settled=made, newsletter=newsletter, since=start)
        assert found.missed == ()
        if found.make:
            made.append(found.make.period)

    end = start + timedelta(hours=24 * 40 - 1)
    turns = []
    for turn in periods.turns_after(newsletter, start - timedelta(microseconds=1)):
        if turn.due > end:
            break
        turns.append(turn.period)
    assert made == turns


def test_a_reader_with_an_hour_is_due_at_their_own():
    issue = at("2026-11-24T06:30")

    assert next_hour(issue, time(7), "Europe/Berlin") == at("2026-11-25T06:00")
    assert next_hour(issue, time(7, 30), "Europe/Berlin") == issue
    assert next_hour(issue, time(7), "Pacific/Kiritimati") == at("2026-11-24T17:00")


@settings(max_examples=150, deadline=None)
@given(
    start=MOMENTS,
    home=st.sampled_from(ZONES),
    zone=st.sampled_from(ZONES),
    hour=st.times(),
    newsletter_hour=st.times(),
)
@example(
    start=at("2026-03-01T00:00"),
    home="Africa/Abidjan",
    zone="America/Godthab",
    hour=time(23),
    newsletter_hour=time(0),
)
def test_each_issue_is_due_once_for_a_reader_in_their_order_and_time_to_leave(
    start, home, zone, hour, newsletter_hour
):
    minute = hour.replace(second=0, microsecond=0)
    newsletter = a_newsletter(timezone=home, hour=newsletter_hour.replace(second=0, microsecond=0))
    turns = periods.turns_after(newsletter, start)
    issues = [next(turns).due for _ in range(30)]

    dues = [next_hour(one, minute, zone) for one in issues]

    assert dues == sorted(dues)
    for issue, due, following in zip(issues, dues, dues[1:], strict=False):
        assert issue <= due <= issue + timedelta(hours=26)
        assert due < expires(due, following=following) <= due + timedelta(hours=20)
        local = due.astimezone(ZoneInfo(zone))
        days = local.date(), local.date() - timedelta(days=1)  # a gap may end with the day
        instants = [periods.instant(day, minute, zone) for day in days]
        assert local.time() == minute or due in instants


def test_readers_hours_count_from_when_the_issue_was_due_not_from_when_it_was_ready():
    due = at("2026-11-24T06:30")

    assert counted_from(DAILY, "2026-11-24", due + timedelta(minutes=2)) == due
    early = at("2026-11-24T05:00")
    assert counted_from(DAILY, "2026-11-24", early) == early
    assert counted_from(DAILY, "extra-1", due + timedelta(hours=3)) == due + timedelta(hours=3)


def test_a_message_expires_with_the_next_issue_or_after_twenty_hours():
    due = at("2026-11-24T06:30")

    assert expires(due) == due + timedelta(hours=20)
    assert expires(due, following=due + timedelta(hours=3)) == due + timedelta(hours=3)
    assert expires(due, following=due + DAY) == due + timedelta(hours=20)


def test_two_issues_that_fall_on_one_hour_of_a_reader_both_have_time_to_leave():
    # New York springs forward on 8 March 2026, Tokyo never: 23 hours lie between the two issues.
    newsletter = a_newsletter(timezone="America/New_York", hour=time(6, 30))
    turns = periods.turns_after(newsletter, at("2026-03-07T00:00"))
    first, second = (next_hour(next(turns).due, time(20), "Asia/Tokyo") for _ in range(2))

    assert first == second == at("2026-03-08T11:00")
    assert expires(first, following=second) == first + timedelta(hours=20)


@pytest.mark.parametrize("hours", [0, 3])
def test_the_limit_may_be_none_at_all(hours):
    limit = timedelta(hours=hours)

    assert asked(at("2026-11-24T06:30") + limit, settled={"2026-11-23"}, catch_up=limit).make
    over = at("2026-11-24T06:30") + limit + timedelta(seconds=1)
    assert asked(over, settled={"2026-11-23"}, catch_up=limit).make is None

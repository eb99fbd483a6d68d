"""No window is ever overdrawn, in any stretch of time, nor after a restart."""

from __future__ import annotations

import json
from dataclasses import asdict

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from digest.deliver import throttle
from digest.deliver.throttle import Window

T = 1_800_000_000.0
steps = st.lists(st.tuples(st.floats(0, 40), st.integers(0, 30)), max_size=60)


@given(steps, st.integers(1, 50))
def test_no_sixty_seconds_ever_see_more_than_a_minutes_limit(story, limit):
    window, now, leavings = Window(seconds=60.0, limit=limit), T, []
    for wait, wish in story:
        now += wait
        count = min(wish, window.room(now))
        window = window.used(count, now)
        leavings.append((now, count))

    for at, _ in leavings:
        assert sum(count for when, count in leavings if at - 60 < when <= at) <= limit


@given(steps, st.integers(1, 50))
@example([(0.0, 1), (10.0, 9)], 10)
def test_a_window_opens_when_it_says_so(story, limit):
    window, now = Window(seconds=60.0, limit=limit), T
    for wait, wish in story:
        now += wait
        window = window.used(min(wish, window.room(now)), now)

    opens = window.opens_in(now)

    assert (opens == 0) == (window.room(now) > 0)
    assert window.room(now + opens + 0.001) > 0
    assert opens == 0 or window.room(now + opens - 0.001) == 0
    assert opens <= 61.001


def test_a_window_survives_a_restart_as_plain_data():
    used = Window(seconds=3600.0, limit=100).used(60, T)

    stored = json.loads(json.dumps(asdict(used)))
    again = Window(**{**stored, "slices": tuple(map(tuple, stored["slices"]))})

    assert (again, again.room(T + 1800), again.room(T + 3661)) == (used, 40, 100)


def test_a_clock_set_back_gives_nothing_away():
    used = Window(seconds=60.0, limit=10).used(10, T).used(0, T - 30)

    assert used.room(T - 30) == 0
    assert used.room(T + 5) == 0


def test_what_left_in_times_to_come_counts_as_left_now():
    pace = throttle.limited(hour=10)
    ahead = throttle.left(throttle.left(pace, 3, T), 4, T + 3000)

    again = throttle.anew(ahead, T + 60)

    assert throttle.anew(again, T + 60) is again
    assert throttle.anew(pace, T) is pace
    assert again.windows[0].room(T + 60) == 3
    assert again.windows[0].room(T + 60 + 3661) == 10


def test_a_window_keeps_a_bounded_memory():
    window = Window(seconds=1.0, limit=10**9)
    for n in range(10_000):
        window = window.used(1, T + n * 0.01)

    assert len(window.slices) <= throttle.SLICES + 1


def test_the_tightest_window_decides_and_a_claim_is_five_seconds_worth():
    pace = throttle.limited(second=100, hour=36_000)

    assert throttle.room(pace, T) == 50  # 36,000 an hour are 10 a second
    assert throttle.room(throttle.limited(second=2), T) == 2
    assert throttle.room(throttle.limited(day=10), T) == 1
    assert throttle.room(throttle.left(throttle.limited(day=10), 10, T), T) == 0
    assert throttle.room(throttle.Pace(), T) == 1_000_000_000


def test_a_claim_for_a_relay_is_five_seconds_worth_or_a_slice_and_no_more_than_the_room():
    ses = throttle.limited(second=14, day=50_000)

    assert throttle.share(ses, T) == 14  # and not five seconds of a day, which are two
    assert throttle.share(throttle.left(ses, 49_995, T - 2), T) == 5
    assert throttle.share(throttle.limited(minute=600), T) == 50
    assert throttle.share(throttle.limited(hour=36_000), T) == 600
    assert throttle.share(throttle.limited(day=10), T) == 1
    assert throttle.share(throttle.Pace(), T) == 1_000_000_000


def test_a_domain_starts_slowly_doubles_while_it_takes_mail_and_keeps_its_ceiling():
    pace, rates = throttle.limited(start=2.0, ceiling=16.0), []
    for _ in range(5):
        rates.append(pace.rate)
        pace = throttle.accepted(pace, int(pace.rate))

    assert rates == [2, 4, 8, 16, 16]


def test_a_seconds_worth_must_be_taken_before_it_doubles():
    slow = throttle.accepted(throttle.limited(start=8.0), 7)

    assert (slow.rate, throttle.accepted(slow, 1).rate) == (8, 16)
    assert throttle.accepted(throttle.limited(start=0.1), 1).rate == 0.2


def test_a_clock_set_back_does_not_make_a_domain_deaf_to_deferrals():
    cautious = throttle.deferred(throttle.limited(start=8.0), T + 86_400)

    again = throttle.anew(cautious, T)

    assert throttle.deferred(again, T + throttle.CAUTION - 1).rate == 4
    assert throttle.deferred(again, T + throttle.CAUTION).rate == 2


def test_a_deferral_halves_the_pace_once_a_burst():
    pace = throttle.limited(start=8.0, ceiling=16.0)

    once = throttle.deferred(pace, T)
    burst = throttle.deferred(throttle.deferred(once, T + 1), T + 9)
    again = throttle.deferred(burst, T + 10)

    assert (once.rate, burst.rate, again.rate) == (4.0, 4.0, 2.0)
    assert (throttle.room(once, T), throttle.room(once, T + 1)) == (0, 4)


def test_a_domain_without_a_pace_that_puts_us_off_gets_one_and_rises_from_there():
    shy = throttle.deferred(throttle.limited(hour=36_000), T)

    assert (shy.rate, shy.credit, shy.cautious_until) == (throttle.SHY, 0.0, T + throttle.CAUTION)
    assert throttle.accepted(shy, int(throttle.SHY)).rate == 2 * throttle.SHY


def test_no_number_of_deferrals_stops_a_domain_for_good():
    pace = throttle.limited(start=8.0)
    for n in range(50):
        pace = throttle.deferred(pace, T + n * 10)

    assert pace.rate == throttle.FLOOR
    assert throttle.opens_in(pace, T + 490) == pytest.approx(10.0)
    assert throttle.room(pace, T + 501) == 1


@given(st.lists(st.tuples(st.floats(0, 5), st.integers(0, 50)), max_size=40))
def test_a_pace_is_never_overdrawn(story):
    pace, now, total = throttle.limited(start=4.0, ceiling=4.0), T, 0
    pace = throttle.left(pace, 0, now)
    for wait, wish in story:
        now += wait
        count = min(wish, throttle.room(pace, now))
        pace, total = throttle.left(pace, count, now), total + count
        assert pace.credit >= 0

    assert total <= 4 * throttle.CLAIM_SECONDS + 4 * (now - T) + 1e-3


def test_a_limit_of_none_is_no_window():
    assert throttle.limited(start=0.0, second=0, day=0) == throttle.Pace()


def test_warming_up_tightens_the_day_and_nothing_else():
    plain = throttle.limited(second=100)
    own = throttle.left(throttle.limited(hour=50, day=1000), 40, T)

    assert throttle.warmed(plain, None) is plain
    assert throttle.room(throttle.warmed(plain, 2), T) == 1
    assert [window.limit for window in throttle.warmed(own, 60).windows] == [50, 60]
    assert [window.limit for window in throttle.warmed(own, 6000).windows] == [50, 1000]
    assert throttle.warmed(own, 40).windows[1].room(T) == 0  # what has left still counts

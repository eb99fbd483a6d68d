"""Which relays are at a limit, and how that is said."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from digest.deliver import allowance, throttle
from digest.deliver.allowance import Lane
from digest.deliver.choice import Circuit
from digest.deliver.options import WarmUpOptions
from digest.deliver.waits import Waited, waits

NOW = datetime(2026, 11, 24, 13, 4, 30, tzinfo=UTC)
T = NOW.timestamp()
LABEL = "relay 'main' (mail.example:587)"


def spent(count, name="main", **limits):
    pace = throttle.limited(**limits)
    return Lane(name=name, limits=pace, pace=throttle.left(pace, count, T))


@pytest.mark.parametrize(
    ("limits", "said"),
    [
        ({"hour": 200}, "200 an hour (per_hour); it goes on at 14:05 UTC"),
        ({"day": 200}, "200 a day (per_day); it goes on at 2026-11-25 13:12 UTC"),
        (
            {"hour": 200, "day": 200, "second": 1000},
            "200 a day (per_day); it goes on at 2026-11-25 13:12 UTC",
        ),
    ],
)
def test_the_limit_that_is_reached_is_named_with_its_key_and_its_end(limits, said):
    lane = spent(200, **limits)
    [wait] = waits([lane], T)

    assert wait.said(LABEL, NOW) == f"{LABEL} has sent its {said}"
    assert (wait.until.second, wait.until.microsecond) == (0, 0)
    assert throttle.room(lane.pace, wait.until.timestamp()) > 0
    assert throttle.room(lane.pace, (wait.until - timedelta(minutes=1)).timestamp()) == 0


def test_a_limit_of_the_warm_up_is_called_so():
    warmup = WarmUpOptions(start=date(2026, 11, 24), first=50)
    lane = allowance.today(Lane(name="main", warmup=warmup), T)
    lane = Lane(name="main", warmup=warmup, pace=throttle.left(lane.pace, 50, T))

    [wait] = waits([lane], T)
    assert "has sent its 50 a day (warmup)" in wait.said(LABEL, NOW)


@pytest.mark.parametrize(
    ("limits", "until"),
    [
        ({}, datetime(2026, 11, 25, tzinfo=UTC)),  # 61 by then
        ({"day": 50}, datetime(2026, 11, 25, 13, 12, tzinfo=UTC)),
    ],
)
def test_a_warm_up_goes_on_at_midnight_where_it_then_allows_more(limits, until):
    warmup = WarmUpOptions(start=date(2026, 11, 24), first=50)
    own = throttle.limited(**limits)
    lane = allowance.today(Lane(name="main", limits=own, warmup=warmup), T)
    lane = replace(lane, pace=throttle.left(lane.pace, 50, T))

    [wait] = waits([lane], T)

    assert (wait.until, throttle.room(lane.pace, wait.opens - 60)) == (until, 0)
    assert throttle.room(allowance.today(lane, wait.opens).pace, wait.opens) > 0


@pytest.mark.parametrize(
    "lanes",
    [
        [spent(199, hour=200)],
        [spent(4, second=4)],  # it is over before anybody has read it
        [spent(10, minute=10, hour=200)],  # a minute's is not told, and the hour's is not reached
        [spent(200, hour=200), Lane(name="other")],
        [spent(200, hour=200), spent(4, name="other", second=4)],
        [Lane(name="main", circuit=Circuit(paused="554 no"))],
        [],
    ],
)
def test_where_one_has_room_or_will_soon_there_is_no_wait(lanes):
    assert waits(lanes, T) == []


def test_where_all_are_at_a_limit_each_is_told():
    lanes = [spent(200, hour=200), spent(9, name="other", day=9)]

    assert [(one.relay, one.key) for one in waits(lanes, T)] == [
        ("main", "per_hour"),
        ("other", "per_day"),
    ]


def test_a_wait_is_told_once_in_its_window_and_anew_where_the_clock_was_set_back():
    waited, found = Waited(), waits([spent(200, hour=200)], T)

    told = [len(list(waited.new(found, T + at))) for at in (0, 1, 3599, 3600, 3601, 60, 61)]

    assert told == [1, 0, 0, 1, 0, 1, 0]

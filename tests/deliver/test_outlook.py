"""When the relays' limits let the last message leave, and for how many that is too late."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from digest.deliver import allowance, memory, outlook, throttle
from digest.deliver.allowance import Lane
from digest.deliver.choice import Circuit
from digest.deliver.options import WarmUpOptions

NOW = datetime(2026, 11, 24, 6, 30, tzinfo=UTC)
HOUR = timedelta(hours=1)
CLOSE = timedelta(minutes=30)  # a window is counted in slices


def lane(name: str = "main", weight: float = 1.0, **limits: int) -> Lane:
    pace = throttle.limited(**limits)
    return Lane(name=name, weight=weight, limits=pace, pace=pace)


def seen(lanes: list[Lane], count: int, hours: int = 20):
    return outlook.of(lanes, count, until=NOW + hours * HOUR, now=NOW)


@pytest.mark.parametrize(
    ("lanes", "count", "hours", "late"),
    [
        ([lane(hour=100)], 250, 2, 0),
        ([lane(hour=100)], 3_000, 29, 1_000),
        ([lane(hour=100), lane("other", hour=100)], 3_000, 14, 0),
        ([lane(hour=100, day=500)], 600, 24, 100),
        ([lane(hour=100), lane("spare", 0.0)], 250, 2, 0),  # at a limit no spare helps
    ],
)
def test_the_last_leaves_and_so_many_too_late(lanes, count, hours, late):
    found = seen(lanes, count)

    assert abs(found.ends - NOW - hours * HOUR) < CLOSE
    assert found.late == late


def test_where_no_limit_holds_it_up_nothing_is_said():
    assert seen([lane()], 10**9) is None
    assert seen([lane(hour=1), lane("other")], 10**9) is None
    assert seen([], 5) is None


def test_what_takes_months_has_no_day():
    found = seen([lane(day=10)], 10_000)

    assert found.ends is None
    assert outlook.when(found) == "in more than 60 days"


def test_what_has_left_lately_counts_and_a_paused_relay_does_not():
    spent = throttle.left(throttle.limited(hour=100), 100, NOW.timestamp())
    circuits = {"other": memory.of_circuit(Circuit(paused="550 5.7.1 no"))}

    known = outlook.remembered(
        [lane(hour=100), lane("other", hour=100)], {"main": memory.of_pace(spent)}, circuits
    )

    assert seen(known, 100).ends - NOW > HOUR


def test_a_warm_up_allows_more_tomorrow():
    warm = WarmUpOptions(start=date(2026, 11, 24), days=2, first=100, full=1_000)

    assert seen([allowance.today(Lane(name="new", warmup=warm), NOW.timestamp())], 150).late == 0


def test_a_warm_up_that_is_over_by_then_holds_up_nothing():
    warm = WarmUpOptions(start=date(2026, 11, 22), days=3, first=10, full=20)

    found = seen([allowance.today(Lane(name="new", warmup=warm), NOW.timestamp())], 10_000)

    assert timedelta(hours=17) < found.ends - NOW < timedelta(hours=18)  # midnight, in UTC

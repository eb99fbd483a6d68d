"""A claim is some seconds' worth: large where mail leaves fast, small where a relay is slow."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.deliver.portion import FIRST, LATE, LEAST, MOST, Portion
from tests.builders import NOW


def after(per_second: float, claims: int = 40) -> Portion:
    """The portion once so many were claimed, each when less than ``low`` was left, at once too."""
    portion, now = Portion(), NOW
    for _ in range(claims):
        ready = portion.size
        portion.claimed(now, idle=False)
        now += timedelta(seconds=max(0.001, (ready - portion.low) / per_second))
    return portion


@given(st.floats(min_value=LEAST / 5, max_value=MOST))
def test_no_more_is_held_than_some_seconds_worth(per_second):
    size = after(per_second).size

    assert size / per_second <= 2 * LATE.total_seconds()
    assert size == MOST or size / per_second >= 1.25


@pytest.mark.parametrize(("per_second", "size"), [(0.1, LEAST), (20_000, MOST)])
def test_it_stays_within_bounds(per_second, size):
    assert size * 0.99 - 20 <= after(per_second).size <= size * 1.3


def test_a_silence_says_nothing_about_the_relay():
    portion = Portion()
    portion.claimed(NOW, idle=True)
    portion.claimed(NOW + timedelta(hours=5), idle=True)
    portion.claimed(NOW + timedelta(hours=5, seconds=1), idle=True)

    assert portion.size == FIRST


@pytest.mark.parametrize(
    ("per_second", "size"), [(20_000, MOST), (100, 4 * FIRST), (15, 2 * FIRST)]
)
def test_a_fast_relay_soon_has_its_portion(per_second, size):
    assert after(per_second, claims=6 if size == MOST else 2).size == size


def test_two_offices_that_claim_at_one_moment_are_no_sign_of_speed():
    portion = Portion()
    for seconds in (0, 0, 3, 3):
        portion.claimed(NOW + timedelta(seconds=seconds), idle=False)

    assert portion.size == FIRST

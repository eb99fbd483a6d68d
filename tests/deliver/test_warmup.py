"""A new sending address sends more each day, and never more than its curve allows."""

from __future__ import annotations

import itertools
from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from digest.deliver import warmup
from digest.deliver.options import WarmUpOptions

START = date(2026, 12, 1)


@st.composite
def curves(draw):
    first, full = sorted((draw(st.integers(1, 10**6)), draw(st.integers(1, 10**6))))
    return WarmUpOptions(start=START, days=draw(st.integers(2, 365)), first=first, full=full)


def numbers(options: WarmUpOptions) -> list[int | None]:
    return [warmup.allowed(options, START + timedelta(days=n)) for n in range(options.days)]


@given(curves())
def test_it_begins_with_the_first_ends_with_the_full_and_never_goes_down(options):
    curve = numbers(options)

    assert (curve[0], curve[-1]) == (options.first, options.full)
    assert all(a <= b for a, b in itertools.pairwise(curve))


@given(curves(), st.integers(0, 1000))
def test_before_it_the_first_number_holds_and_after_it_nothing_limits(options, days):
    before = warmup.allowed(options, START - timedelta(days=days))
    after = warmup.allowed(options, START + timedelta(days=options.days + days))

    assert (before, after) == (options.first, None)


def test_six_weeks_lead_from_two_hundred_to_two_hundred_thousand():
    curve = numbers(WarmUpOptions(start=START))

    assert (len(curve), curve[0], curve[7], curve[21], curve[-1]) == (42, 200, 650, 6880, 200_000)
    assert all(1.1 < b / a < 1.25 for a, b in itertools.pairwise(curve))

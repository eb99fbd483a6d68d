"""A restart forgets nothing that limits us, and no limit that the operator has changed."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.deliver import memory, throttle
from digest.deliver.choice import Circuit

T = 1_800_000_000.0
limits = st.fixed_dictionaries({name: st.integers(0, 500) for name in throttle.PERIODS})
acts = st.lists(st.tuples(st.floats(0, 4000), st.sampled_from("lad"), st.integers(0, 40)))


@given(limits, st.sampled_from((0.0, 0.5, 100.0)), acts)
def test_a_pace_goes_on_where_it_was(given_limits, start, story):
    configured = throttle.limited(start=start, ceiling=start * 4, **given_limits)
    pace, now = configured, T
    for wait, act, count in story:
        now += wait
        match act:
            case "l":
                pace = throttle.left(pace, min(count, throttle.room(pace, now)), now)
            case "a":
                pace = throttle.accepted(pace, count)
            case _:
                pace = throttle.deferred(pace, now)

    again = memory.pace(configured, memory.of_pace(pace))

    assert throttle.room(again, now) == throttle.room(pace, now)
    assert again == pace


def test_a_limit_that_was_changed_holds_at_once_and_what_was_used_counts():
    text = memory.of_pace(throttle.left(throttle.limited(hour=100, day=1000), 60, T))

    assert throttle.room(memory.pace(throttle.limited(hour=60), text), T) == 0
    (wider,) = memory.pace(throttle.limited(hour=200), text).windows
    assert wider.room(T) == 140
    assert (
        memory.pace(throttle.limited(minute=5), text).windows == throttle.limited(minute=5).windows
    )


def test_a_rate_learned_stays_below_a_new_ceiling():
    text = memory.of_pace(replace(throttle.limited(start=10.0), rate=640.0))

    assert memory.pace(throttle.limited(start=10.0), text).rate == 640
    assert memory.pace(throttle.limited(start=10.0, ceiling=50.0), text).rate == 50


def test_a_domain_without_a_rate_that_put_us_off_is_remembered_until_it_takes_mail_again():
    free = throttle.limited()
    shy = throttle.deferred(free, T)

    again = memory.pace(free, memory.of_pace(shy))

    assert again == shy
    assert memory.worth_keeping(again, free, T)
    well = replace(again, rate=throttle.SHY * 2, cautious_until=T)
    assert not memory.worth_keeping(well, free, T)


@pytest.mark.parametrize("text", ["", "{}", "null", '{"windows": 3}', "\x00"])
def test_a_text_that_cannot_be_read_is_no_past(text):
    configured = throttle.limited(start=10.0, hour=100)

    assert memory.pace(configured, text) == configured
    assert memory.circuit(text) == Circuit()


def test_a_circuit_goes_on_where_it_was():
    for circuit in (Circuit(), Circuit().failed(T).failed(T).failed(T), Circuit().pause("550 no")):
        assert memory.circuit(memory.of_circuit(circuit)) == circuit


def test_only_what_limits_us_is_worth_keeping():
    start = throttle.limited(start=10.0, hour=100)

    def kept(pace: throttle.Pace, now: float = T) -> bool:
        return memory.worth_keeping(pace, start, now)

    assert not kept(start)
    assert not kept(replace(start, rate=640.0))
    assert kept(throttle.deferred(start, T))
    assert kept(throttle.left(start, 1, T))
    assert not kept(throttle.left(start, 1, T), T + 3700)

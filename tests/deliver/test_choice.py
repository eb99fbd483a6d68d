"""A relay that fails rests, one that refuses us waits for the operator."""

from __future__ import annotations

from digest.deliver.choice import LONGEST_REST, Circuit


def test_three_failures_in_a_row_open_the_circuit_and_a_success_forgets_them():
    twice = Circuit().failed(0.0).failed(0.0)

    assert twice.passes(0.0)
    assert not twice.failed(0.0).passes(29.9)
    assert twice.failed(0.0).passes(30.0)
    assert twice.worked() == Circuit()


def test_a_trial_that_fails_rests_twice_as_long_up_to_a_quarter_of_an_hour():
    circuit, now, rests = Circuit(failures=2), 0.0, []
    for _ in range(8):
        circuit = circuit.failed(now)
        rests.append(circuit.closed_until - now)
        now = circuit.closed_until

    assert rests == [30, 60, 120, 240, 480, 900, 900, 900]


def test_a_relay_that_refuses_us_waits_for_the_operator():
    refused = Circuit().pause("550 5.7.1 not you")

    assert (refused.passes(10**12), refused.paused) == (False, "550 5.7.1 not you")
    assert refused.worked().paused  # a late success of another connection does not resume it


def test_a_clock_that_was_set_back_makes_no_rest_longer():
    ahead = 7200.0
    rests = Circuit().failed(ahead).failed(ahead).failed(ahead)

    assert not rests.passes(ahead)
    assert rests.passes(0.0)
    assert not rests.passes(ahead + 30 - LONGEST_REST)

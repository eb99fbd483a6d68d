"""Mail goes by the relays that work, in the shares that the operator gave them."""

from __future__ import annotations

from collections import Counter

from digest.deliver import choice
from digest.deliver.choice import Circuit

WEIGHTS = (("main", 3.0), ("second", 1.0), ("spare", 0.0))


def share(circuits: dict[str, Circuit], now: float = 0.0) -> Counter[str | None]:
    return Counter(choice.relay(WEIGHTS, circuits, now, n / 100) for n in range(100))


def test_relays_share_by_weight_and_a_spare_waits():
    assert share({}) == {"main": 75, "second": 25}


def test_the_others_take_over_and_a_spare_comes_last():
    assert share({"main": Circuit(closed_until=10)}) == {"second": 100}
    assert share({"main": Circuit(closed_until=10), "second": Circuit(paused="no")}) == {
        "spare": 100
    }


def test_where_no_relay_works_there_is_none():
    assert share({name: Circuit(paused="no") for name, _ in WEIGHTS}) == {None: 100}


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

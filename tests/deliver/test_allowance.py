"""How much dispatch may claim, for which relay, and which domains may have their mail now."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.deliver import allowance, throttle
from digest.deliver.allowance import Domains, Hold, Lane
from digest.deliver.choice import Circuit
from digest.deliver.options import WarmUpOptions
from digest.deliver.throttle import Pace

T = 1_800_000_000.0
MAIN = Lane(name="main", weight=3.0)
SECOND = Lane(name="second", weight=1.0)
SPARE = Lane(name="spare", weight=0.0)
BROKEN = Circuit(closed_until=T + 30)


def lane(name: str, weight: float = 1.0, **limits: int) -> Lane:
    return Lane(name=name, weight=weight, pace=throttle.limited(**limits))


# --- relays


def test_a_claim_is_shared_by_weight():
    assert allowance.shares([MAIN, SECOND, SPARE], T, most=500) == {"main": 375, "second": 125}


def test_a_claim_is_a_slice_of_a_limit_and_the_other_relay_takes_the_rest():
    slow = lane("slow", 9.0, per_second=0, hour=3_000)

    assert allowance.shares([slow], T, most=500) == {"slow": 50}
    assert allowance.shares([slow, SECOND], T, most=500) == {"slow": 50, "second": 450}


def test_no_more_is_claimed_than_the_connections_can_take_up():
    busy = Lane(name="busy", free=20)

    assert allowance.shares([busy], T, most=500) == {"busy": 20}
    assert allowance.shares([Lane(name="full", free=0)], T, most=500) == {}


def test_a_spare_helps_when_no_other_works_and_not_when_they_are_at_their_limits():
    spent = throttle.left(throttle.limited(hour=10), 10, T)

    def with_main(**how: object) -> dict[str, int]:
        return allowance.shares([Lane(name="main", **how), SPARE], T, most=8)  # type: ignore[arg-type] -- one of its fields

    assert with_main() == {"main": 8}
    assert with_main(pace=spent) == {}
    assert with_main(circuit=BROKEN) == {"spare": 8}
    assert with_main(circuit=Circuit(paused="550 5.7.1 no")) == {"spare": 8}
    assert with_main(hangs=True) == {"spare": 8}
    assert with_main(circuit=Circuit(rests=1)) == {"main": 4, "spare": 4}  # its trial may fail


def test_what_is_held_may_leave_until_its_end_and_not_before_its_begin():
    held = Lane(name="held", hold=Hold(count=7, since=T, until=T + 5))

    assert [held.room(T + at) for at in (-1, 0, 4.9, 5)] == [0, 7, 7, 0]
    assert allowance.unheld([held])[0].room(T + 9) == held.free


def test_we_rest_until_the_first_of_the_relays_is_ready():
    full = throttle.left(throttle.limited(minute=10), 10, T)
    closed = Lane(name="closed", circuit=BROKEN)

    assert allowance.rest([MAIN, closed], T) == 0
    assert (
        allowance.rest([closed, Lane(name="later", circuit=Circuit(closed_until=T + 60))], T) == 30
    )
    assert allowance.rest([Lane(name="full", pace=full)], T) == pytest.approx(61, abs=1)
    assert allowance.rest([Lane(name="full", pace=full), closed], T) == 30
    assert allowance.rest([Lane(name="paused", circuit=Circuit(paused="no"))], T) is None


@given(
    st.lists(
        st.builds(
            lambda weight, free, limit: (weight, free, limit),
            st.floats(0, 10),
            st.integers(0, 400),
            st.integers(0, 400),
        ),
        max_size=5,
    ),
    st.integers(0, 1000),
)
def test_all_that_may_be_claimed_is_claimed_and_never_more(relays, most):
    lanes = [
        Lane(name=str(n), weight=weight, free=free, pace=throttle.limited(second=limit))
        for n, (weight, free, limit) in enumerate(relays)
    ]
    rooms = {one.name: min(one.free, throttle.room(one.pace, T)) for one in lanes}
    in_use = {one.name for one in lanes if one.weight > 0} or set(rooms)

    shares = allowance.shares(lanes, T, most=most)

    assert sum(shares.values()) == min(most, sum(rooms[name] for name in in_use))
    assert all(0 < count <= rooms[name] for name, count in shares.items())
    assert set(shares) <= in_use


def test_a_warm_up_allows_more_each_morning_and_what_has_left_still_counts():
    plan = WarmUpOptions(start=date(2027, 1, 15), days=3, first=100, full=400)
    began = datetime(2027, 1, 15, 8, tzinfo=UTC).timestamp()
    fresh = Lane(name="new", warmup=plan, limits=throttle.limited(day=300))

    def room(of: Lane, hours: float) -> int:
        now = began + hours * 3600
        return allowance.today(of, now).pace.windows[0].room(now)

    first = allowance.today(fresh, began)
    used = replace(first, pace=throttle.left(first.pace, 100, began))
    assert [room(used, hours) for hours in (0, 15.9, 16.1, 25)] == [0, 0, 100, 200]
    assert room(used, 48) == room(used, 480) == 300  # its own limit outlives the warm-up


# --- domains


def domains(each: Pace | None = None, **named: Pace) -> Domains:
    own = {f"{name}.example": pace for name, pace in named.items()}
    return Domains(each or throttle.limited(), own, T)


def go(paces: Domains, domain: str, wish: int) -> int:
    return sum(paces.may_go(domain) for _ in range(wish))


def test_a_domain_at_its_limit_waits_and_the_others_go():
    paces = domains(slow=throttle.limited(minute=60))

    assert go(paces, "slow.example", 100) == 5  # five seconds of one a second
    assert go(paces, "quick.example", 100) == 100


def test_what_has_left_counts_in_the_rounds_that_follow():
    paces = domains(throttle.limited(minute=8))
    gone = []
    for now in (T, T + 1, T + 2, T + 70):
        paces.begin(now)
        gone.append(go(paces, "a.example", 5))

    assert sum(gone[:3]) == 3 * throttle.room(throttle.limited(minute=8), T)
    assert gone[3] > 0


def test_no_stretch_of_time_sees_more_than_a_limit_whatever_the_rounds():
    paces, left = domains(throttle.limited(minute=100)), Counter[int]()
    for second in range(300):
        paces.begin(T + second)
        left[second] = go(paces, "a.example", 30)

    assert all(sum(left[s] for s in range(n, n + 60)) <= 100 for n in range(240))
    assert sum(left.values()) >= 450


def test_what_may_have_left_at_the_end_of_a_round_counts_from_there():
    paces, gone = domains(throttle.limited(second=2)), []
    for now in (T, T + 0.9, T + 1.1, T + 2.0):
        paces.begin(now)
        gone.append(go(paces, "a.example", 5))

    assert gone == [2, 0, 0, 2]


def test_a_deferral_ends_the_round_for_its_domain_and_only_for_it():
    paces = domains(throttle.limited(start=8.0))
    paces.begin(T)
    assert paces.may_go("slow.example")

    paces.deferred("slow.example", T)

    assert go(paces, "slow.example", 10) == 0
    assert go(paces, "quick.example", 10) == 10
    paces.begin(T + 1)
    assert go(paces, "slow.example", 10) == 3  # four a second, one of which has left already


def test_a_domain_that_takes_its_mail_is_served_faster():
    paces, gone = domains(throttle.limited(start=8.0, ceiling=64.0)), []
    for second in range(8):
        paces.begin(T + second)
        gone.append(go(paces, "a.example", 1000))
        paces.accepted("a.example", gone[-1])

    assert gone[0] < gone[2] < gone[-1] == 64


def test_those_that_wait_come_back_one_after_the_other():
    paces = domains(throttle.limited(second=10))
    assert go(paces, "a.example", 20) == 10

    waits = [paces.waits("a.example") for _ in range(30)]

    assert waits == sorted(waits)
    assert waits[0] == pytest.approx(0.1, abs=0.02)
    assert waits[-1] == pytest.approx(3.0, abs=0.2)


def test_those_that_wait_for_a_slow_start_reckon_with_its_growth():
    paces = domains(throttle.limited(start=100.0))
    while paces.may_go("a.example"):
        pass

    waits = [paces.waits("a.example") for _ in range(100_000)]

    assert 9 < waits[-1] < 11  # 100, 200, 400 ... a second


def test_those_that_wait_reckon_with_the_tighter_of_a_rate_and_a_limit():
    paces = domains(throttle.limited(start=8.0, minute=60))
    while paces.may_go("a.example"):
        pass

    waits = [paces.waits("a.example") for _ in range(30)]

    assert (waits[0], waits[-1]) == pytest.approx((1, 30))  # one a second


def test_a_clock_set_back_costs_a_domain_no_more_than_its_limit():
    paces = domains(throttle.limited(hour=3600))
    paces.begin(T)
    assert go(paces, "a.example", 100) == 5
    first = paces.waits("a.example")

    paces.begin(T - 86_400)

    assert go(paces, "a.example", 100) == 5  # no credit is lost
    paces.begin(T - 86_400 + 1)  # by which they have left
    paces.begin(T - 86_400 + 3662)
    assert dict(paces.kept()) == {}  # an hour later nothing of it is told any more
    assert paces.waits("a.example") == first


def test_a_restart_remembers_whom_it_was_careful_with():
    start = throttle.limited(start=8.0)
    before = domains(start)
    before.deferred("slow.example", T)
    before.accepted("quick.example", 100)
    kept = dict(before.kept())

    after = domains(start)
    for domain, past in kept.items():
        after.restore(domain, past)

    assert list(kept) == ["slow.example"]
    assert (go(after, "slow.example", 10), go(after, "quick.example", 10)) == (0, 10)


def test_many_domains_cost_little_memory_and_those_to_be_careful_with_stay():
    paces = Domains(throttle.limited(start=8.0), {}, T, remembered=100)
    paces.deferred("slow.example", T)
    for n in range(1000):
        paces.begin(T + n / 1000)
        paces.may_go(f"{n}.example")
        paces.accepted(f"{n}.example", 8)
        paces.waits(f"{n}.example")

    assert len(paces) <= 202
    assert "slow.example" in dict(paces.kept())

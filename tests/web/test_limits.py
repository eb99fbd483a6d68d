from __future__ import annotations

from ipaddress import ip_address

from hypothesis import given
from hypothesis import strategies as st

from digest.config.settings import Web
from digest.web.limits import HOUR, Gates, Window

steps = st.lists(
    st.tuples(st.sampled_from("abc"), st.integers(0, 40)),  # who asks, and seconds since the last
    max_size=60,
)


@given(st.integers(1, 4), st.integers(1, 90), steps)
def test_no_window_ever_holds_more_than_allowed_and_nobody_is_refused_in_vain(most, seconds, asked):
    now = 0.0
    window = Window(most, seconds=seconds, monotonic=lambda: now)
    let_in: list[tuple[str, float]] = []
    for key, later in asked:
        now += later
        within = [at for who, at in let_in if who == key and at > now - seconds]
        assert window.has_room(key) == (len(within) < most)
        if window.has_room(key):
            window.count(key)
            let_in.append((key, now))


def test_a_window_forgets_who_has_long_not_come():
    now = 0.0
    window = Window(3, monotonic=lambda: now)
    for number in range(1_000):
        window.count(f"10.0.{number}")
    assert len(window) == 1_000
    now = HOUR
    window.count("late")
    assert len(window) == 1


def test_a_network_that_is_full_uses_up_nothing_that_all_share():
    gates = Gates(Web(joins_per_network=1, joins_overall=2))
    greedy, other = ip_address("192.0.2.1"), ip_address("198.51.100.1")
    assert gates.lets_in(greedy, proven=True)
    assert not any(gates.lets_in(greedy, proven=True) for _ in range(5))
    assert gates.lets_in(other, proven=True)
    assert not gates.lets_in(ip_address("203.0.113.1"), proven=True)

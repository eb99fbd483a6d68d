"""The time allowed for an answer, under a clock set by hand."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from digest.deliver import watch
from digest.deliver.watch import Watch


class Clock:
    """A loop that has a time and calls nothing by itself."""

    def __init__(self):
        self.now = 100.0
        self.due = None

    def time(self):
        return self.now

    def call_later(self, seconds, call):
        self.due = self.now + seconds, call
        return SimpleNamespace(cancel=self.cancel)

    def cancel(self):
        self.due = None

    def run_until(self, moment):
        while self.due and self.due[0] <= moment:
            self.now, call = self.due
            call()
        self.now = moment


@pytest.fixture
def clock(monkeypatch):
    hand = Clock()
    monkeypatch.setattr(watch.asyncio, "get_running_loop", lambda: hand)
    return hand


@pytest.fixture
def expired(clock):
    return []


@pytest.fixture
def allowed(clock, expired):
    """A watch that looks every five seconds, with a minute allowed at 100."""
    one = Watch(shortest=5.0, expired=lambda: expired.append(clock.now))
    one.allow(60.0)
    return one


def test_it_expires_when_the_time_allowed_is_over(clock, allowed, expired):
    clock.run_until(161)

    assert expired == [pytest.approx(160)]


def test_allowed_anew_it_begins_anew(clock, allowed, expired):
    clock.run_until(150)
    allowed.allow(60.0)
    clock.run_until(209)

    assert expired == []
    clock.run_until(211)
    assert expired == [pytest.approx(210)]


def test_touched_it_begins_anew_at_the_next_look_and_no_later(clock, allowed, expired):
    clock.run_until(152)
    allowed.touched = True
    clock.run_until(211)

    assert expired == []
    clock.run_until(152 + 5 + 60)
    assert len(expired) == 1


def test_touched_again_and_again_it_never_expires(clock, allowed, expired):
    for moment in range(110, 1000, 10):
        allowed.touched = True
        clock.run_until(moment)

    assert expired == []


def test_what_is_allowed_after_a_touch_counts(clock, allowed, expired):
    allowed.touched = True
    allowed.allow(10.0)
    clock.run_until(111)

    assert expired == [pytest.approx(110)]


def test_stopped_it_looks_no_more(clock, allowed, expired):
    allowed.stop()
    clock.run_until(1000)

    assert (expired, clock.due) == ([], None)


def test_a_watch_that_nothing_was_allowed_can_be_stopped(clock):
    Watch(shortest=5.0, expired=lambda: None).stop()

    assert clock.due is None


def test_it_is_long_once_nothing_was_allowed_for_its_patience(clock, expired):
    one = Watch(shortest=5.0, expired=lambda: expired.append(clock.now), patience=30.0)
    one.allow(600.0)
    clock.run_until(119)
    assert not one.long
    one.touched = True  # at 119, and seen at 120

    clock.run_until(139)
    assert not one.long
    clock.run_until(149)
    assert one.long

    one.allow(600.0)
    assert not one.long

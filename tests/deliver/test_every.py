"""Once in so long, whatever the clock does."""

from __future__ import annotations

from datetime import timedelta

from digest.deliver.every import Every
from tests.builders import NOW


def test_it_is_due_at_first_after_its_interval_and_when_the_clock_went_back():
    minutes = Every(timedelta(minutes=1))
    assert minutes.due(NOW)
    assert minutes.due(NOW)  # it was not done

    minutes.done(NOW)

    assert not minutes.due(NOW + timedelta(seconds=59))
    assert minutes.due(NOW + timedelta(seconds=60))
    assert minutes.due(NOW - timedelta(seconds=1))

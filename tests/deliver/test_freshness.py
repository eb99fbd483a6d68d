from datetime import timedelta

import pytest

from digest.deliver.freshness import FRESH, Freshness
from tests.builders import NOW

SECOND = timedelta(seconds=1)


@pytest.mark.parametrize(
    ("ready", "later", "over"),
    [
        (0, FRESH * 9, False),
        (1, FRESH - SECOND, False),
        (1, FRESH, True),
        (100, FRESH, True),
        (1, -SECOND, True),
    ],
)
def test_a_claim_is_fresh_for_half_a_minute_and_never_after_the_clock_was_set_back(
    ready, later, over
):
    tray = Freshness()
    tray.claimed(100, NOW)

    assert tray.over(ready, NOW + later) is over


def test_the_oldest_that_still_lies_there_counts():
    tray = Freshness()
    for at in range(4):
        tray.claimed(100, NOW + at * 20 * SECOND)

    assert tray.over(150, NOW + 60 * SECOND) is False  # of the third and the fourth
    assert tray.over(201, NOW + 60 * SECOND) is False  # those that came back are forgotten by then
    assert tray.over(150, NOW + 71 * SECOND) is True
    assert tray.over(100, NOW + 71 * SECOND) is False
    assert tray.over(0, NOW + 999 * SECOND) is False
    tray.claimed(0, NOW)
    assert tray.over(5, NOW + 999 * SECOND) is False

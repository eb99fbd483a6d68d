"""A batch has as many rows as are changed while somebody who joins can wait."""

from __future__ import annotations

from itertools import pairwise

import pytest

from digest.storage.batches import AIM, LEAST, Batch


class Timer:
    """A clock that stands still but for the work, of which each row takes ``row`` seconds."""

    def __init__(self, row: float) -> None:
        self.now, self.row = 100.0, row

    def __call__(self) -> float:
        return self.now

    def work(self, size: int) -> int:
        self.now += size * self.row
        return size


def sizes(batch: Batch, timer: Timer, times: int) -> list[int]:
    return [batch.run(timer.work) for _ in range(times)]


def test_it_is_as_large_as_it_may_be_where_rows_are_quick():
    timer = Timer(AIM / 2_000)
    assert sizes(Batch(1_000, timer=timer), timer, 3) == [1_000] * 3


def test_it_is_no_larger_than_can_be_waited_for_where_rows_are_slow():
    timer = Timer(AIM / 250)
    first, *rest = sizes(Batch(1_000, timer=timer), timer, 5)
    assert first == 1_000  # nobody knows yet
    assert all(240 <= size <= 250 for size in rest)


def test_it_is_soon_small_and_grows_by_and_by():
    timer = Timer(AIM / 200)
    batch = Batch(1_000, timer=timer)
    sizes(batch, timer, 2)
    timer.row = AIM / 10_000
    grown = sizes(batch, timer, 9)
    assert grown == sorted(grown)
    assert all(b <= a * 5 // 4 for a, b in pairwise(grown))
    assert grown[-1] == 1_000


@pytest.mark.parametrize("row", [AIM, 1.0])
def test_it_is_never_so_small_that_asking_costs_more_than_writing(row):
    timer = Timer(row)
    assert sizes(Batch(1_000, timer=timer), timer, 3)[1:] == [LEAST] * 2


def test_it_is_never_more_than_was_asked_for_and_a_timer_may_stand_still():
    timer = Timer(0)
    assert sizes(Batch(3, timer=timer), timer, 3) == [3] * 3

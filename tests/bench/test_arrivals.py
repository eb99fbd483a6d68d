from __future__ import annotations

import pytest

from bench.arrivals import quantile


@pytest.mark.parametrize(
    ("values", "share", "expected"),
    [
        (range(1, 101), 0.99, 99),
        (range(100, 0, -1), 0.99, 99),
        (range(1, 101), 0.5, 50),
        (range(1, 2001), 0.99, 1980),
        ([7.0], 0.99, 7.0),
        ([1.0, 2.0], 0.99, 2.0),
    ],
)
def test_a_quantile_is_a_value_that_was_measured_by_nearest_rank(values, share, expected):
    assert quantile(values, share) == expected

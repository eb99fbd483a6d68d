from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.dialects import postgresql, sqlite

from digest.storage.moments import Instant, Moment, at_tick, ticks
from tests.builders import NOW

moments = st.datetimes(
    datetime(1900, 1, 1),  # noqa: DTZ001 -- as hypothesis wants it
    datetime(2200, 1, 1),  # noqa: DTZ001 -- as hypothesis wants it
    timezones=st.integers(-1439, 1439).map(lambda m: timezone(timedelta(minutes=m))),
)


@given(moments)
def test_a_moment_comes_back_from_its_ticks_to_the_microsecond(at):
    assert at_tick(ticks(at)) == at
    assert at_tick(ticks(at)).tzinfo is UTC


@given(moments, moments)
def test_ticks_are_in_the_order_of_time(one, other):
    assert (ticks(one) < ticks(other)) == (one < other)


@pytest.mark.parametrize("dialect", [sqlite.dialect(), postgresql.dialect()])
@pytest.mark.parametrize("kind", [Moment(), Instant()])
def test_a_moment_without_a_zone_is_not_guessed(kind, dialect):
    with pytest.raises(ValueError, match="without a zone"):
        kind.process_bind_param(NOW.replace(tzinfo=None), dialect)

from __future__ import annotations

from datetime import timedelta

import pytest

from digest.collect.freshness import LONGEST, fresh_until, retry_at
from tests.builders import NOW


@pytest.mark.parametrize(
    ("header", "after"),
    [
        ("120", timedelta(seconds=120)),
        ("Tue, 24 Nov 2026 07:30:00 GMT", timedelta(hours=1)),
        ("99999999", LONGEST),
        ("Tue, 24 Nov 2037 07:30:00 GMT", LONGEST),
    ],
)
def test_retry_after_is_seconds_or_a_date_and_at_most_a_month(header, after):
    assert retry_at(header, NOW) == NOW + after


@pytest.mark.parametrize("header", [None, "", "soon", "-5", "0", "Tue, 24 Nov 2020 07:30:00 GMT"])
def test_a_retry_after_that_says_nothing_is_none(header):
    assert retry_at(header, NOW) is None


def test_freshness_is_max_age_less_age():
    headers = {"cache-control": "public, max-age=600", "age": "100", "expires": "0"}

    assert fresh_until(headers, NOW) == NOW + timedelta(seconds=500)


def test_expires_is_read_on_the_hosts_own_clock():
    headers = {
        "date": "Mon, 23 Nov 2026 06:00:00 GMT",
        "expires": "Mon, 23 Nov 2026 08:00:00 GMT",
    }

    assert fresh_until(headers, NOW) == NOW + timedelta(hours=2)


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"cache-control": "no-store, max-age=600"},
        {"cache-control": "max-age=0"},
        {"cache-control": "max-age=60", "age": "90"},
        {"expires": "-1"},
    ],
)
def test_what_is_not_fresh_is_none(headers):
    assert fresh_until(headers, NOW) is None


def test_nothing_is_fresh_for_longer_than_a_month():
    assert fresh_until({"cache-control": "max-age=999999999"}, NOW) == NOW + LONGEST

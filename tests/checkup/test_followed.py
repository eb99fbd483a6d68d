"""Verdicts that stand from one look to the next."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from digest.checkup.followed import followed
from digest.checkup.verdict import Check, Level, ok, unchecked, warn

RELAY = "relay 'main' (mail.example:587)"
SOON = warn(f"TLS of {RELAY}", "its certificate ends in 3 days", "renew it")
SILENT = unchecked(RELAY, "cannot be reached")


def looks(*found):
    stands = {}
    for checks in found:
        stands = followed(stands, checks)
    return [(one.check.name, one.check.level, one.check.says) for one in stands.values()]


def test_what_was_not_reached_once_keeps_the_verdicts_it_had():
    assert looks([ok(RELAY, "it answers"), SOON], [SILENT]) == [
        (RELAY, Level.OK, "it answers"),
        (SOON.name, Level.WARN, SOON.says),
    ]


def test_the_second_time_in_a_row_is_told_and_an_answer_ends_it():
    twice = looks([ok(RELAY, "it answers")], [SILENT], [SILENT])
    assert twice == [(RELAY, Level.WARN, "cannot be reached; asked 2 times")]

    mended = looks([SILENT], [SILENT], [ok(RELAY, "it answers")])
    assert mended == [(RELAY, Level.OK, "it answers")]


def test_a_certificate_that_was_renewed_or_is_not_looked_at_any_more_is_over():
    assert looks([ok(RELAY, "x"), SOON], [ok(RELAY, "x")]) == [(RELAY, Level.OK, "x")]


LEVELS = st.sampled_from(list(Level))


@given(st.lists(LEVELS, min_size=1, max_size=12))
def test_trouble_stands_only_by_an_answer_or_by_two_silences_in_a_row(levels):
    stands = {}
    for level in levels:
        stands = followed(stands, [Check(name="it", level=level, says=level.value)])
    answers = [level for level in levels if level is not Level.UNCHECKED]
    silent = levels[-2:] == [Level.UNCHECKED] * 2

    last = answers[-1] if answers else Level.UNCHECKED
    assert stands["it"].check.level is (Level.WARN if silent else last)

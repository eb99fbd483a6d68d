"""Whatever the numbers, a chart is as wide as it may be, and says what is more than nothing."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from digest.cli import charts
from digest.cli.charts import ASCII, BLOCKS, NARROW, Bar

SIGNS = st.sampled_from([BLOCKS, ASCII])
WIDTHS = st.integers(NARROW, 200)
COUNTS = st.integers(0, 10**9)
NAMES = st.one_of(
    st.text(max_size=80), st.sampled_from(["港の新聞", "Zoë\u0301", "x\ny\t\x1b[31m", ""])
)


@given(st.lists(st.builds(Bar, NAMES, COUNTS, st.just("1,204 9 %")), max_size=12), WIDTHS, SIGNS)
@example([Bar("港" * 60, 3, "3"), Bar("", 0, "a long word to say" * 9)], NARROW, BLOCKS)
def test_bars_fit_and_each_is_one_line(some, width, signs):
    lines = charts.bars(some, width, signs)

    assert len(lines) == len(some)
    assert all(charts.cells(line) <= width for line in lines)
    assert all(line.isprintable() for line in lines)


@given(st.lists(COUNTS, min_size=1, max_size=9), WIDTHS, SIGNS)
def test_a_longer_bar_is_never_the_smaller_and_what_is_there_is_seen(values, width, signs):
    lines = charts.bars([Bar("n", value, "v") for value in values], width, signs)
    lengths = [sum(sign in signs.parts[1:] for sign in line) for line in lines]

    for value, length in zip(values, lengths, strict=True):
        assert (length > 0) == (value > 0)
    ordered = sorted(zip(values, lengths, strict=True))
    assert [length for _, length in ordered] == sorted(lengths)


@given(st.lists(COUNTS, min_size=4, max_size=4), st.integers(4, 200), SIGNS)
def test_the_parts_of_a_bar_fill_it_and_each_that_is_there_is_seen(parts, width, signs):
    drawn = charts.shares(parts, width, signs)

    assert len(drawn) == (width if sum(parts) else 0)
    for sign, part in zip(signs.kinds, parts, strict=True):
        assert (sign in drawn) == (part > 0)


@given(st.lists(COUNTS, max_size=400), st.integers(1, 200), SIGNS)
def test_a_sparkline_fits_and_shows_where_anything_was(values, width, signs):
    drawn = charts.spark(values, width, signs)

    assert len(drawn) <= max(1, width)
    assert (drawn.strip() != "") == any(values)


@given(st.lists(COUNTS, min_size=1, max_size=400), WIDTHS, st.integers(1, 9), SIGNS)
def test_columns_are_as_high_as_asked_and_no_line_is_wider(values, width, height, signs):
    lines = charts.columns(values, width, height, signs)

    assert len(lines) == height
    assert all(len(line) <= width for line in lines)
    if height > 1:
        assert lines[0].strip().startswith(f"{max(values):,}"[:width])


@given(st.lists(COUNTS, max_size=200), st.integers(1, 60))
def test_neighbours_add_up_and_the_last_one_stays_the_last(values, each):
    assert sum(charts.squeezed(values, each)) == sum(values)
    assert charts.thinned(values, each)[-1:] == values[-1:]
    assert len(charts.squeezed(values, each)) == len(charts.thinned(values, each))


@given(st.text(max_size=60), st.integers(0, 40), SIGNS)
def test_words_are_cut_to_what_fits(text, width, signs):
    kept = charts.cut(text, width, signs)

    assert charts.cells(kept) <= width
    assert kept.isprintable()


@given(st.lists(st.text("abc", min_size=1, max_size=30), max_size=9), WIDTHS, SIGNS)
def test_words_are_wrapped_to_what_fits(parts, width, signs):
    assert all(len(line) <= width for line in charts.wrapped(parts, width, signs))


@pytest.mark.parametrize(
    ("encoding", "signs"),
    [("utf-8", BLOCKS), ("ascii", ASCII), ("latin-1", ASCII), ("no-such", ASCII), (None, ASCII)],
)
def test_blocks_are_drawn_where_the_output_takes_them(encoding, signs):
    assert charts.signs(encoding) is signs


def test_a_change_is_seen_though_the_list_is_long():
    drawn = charts.columns([1000, 1010, 1020], 40, 4, BLOCKS)

    assert drawn == ["1,020   █", "       ▃█", "       ██", "  995 ▆██"]

"""Dates as spreadsheets and programs write them."""

from datetime import UTC, datetime

import pytest

from subscribers import dates, lines, roster
from subscribers.dates import Order, UnclearDates
from subscribers.lines import Malformed


def joined(*cells):
    """What a file with these in its column of dates comes to; None: a row left out."""
    data = "email;joined\n" + "".join(f"a{n}@x.example;{one}\n" for n, one in enumerate(cells))
    looked = roster.survey(lines.split([data.encode()]))
    found = roster.read(lines.split([data.encode()]), None, looked.orders)
    return [None if isinstance(one, Malformed) else one.details.joined_at for one in found]


def at(*numbers):
    return datetime(*numbers, tzinfo=UTC)


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("01.02.2024", at(2024, 2, 1)),
        ("1.2.2024 14:05", at(2024, 2, 1, 14, 5)),
        ("01.02.2024, 14:05:30", at(2024, 2, 1, 14, 5, 30)),
        ("45500", at(2024, 7, 27)),
        ("45500.5", at(2024, 7, 27, 12)),
        ("45500,586805556", at(2024, 7, 27, 14, 5)),
        ("1706778000", at(2024, 2, 1, 9)),
        ("1706778000123", at(2024, 2, 1, 9)),
        ("2024/2/1 9:00", at(2024, 2, 1, 9)),
        ("31/1/2024", at(2024, 1, 31)),
        ("1/31/2024 12:05 am", at(2024, 1, 31, 0, 5)),
        ("1-31-2024 2:05 PM", at(2024, 1, 31, 14, 5)),
        ("3/3/2024", at(2024, 3, 3)),
    ],
)
def test_what_can_be_read_in_one_way_is_read(said, meant):
    assert joined(said) == [meant]


@pytest.mark.parametrize(
    ("decides", "meant"),
    [("13/1/2024", at(2024, 1, 2)), ("1/13/2024", at(2024, 2, 1)), ("1-13-2024", at(2024, 2, 1))],
)
def test_one_row_decides_for_its_column(decides, meant):
    assert joined("2/1/2024", "", "3/3/2024", decides)[0] == meant


def test_a_row_against_its_column_is_left_out():
    assert joined("13/1/2024", "1/14/2024") == [at(2024, 1, 13), None]


@pytest.mark.parametrize(
    "said", ["31.2.2024", "12345", "1/31/24", "13/13/2024", "1.2.2024 14:05 PM"]
)
def test_what_is_no_date_is_left_out(said):
    assert joined("2024-01-01", said) == [at(2024, 1, 1), None]


def test_a_date_that_may_be_one_of_two_beside_others_is_left_out_with_the_reason():
    with pytest.raises(ValueError, match="joined_at may be one of two days; write it like"):
        dates.moment("joined_at", "2/1/2024")


def test_a_column_that_no_row_decides_is_told_once_with_its_first_date():
    told = (
        "Line 3, joined_at (column 'joined'): 2/1/2024 may be one of two days, and no other row says "
        "which number is the month; write that column as YYYY-MM-DD, or leave it out of the file"
    )
    with pytest.raises(UnclearDates) as caught:
        joined("", "2/1/2024", "3/3/2024", "4/1/2024", "yesterday")

    assert str(caught.value) == told


@pytest.mark.parametrize(
    ("said", "told"), [("last week", "'last week'"), ("eve@x.example", "a cell")]
)
def test_a_column_without_a_date_is_told_once_and_no_address_with_it(said, told):
    with pytest.raises(
        UnclearDates,
        match=rf"^Line 2, joined_at \(column 'joined'\): {told} is no date, nor is any",
    ):
        joined(said, "soon")


def test_no_more_is_read_than_decides():
    def cells():
        yield 2, {"joined_at": "1/2/2024", "left_at": "2024-01-01"}
        yield 3, {"joined_at": "13/2/2024", "left_at": ""}
        raise AssertionError

    assert dates.orders(cells(), {"joined_at": "Joined", "left_at": "Left"}) == {
        "joined_at": Order.DAY_FIRST
    }


def test_a_long_column_without_a_date_is_not_read_to_its_end():
    def cells():
        yield from ((line, {"left_at": ""}) for line in range(2, 20_002))
        raise AssertionError

    assert dates.orders(cells(), {"left_at": "Left"}) == {}

"""A text part flows in a window of any width and comes back as it was."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.deliver import flowed

LINES = st.lists(st.text("abF rom>", max_size=12), max_size=8).map("\n".join)


@pytest.mark.parametrize(
    ("line", "sent"),
    [
        ("  indented", "   indented"),
        ("> quoted", " > quoted"),
        ("From Harrow", " From Harrow"),
        ("Fromage", "Fromage"),
        ("plain", "plain"),
        ("", ""),
    ],
)
def test_a_line_that_would_be_misread_is_stuffed(line, sent):
    assert flowed.stuffed(f"a\n{line}\nb") == f"a\n{sent}\nb"


@given(LINES)
def test_stuffing_comes_off_again(text):
    assert flowed.lines(flowed.stuffed(text)) == text


def test_lines_that_end_in_a_blank_flow_into_one():
    part = flowed.stuffed("Forty tonnes  \nof new  \noak.\n\n港 \n門\n  [1] here\n")

    assert flowed.paragraphs(part) == "Forty tonnes of new oak.\n\n港門\n  [1] here\n"

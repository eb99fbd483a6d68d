import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.curate import cleaning
from digest.slots import SLOT_CLOSE, SLOT_OPEN


def test_paragraphs_are_parted_by_one_blank_line():
    assert cleaning.clean("one\r\nline\r\n \t\r\n\r\ntwo\u2029\u2029three") == (
        "one line\n\ntwo\n\nthree"
    )


def test_runs_of_space_become_one():
    assert cleaning.clean("  a\u00a0\u2009 b\tc  ") == "a b c"


def test_a_space_at_the_end_of_a_line_does_not_make_two():
    assert cleaning.clean("a \n b\r c") == "a b c"


def test_letters_are_composed():
    assert cleaning.clean("e\u0301te\u0301") == "été"
    assert cleaning.clean("e\u200b\u0301") == "é"


def test_what_cannot_be_seen_is_taken_out():
    assert cleaning.clean("a\u200bb\x00c\ufeffd\u00ade") == "abcde"


def test_no_text_can_forge_a_personal_place():
    assert cleaning.clean(f"{SLOT_OPEN}unsubscribe_url{SLOT_CLOSE}") == "unsubscribe_url"


def test_joiners_and_marks_of_direction_stay():
    text = "👩\u200d🚀 می\u200cخواهم \u200fabc"

    assert cleaning.clean(text) == text


def test_a_title_cannot_break_a_mail_header():
    assert cleaning.one_line("Hello\r\nBcc: all@a.example\n\n there") == (
        "Hello Bcc: all@a.example there"
    )


def test_copies_have_one_fingerprint_whatever_their_case_and_quotes():
    once = cleaning.fingerprint("“The bridge” is OPEN")

    assert once == cleaning.fingerprint('The  "Bridge" is open.')
    assert once != cleaning.fingerprint("The bridge is shut")
    assert cleaning.fingerprint(" …!") == ""


@given(st.text())
def test_cleaning_twice_is_cleaning_once(text):
    once = cleaning.clean(text)

    assert cleaning.clean(once) == once


@given(st.text())
def test_clean_text_holds_no_control_but_the_parting_of_paragraphs(text):
    said = cleaning.clean(text).replace("\n\n", "")

    assert not [c for c in said if unicodedata.category(c) in ("Cc", "Co", "Cs", "Cn", "Zl", "Zp")]
    assert said == said.strip() or "\n\n" in cleaning.clean(text)


@pytest.mark.parametrize(
    ("block", "text"),
    [
        ("| | | The weir is open. It is new. |", "The weir is open. It is new."),
        ("| DL | 63 | 85% |", "DL | 63 | 85%"),
        ("- four", "four"),
        ("a | b", "a | b"),
        ("|", ""),
    ],
)
def test_a_table_that_only_lays_out_a_page_leaves_no_bars(block, text):
    assert cleaning.unboxed(block) == text

"""A field that anybody wrote becomes text, whatever it holds."""

from email import message_from_bytes

import pytest
from hypothesis import given
from hypothesis import strategies as st

from subscribers.fields import LONGEST, SHORT, characters, field, keyword


def a_field(value):
    return field(message_from_bytes(b"X: " + value + b"\r\n\r\n", policy=SHORT), "x")


@pytest.mark.parametrize(
    ("written", "text"),
    [
        (b"plain", "plain"),
        (b"folded\r\n on its way", "folded on its way"),
        ("Пользователь".encode(), "Пользователь"),
        (b"\xff", "\N{REPLACEMENT CHARACTER}"),
        (b"=?utf-8?q?caf=C3=A9_au?= =?utf-8?B?bGFpdA?= now", "café aulait now"),
        (b"=?iso-8859-1?Q?caf=E9?=\r\n =?us-ascii*en?q?_noir?=", "café noir"),
        (b"=?klingon?q?caf?= x", "=?klingon?q?caf?= x"),
        (b"=?punycode?q?caf-dma?=", "=?punycode?q?caf-dma?="),
        (b"=?utf-8?b?%%%?=", ""),
    ],
)
def test_a_field_is_text(written, text):
    assert a_field(written) == text


def test_a_field_that_is_missing_is_empty_and_of_two_the_first_counts():
    message = message_from_bytes(b"A: 1\nA: 2\n\n", policy=SHORT)

    assert (field(message, "B"), field(message, "a")) == ("", "1")


def test_of_an_endless_field_the_beginning_is_kept():
    assert a_field(b"x" * 100_000) == "x" * LONGEST


@pytest.mark.parametrize(
    "said", ["failed", "Failed (permanent)", "(for good) failed; x=y", "failed(x)", " FAILED ,"]
)
def test_the_word_of_a_field_stands_without_its_comments(said):
    assert keyword(said) == "failed"


def test_no_word_is_no_word():
    assert keyword("(nothing) ; x") == "x"
    assert keyword("(nothing)") == ""


@pytest.mark.parametrize("charset", ["idna", "punycode", "klingon", "zip", "a\0b"])
def test_characters_that_no_text_is_in_are_refused(charset):
    with pytest.raises((LookupError, ValueError)):
        characters(b"x" * 10, charset)


@given(st.binary(max_size=300))
def test_any_bytes_are_a_field(value):
    assert isinstance(a_field(value), str)

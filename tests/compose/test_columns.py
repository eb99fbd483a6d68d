import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.compose.columns import COLUMNS, fill, width
from digest.slots import slot

WORDS = st.lists(
    st.text("abcXYZ,.é港水門、。「」🦢👍🏽שלוםمرحبا", min_size=1, max_size=30), max_size=40
)


def test_a_paragraph_is_broken_at_blanks_and_indented():
    text = "Barges return as the old lock gates swing for the first time since September, she says."

    assert fill(text, "  ") == (
        "  Barges return as the old lock gates swing for the first time since\n  September, she says."
    )


def test_a_link_that_is_longer_than_a_line_stays_whole():
    link = "https://herald.example/" + "a-long-path-" * 10

    assert fill(f"Read {link} today", "> ") == f"> Read\n> {link}\n> today"


@pytest.mark.parametrize(
    ("text", "columns"),
    [("harbour", 7), ("港", 2), ("é", 1), ("e\u0301", 1), ("a\u200db", 2), ("", 0)],
)
def test_columns_are_counted_as_a_terminal_shows_them(text, columns):
    assert width(text) == columns


def test_chinese_and_japanese_break_between_characters_but_never_before_a_full_stop():
    lines = fill("港" * 35 + "門。" + "水" * 5).split("\n")

    assert lines == ["港" * 35 + " ", "門。" + "水" * 5]


def test_a_blank_that_does_not_break_stays_within_its_line():
    assert fill("x" * 66 + " numéro\u00a0: 7").split("\n") == ["x" * 66 + "  ", "numéro\u00a0: 7"]


def test_thai_breaks_before_a_vowel_that_begins_a_syllable():
    thai = "นายกเทศมนตรีประกาศแผนใหม่สำหรับท่าเรือมูลค่าสี่ล้านดอลลาร์และจะแล้วเสร็จในสองปี" * 4

    lines = fill(thai).split(" \n")

    assert "".join(lines) == thai
    assert len(lines) > 3
    assert all(width(line) <= COLUMNS for line in lines)
    assert {line[0] for line in lines[1:]} <= set("เแโใไ")


def test_khmer_breaks_where_its_writer_ended_a_word():
    word = "ភ្នំពេញ\u200b"

    lines = fill(word * 30).split(" \n")

    assert "".join(lines) == word * 30
    assert all(line.endswith("\u200b") and width(line) <= COLUMNS for line in lines)


def test_a_line_with_a_readers_address_has_room_for_it():
    filled = fill("You get this because " + slot("reader") + " signed up for The Quayside, x.")

    assert filled.endswith("The  \nQuayside, x.")


def test_an_emoji_is_never_torn_apart():
    family, thumb = "👨‍👩‍👧", "👍🏽"

    for one in (family, thumb):
        lines = fill(("x" * 69) + " " + one + one).split("  \n")

        assert lines == ["x" * 69, one + one]


@given(WORDS)
def test_nothing_is_lost_and_only_what_cannot_break_is_longer_than_a_line(words):
    filled = fill(" ".join(words))

    assert "".join(filled.split()) == "".join(words)
    for line in filled.split("\n"):
        assert width(line.rstrip()) <= COLUMNS or not any(map(str.isspace, line.rstrip()))


@given(WORDS)
def test_a_paragraph_that_flows_is_the_text_again(words):
    text = " ".join(words)

    assert fill(text).replace(" \n", "") == text


@given(st.text("港水門光", min_size=1, max_size=300))
def test_wide_text_always_fits(text):
    assert max(width(line.rstrip()) for line in fill(text).split("\n")) <= COLUMNS
    assert unicodedata.normalize("NFC", fill(text).replace(" \n", "")) == text

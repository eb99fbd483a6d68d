import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.curate import words


def test_function_words_and_single_letters_carry_nothing():
    assert words.tokens("The mayor said that a plan B is in the works for 7 days") == [
        "mayor", "plan", "work", "7", "day",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("forms", "language"),
    [
        ("bridge bridges bridge’s Bridges'", "en"),
        ("report reports reported reporting", "en"),
        ("city cities", "en"),
        ("church churches", "en"),
        ("stop stopped stopping", "en"),
        ("call calls called calling", "en"),
        ("Brücke Brücken", "de"),
        ("route routes", "fr"),
        ("puente puentes", "es"),
        ("ponte ponti", "it"),
        ("ponte pontes", "pt"),
        ("boeken boek", "nl"),
        ("мостами мостов мосты", "ru"),
    ],
)
def test_the_forms_of_a_word_are_one_term(forms, language):
    assert len(set(words.tokens(forms, language))) == 1


@pytest.mark.parametrize("word", ["2024", "bus", "gas", "class", "crisis"])
def test_what_only_looks_like_a_form_is_left_whole(word):
    assert words.stem(word) == word


def test_accents_and_articles_do_not_make_another_word():
    assert words.fold("Été") == words.fold("ete")
    assert words.fold("l’Europe") == "europe"
    assert words.fold("d'une") == "une"
    assert words.fold("o’clock") == "clock"


def test_letters_of_other_scripts_keep_their_marks():
    assert words.fold("Йод") == "йод"


def test_unspaced_scripts_are_read_in_pairs():
    assert words.tokens("橋が開通", "ja") == ["橋が", "が開", "開通"]
    assert words.tokens("橋", "ja") == ["橋"]


def test_a_language_without_a_list_is_read_like_english():
    assert words.tokens("the silta", "fi") == ["silta"]


@given(st.text())
def test_any_text_has_terms_without_space(text):
    assert all(term and term == term.strip() for term in words.tokens(text))

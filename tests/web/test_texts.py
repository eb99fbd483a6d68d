from __future__ import annotations

import io
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.extract import extract
from jinja2.ext import babel_extract

from digest.web import texts
from digest.web.desk import day
from digest.web.texts import LANGUAGES, LOCALE, catalogue, pick, translations
from tests.builders import NOW

ROOT = Path(__file__).resolve().parents[2]
OTHERS = [language for language in LANGUAGES if language != "en"]
OPTIONS = {"trimmed": "true", "newstyle_gettext": "true", "trim_blocks": "true"}


def sentences() -> Iterator[str]:
    """Every sentence that the templates and the code of the pages say."""
    for path in (ROOT / "templates" / "web").glob("*.html"):
        file = io.BytesIO(path.read_bytes())
        for _, _, said, _ in babel_extract(file, ("_", "gettext", "ngettext"), [], OPTIONS):
            yield said if isinstance(said, str) else said[0]
    for path in (ROOT / "digest" / "web").glob("*.py"):
        for _, said, _, _ in extract("python", io.BytesIO(path.read_bytes()), {"N_": None}):
            yield said if isinstance(said, str) else said[0]


@pytest.mark.parametrize("language", OTHERS)
def test_every_sentence_is_said_in_every_language_and_no_other(language: str):
    said = {message.id: message for message in catalogue(language) if message.id}

    assert set(said) == set(sentences())
    assert [one.id for one in said.values() if not one.string or one.fuzzy] == []


@pytest.mark.parametrize("language", OTHERS)
def test_a_sentence_keeps_its_blanks(language: str):
    def blanks(text: str) -> list[str]:
        return sorted(part.split(")s")[0] for part in text.split("%(")[1:])

    for message in catalogue(language):
        if message.id:
            assert blanks(str(message.id)) == blanks(str(message.string)), message.id


def test_no_line_of_a_page_breaks_before_a_mark_that_french_parts_from_its_word():
    said = [str(message.string) for message in catalogue("fr")]

    assert [one for one in said if re.search(r" [?!:;»]|« ", one)] == []


def test_there_is_a_catalogue_for_each_language_and_no_other():
    assert sorted(path.stem for path in LOCALE.iterdir()) == sorted(OTHERS)


@pytest.mark.parametrize(
    ("asked", "accepted", "language"),
    [
        ("ar", "de", "ar"),
        ("de-AT", "en", "de"),
        ("xx", "de-AT,en;q=0.5", "de"),
        (None, "ja, es; q=0.4, ru ; q=0.9", "ru"),
        (None, "ja, es;q=0.4, ru;q=0.9", "ru"),
        (None, "*", "fr"),
        (None, "de;q=0, en;q=nonsense", "fr"),
        (None, "", "fr"),
    ],
)
def test_the_language_is_the_readers_own(asked: str | None, accepted: str, language: str):
    assert pick(asked, accepted, "fr") == language


def test_a_newsletter_in_a_seventh_language_has_english_pages():
    assert pick(None, "", "pl") == "en"
    assert texts.translations("pl").gettext("Undo") == "Undo"


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_sentence_that_ends_in_a_day_ends_in_one_full_stop(language: str):
    said = translations(language).gettext("It starts again by itself on %(day)s.")

    told = said % {"day": day(NOW, "UTC", language)}

    assert told.endswith(".")
    assert not told.endswith("..")


# What is said to a person in the form for a man alone; an address is feminine in the first two.
FOR_A_MAN = re.compile(
    r"\b(?:abonné|désabonné|inscrit|suscrito|[Вв]ы подписан|مشتركًا|قارئ منذ)\b|أنت مشترك"
)


@pytest.mark.parametrize("language", OTHERS)
def test_no_reader_is_taken_for_a_man(language: str):
    pages = [str(message.string) for message in catalogue(language) if message.id]
    mails = (ROOT / f"templates/email/words/{language}.toml").read_text("utf-8").splitlines()

    assert [said for said in (*pages, *mails) if FOR_A_MAN.search(said)] == []


def test_an_address_that_begins_with_a_number_keeps_its_order_in_arabic():
    pages = [str(message.string) for message in catalogue("ar") if message.id]
    mails = tomllib.loads((ROOT / "templates/email/words/ar.toml").read_text("utf-8"))
    said = [*pages, mails["why"], mails["letter_to"]]

    named = [one for one in said if "%(address)s" in one or "{who}" in one]

    # Without the mark 12@qq.com reads qq.com@12: a number has no direction of its own.
    assert len(named) == 8
    assert [one for one in named if not re.search("\u200e(?:%\\(address|{who})", one)] == []


@pytest.mark.parametrize("language", ["ru", "ar"])
def test_a_number_that_the_operator_sets_stands_beside_no_plural_of_another(language: str):
    kept = [str(m.string) for m in catalogue(language) if "_days)s" in str(m.id)]

    # 31 день, 92 дня, 90 дней: the word comes first, in a form that fits them all.
    assert len(kept) == 2
    for said in kept:
        places = re.findall(r"(\S+ )?%\((?:mark_days|days|original_days)\)s(.)", said)
        assert {(before[-2:], after) for before, after in places} == {(": ", ")")}

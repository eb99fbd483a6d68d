from __future__ import annotations

import re
import unicodedata

import pytest

from digest.compose import letters, render, templates
from digest.compose.letters import BUTTONS, LetterJob
from digest.errors import Misconfigured
from digest.model import Newsletter, NewsletterId

LANGUAGES = ("en", "de", "fr", "es", "ru", "ar")
OURS = templates.ours() / "email"


def a_letter(kind="confirm", *, language="en", folders=(OURS,), **given):
    newsletter = Newsletter(
        id=NewsletterId("daily"),
        title=given.pop("title", "The Quayside"),
        sender="The Quayside <digest@quayside.example>",
        **given,
    )
    return letters.letter(
        LetterJob(
            kind=kind,
            newsletter=newsletter,
            language=language,
            site_name="Harrow Quay Library",
            base_url="https://quayside.example",
            postal_address="1 Ferry Steps\nHarrow Quay",
            templates=folders,
        )
    )


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", BUTTONS)
def test_every_letter_speaks_every_language_in_words_of_its_own(kind, language):
    letter = a_letter(kind, language=language)

    assert letter.key == f"{kind}-{language}"
    assert "The Quayside" in letter.text
    assert not re.search(r"\{[a-z]+\}", letter.subject + letter.html + letter.text)
    assert BUTTONS[kind] in render.slots(letter.html)
    assert BUTTONS[kind] in render.slots(letter.text)
    if language != "en":
        assert letter.subject != a_letter(kind).subject


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", BUTTONS)
def test_a_subject_fits_an_inbox_and_does_not_shout(kind, language):
    subject = a_letter(kind, language=language).subject

    # A phone shows some 40 characters of a subject, a wide inbox some 70.
    assert 8 <= len(subject) <= 60
    assert subject == " ".join(subject.split())
    assert not re.search(r"[!¡]|\.$|[{}%<>]|(?i:\b(?:re|fwd?|aw):)", subject)
    assert not [word for word in subject.split() if len(word) > 3 and word.isupper()]
    assert all(unicodedata.category(c) not in ("Cc", "Cf", "Co", "So") for c in subject)


def test_a_language_we_do_not_speak_is_english():
    assert a_letter(language="tlh") == a_letter(language="en")


def test_only_the_welcome_offers_to_leave_what_has_begun():
    offers = {kind: "unsubscribe_url" in render.slots(a_letter(kind).text) for kind in BUTTONS}

    assert [kind for kind, offered in offers.items() if offered] == ["welcome"]


@pytest.mark.parametrize("kind", BUTTONS)
def test_no_line_of_the_text_is_longer_than_72_columns(kind):
    text = a_letter(kind, language="de").text

    assert [line for line in text.splitlines() if len(line) > 72] == []


def test_no_letter_asks_another_host_for_anything():
    for kind in BUTTONS:
        asked = re.findall(r"(?:src|background)=\"?(https?:[^\"> ]+)", a_letter(kind).html)
        assert asked == []


def test_a_title_is_text_and_never_markup():
    letter = a_letter(title="R&D <b>{{ 7 * 7 }}</b> {days}")

    assert "R&amp;D &lt;b&gt;{{ 7 * 7 }}&lt;/b&gt;" in letter.html
    assert letter.subject == "Please confirm: R&D <b>{{ 7 * 7 }}</b> {days}"


def test_the_operators_letter_comes_before_ours(tmp_path):
    own = tmp_path / "letters" / "confirm" / "subject.txt"
    own.parent.mkdir(parents=True)
    own.write_text("Is it you, {{ reader.address }}?")

    letter = a_letter(folders=(tmp_path, OURS))

    assert render.slots(letter.subject) == ["reader"]


def test_a_mistake_in_a_letter_names_its_file_line_and_variable(tmp_path):
    own = tmp_path / "letters" / "welcome" / "body.txt"
    own.parent.mkdir(parents=True)
    own.write_text("Hello\n{{ letter.greeting }}\n")

    with pytest.raises(Misconfigured, match=r"letters/welcome/body\.txt:2.*greeting"):
        a_letter("welcome", folders=(tmp_path, OURS))

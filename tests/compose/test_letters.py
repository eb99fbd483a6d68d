from __future__ import annotations

import re
import unicodedata
from pathlib import Path

import pytest

from digest import htmltree
from digest.compose import columns, legible, letters, links, render, support, templates, words
from digest.compose.letters import BUTTONS, LATEST_STORIES, LetterJob
from digest.errors import Misconfigured
from digest.model import Newsletter, NewsletterId
from tests.compose.desk import BASE_URL, THEMES, a_paper, laid_out, numbered

LANGUAGES = ("en", "de", "fr", "es", "ru", "ar")
OURS = templates.ours() / "email"


def a_letter(kind="confirm", **given):
    return letters.letter(a_job(kind, **given))


def a_job(kind, *, language="en", folders=(OURS,), latest=None, **given):
    newsletter = Newsletter(
        id=NewsletterId("daily"),
        title=given.pop("title", "The Quayside"),
        sender="The Quayside <digest@quayside.example>",
        **given,
    )
    return LetterJob(
        kind=kind,
        newsletter=newsletter,
        language=language,
        site_name="Harrow Quay Library",
        base_url="https://quayside.example",
        postal_address="1 Ferry Steps\nHarrow Quay",
        templates=folders,
        latest=latest,
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


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_goodbye_speaks_of_the_newsletter_alone(language):
    said = words.letter("goodbye", language, (OURS,))

    assert all("{title}" in said[name] for name in ("subject", "preheader", "text", "note"))


BUTTON = {"en": "button", "de": "Knopf", "fr": "bouton", "es": "botón", "ru": "кнопк", "ar": "الزر"}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", BUTTONS)
def test_no_letter_sends_who_reads_its_text_part_to_a_button(kind, language):
    said = words.letter(kind, language, (OURS,))

    assert BUTTON[language] not in said["text"]


def test_a_language_we_do_not_speak_is_english():
    assert a_letter(language="tlh") == a_letter(language="en")


def test_only_letters_to_a_reader_offer_to_leave():
    offers = {kind: "unsubscribe_url" in render.slots(a_letter(kind).text) for kind in BUTTONS}

    assert [kind for kind, offered in offers.items() if offered] == ["welcome", "links"]


@pytest.mark.parametrize("kind", BUTTONS)
def test_no_line_of_the_text_is_longer_than_72_columns(kind):
    text = a_letter(kind, language="de", latest=a_paper(12)).text

    wide = [line for line in text.splitlines() if columns.width(line.rstrip()) > 72]
    assert [line for line in wide if "://" not in line] == []


def test_a_welcome_shows_the_latest_issue():
    issue = a_paper(12)

    letter = a_letter("welcome", latest=issue)

    first, rest = issue.stories[:LATEST_STORIES], issue.stories[LATEST_STORIES:]
    for part in (letter.html, letter.text):
        assert "https://quayside.example/archive/daily/2026-11-24" in part
        assert [s.lead.title for s in first if s.lead.title not in part] == []
        assert [s.lead.title for s in rest if s.lead.title in part] == []
    assert issue.stories[0].summary in letter.html
    assert letter.html.index("Welcome") < letter.html.index("The latest issue")


def test_in_a_welcome_a_story_in_another_direction_keeps_its_own_and_its_byline_the_letters():
    letter = a_letter("welcome", language="ar", latest=a_paper(1))

    dirs = re.findall(r'<(h3|p|td|tr)[^>]* dir="(\w+)"', letter.html)
    assert dirs == [("h3", "ltr"), ("p", "ltr")]


def test_a_headline_without_a_blank_begins_beside_its_star():
    long = numbered(0, title="Donaudampfschifffahrt" * 5)

    text = a_letter("welcome", latest=laid_out([long])).text

    assert f"\n* {long.lead.title}\n  (Harrow Quay Herald)\n" in text


def test_a_long_title_and_its_button_are_wrapped_in_the_text():
    title = "The Very Long Newsletter Name of Harrow Quay, Its Environs and Its Other Coasts"

    text = a_letter("links", title=title).text

    wide = [line for line in text.splitlines() if columns.width(line.rstrip()) > 72]
    assert [line for line in wide if "://" not in line] == []


def test_a_welcome_before_the_first_issue_shows_none():
    letter = a_letter("welcome")

    assert "latest issue" not in letter.html + letter.text.lower()
    assert letter.text == a_letter("welcome", latest=None).text


def test_the_latest_issue_is_dated_in_the_language_of_the_letter():
    letter = a_letter("welcome", language="de", latest=a_paper(3))

    assert "DIE JÜNGSTE AUSGABE" in letter.text
    assert "Dienstag, 24. November" in letter.text


@pytest.mark.parametrize("kind", sorted(BUTTONS.keys() - {"welcome"}))
def test_no_other_letter_shows_an_issue(kind):
    assert a_letter(kind, latest=a_paper(3)) == a_letter(kind)


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("language", ["en", "ar"])
@pytest.mark.parametrize("kind", BUTTONS)
def test_a_letter_can_be_read_in_every_scheme_and_program(kind, language, theme):
    letter = a_letter(kind, language=language, theme=theme, latest=a_paper(12))
    root = htmltree.tree(letter.html)
    sheets = "".join(one.text or "" for one in root.iter("style"))

    assert legible.faint(root, sheets) == []
    assert list(support.unsupported(root, sheets)) == []
    assert list(links.check(root, {})) == []


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


def variables(value, path):
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from variables(inner, f"{path}.{name}")
    else:
        yield path


def test_every_variable_of_a_letter_is_documented():
    told = (Path(__file__).parents[2] / "docs" / "templates.md").read_text("utf-8")
    context = letters._context(a_job("welcome", latest=a_paper(8)), "en")

    names = [
        n for group in ("letter", "latest", "newsletter") for n in variables(context[group], group)
    ]
    assert "latest.stories" in names
    assert [name for name in names if f"`{name}`" not in told] == []
    assert [name for name in context if f"`{name}`" not in told and f"`{name}." not in told] == []


def test_a_welcome_leads_to_the_latest_issue_on_the_web_where_it_stands_there():
    shown = a_letter("welcome", latest=a_paper(3))
    hidden = a_letter("welcome", latest=a_paper(3), archive="off")

    for told in (shown.html, shown.text):
        assert f"{BASE_URL}/archive/daily/2026-11-24" in told
    for told in (hidden.html, hidden.text):
        assert "/archive/" not in told
    assert 'href=""' not in hidden.html

"""Whole pages of plain text, hand-written in several languages, each read to its last word.

A page is ``pages/NAME.txt``; ``NAME.toml`` says what its article is. Beside them stands a page that
somebody really saved, where its folder is there.
"""

from __future__ import annotations

import tomllib
from datetime import UTC, datetime, time
from pathlib import Path

import pytest

from digest.curate import extract, plaintext
from digest.curate.summarise import summarise
from digest.model import DateSource, Form
from tests.builders import NOW, an_item

PAGES = sorted((Path(__file__).parent / "pages").glob("*.txt"))
SAMPLES = Path(__file__).parents[3] / "shared" / "samples"
SAVED = SAMPLES / "000_ee99a2aa88b2bd6e.txt"
FURNITURE_OF_SAVED = (
    "Thursday, June 20, 2024",
    "Subscribe",
    "Please enter your comment",
    "Please enter your name",
    "reCAPTCHA",
    "More Articles",
)
saved_page = pytest.mark.skipif(
    not SAVED.exists(), reason="the saved page is not part of the project: ../shared/samples"
)


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_a_page_is_its_article_and_nothing_else(path):
    wanted = tomllib.loads(path.with_suffix(".toml").read_text("utf-8"))

    page = plaintext.read(path.read_text("utf-8"))

    assert page.title == wanted["title"]
    assert page.body == wanted["body"].strip()
    assert page.author == wanted.get("author")


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_the_day_of_a_page_says_where_it_stood(path):
    wanted = tomllib.loads(path.with_suffix(".toml").read_text("utf-8"))

    said = plaintext.read(path.read_text("utf-8")).dated

    if "day" not in wanted:
        assert said == ()
        return
    (day,) = said
    assert day.at == datetime.combine(wanted["day"], time(), UTC)
    assert day.source is DateSource(wanted["source"])
    assert day.exact is (day.source is DateSource.BYLINE)


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_windows_line_ends_change_nothing(path):
    text = path.read_text("utf-8")

    assert plaintext.read(text.replace("\n", "\r\n")) == plaintext.read(text)


@saved_page
def test_a_saved_page_has_its_title_and_a_masthead_for_a_date():
    article = _saved()

    assert article.title == "Putin, Kim meet at Russia’s space launch facility"
    assert article.dated.source is DateSource.MASTHEAD
    assert article.dated.at == datetime(2024, 6, 20, tzinfo=UTC)
    assert not article.dated.exact


@saved_page
@pytest.mark.parametrize("line", FURNITURE_OF_SAVED)
def test_a_saved_page_loses_its_furniture(line):
    article = _saved()

    assert line not in article.text
    assert line not in " ".join(one.text for one in summarise(article))


@saved_page
def test_a_saved_page_loses_no_paragraph():
    blocks = [one.strip() for one in SAVED.read_text("utf-8").split("\n\n") if one.strip()]

    said = _saved().text.split("\n\n")

    end = next(n for n, block in enumerate(blocks) if "Subscribe" in block)
    assert said == blocks[2:end]


def _saved():
    text = SAVED.read_text("utf-8")
    item = an_item(SAVED.as_uri(), form=Form.TEXT, content=text, title=None)
    return extract.read(item, source_name="samples", seen=NOW)

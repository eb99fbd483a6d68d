"""The mail as a reader has it: its pictures, its targets under a thumb, its ways out."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from dataclasses import replace

import pytest
from PIL import Image, ImageDraw
from playwright.sync_api import Page

from bench.mail import axe, check, paper, proof, readers, shots, spam, w3c
from digest.compose import render
from tests.builders import a_story, an_article
from tests.compose.desk import laid_out, numbered, rendered
from tests.web.chromium import need_chromium

need_chromium()

FONTS = shots.other_fonts()
SHEETS = [(theme, language) for theme in paper.THEMES for language in paper.SCRIPTS]
SMALL_LINKS = """() => [...document.querySelectorAll('a')]
  .map(a => [a.textContent.trim(), a.getBoundingClientRect().height])
  .filter(([, height]) => height < 44)"""
CUT_OFF = "() => document.documentElement.scrollWidth - innerWidth"


@pytest.fixture(scope="module")
def window() -> Iterator[Page]:
    with shots.window() as opened:
        yield opened


@pytest.mark.skipif(
    bool(FONTS) and os.environ.get("DIGEST_TESTS") != "complete",
    reason=f"nothing to compare: {FONTS}",
)
@pytest.mark.parametrize("shot", shots.SHOTS, ids=lambda shot: shot.name)
def test_a_mail_looks_as_it_did(window, shot):
    assert shots.compare(window, shot) == ""


def test_there_is_a_golden_file_for_every_shot_and_no_other():
    kept = {path.name for path in shots.GOLDEN.glob("*.png")}

    assert kept == {shot.name for shot in shots.SHOTS}
    assert len(kept) == 48
    assert sum(path.stat().st_size for path in shots.GOLDEN.glob("*.png")) < 4_500_000


def test_another_accent_alone_is_seen(window):
    html = paper.sheet("paper", "en").parts["text/html"]

    with shots.opened(window, html, width=640, scheme="light", images="on") as page:
        before = shots.small(page.screenshot(full_page=True))
    other = html.replace("#1D5A62", "#8A1D62")
    with shots.opened(window, other, width=640, scheme="light", images="on") as page:
        after = shots.small(page.screenshot(full_page=True))

    assert other != html
    assert shots.difference(before, before) == 0
    assert shots.difference(before, after) > shots.TOLERANCE


def test_a_line_that_moved_or_a_colour_that_changed_is_seen():
    page = Image.new("RGB", (320, 800), "#FDFBF6")
    ImageDraw.Draw(page).rectangle((20, 100, 300, 120), fill="#211F1B")
    moved, paler, taller = page.copy(), page.copy(), Image.new("RGB", (320, 900), "#FDFBF6")
    moved.paste(page.crop((0, 90, 320, 130)), (0, 94))
    ImageDraw.Draw(paler).rectangle((20, 100, 300, 120), fill="#8B8475")

    assert shots.difference(page, page) == 0
    for other in (moved, paler, taller):
        assert shots.difference(page, other) > shots.TOLERANCE


@pytest.mark.parametrize(("theme", "language"), SHEETS)
def test_on_a_phone_every_link_is_44_px_high(window, theme, language):
    html = paper.sheet(theme, language).parts["text/html"]

    with shots.opened(window, html, width=375, scheme="light", images="on") as page:
        assert page.evaluate(SMALL_LINKS) == []


@pytest.mark.parametrize(("theme", "kind", "language"), paper.LETTERS)
def test_in_a_letter_too(window, theme, kind, language):
    html = paper.letter(theme, kind, language).parts["text/html"]

    with shots.opened(window, html, width=375, scheme="light", images="on") as page:
        assert page.evaluate(SMALL_LINKS) == []


@pytest.mark.parametrize(("theme", "language"), SHEETS)
@pytest.mark.parametrize("images", ["on", "off"])
def test_at_200_per_cent_nothing_is_cut_off(window, theme, language, images):
    """A window of 640 px at 200 % is one of 320."""
    html = paper.sheet(theme, language).parts["text/html"]

    with shots.opened(window, html, width=320, scheme="light", images=images) as page:
        assert page.evaluate(CUT_OFF) <= 0


@pytest.mark.parametrize("theme", paper.THEMES)
@pytest.mark.parametrize("title", ["x" * 400, "Barges " * 57, "🦢", "港の水門" * 100])
def test_no_headline_is_too_wide_for_a_phone(window, theme, title):
    stories = [numbered(n, title=title.strip(), summary=title.strip()) for n in range(8)]
    issue = replace(laid_out(stories), pictures={})

    html = rendered(issue, theme=theme).html

    with shots.opened(window, html, width=375, scheme="light", images="on") as page:
        assert page.evaluate(CUT_OFF) <= 0


@pytest.mark.parametrize("theme", paper.THEMES)
@pytest.mark.parametrize(
    "source", ["The Honourable Company of Long Names, North Bank " * 2, "m" * 21]
)
def test_no_source_in_brief_is_too_wide_for_a_phone(window, theme, source):
    named = an_article("https://named.example/", source_name=source.strip())
    issue = laid_out([numbered(0), a_story(named, sentences=())])

    html = rendered(replace(issue, pictures={}), theme=theme).html

    assert issue.brief
    with shots.opened(window, html, width=320, scheme="light", images="on") as page:
        assert page.evaluate(CUT_OFF) <= 0


def test_on_a_phone_no_small_picture_is_wider_than_it_was(window):
    newsletter, issue = paper.the_issue("paper", "en")
    tall = {url: replace(one, width=467, height=1400) for url, one in issue.pictures.items()}
    html = render.edition(paper.job(newsletter, replace(issue, pictures=tall))).html

    with shots.opened(window, html, width=375, scheme="light", images="on") as page:
        widths = page.evaluate("[...document.querySelectorAll('.th img')].map(i => i.width)")
    assert set(widths) == {43}


@pytest.mark.parametrize(("theme", "language"), SHEETS)
def test_without_its_style_elements_a_mail_still_fits_a_phone(window, theme, language):
    """Gmail drops them for accounts of other hosts, and in a clipped mail."""
    html = paper.sheet(theme, language).parts["text/html"]
    bare = re.sub(r"<style.*?</style>", "", html, flags=re.DOTALL)

    assert "<style" not in bare
    with shots.opened(window, bare, width=375, scheme="light", images="on") as page:
        assert page.evaluate(CUT_OFF) <= 0


def test_the_inspection_sees_a_mail_that_breaks_a_rule(window):
    html = "<!doctype html><html lang=en><title>t</title><h1>t</h1><p style='color:#999'>faint"

    said = axe.inspect(window, html, width=375, scheme="light")

    assert [one.split(" at ")[0] for one in said] == ["color-contrast"]


def test_a_mail_that_asks_a_stranger_is_seen(window):
    html = "<!doctype html><img src='https://pixel.example/1.gif' alt=''>"

    with (
        pytest.raises(AssertionError, match=r"asked for https://pixel\.example/1\.gif"),
        shots.opened(window, html, width=375, scheme="light", images="on"),
    ):
        pass


def test_pythons_reading_is_ours_and_a_change_shows():
    sheet = paper.sheet("paper", "ar")
    meant = readers.ours(sheet)

    assert readers.differing(meant, readers.python(sheet.message)) == []
    other = readers.python(sheet.message.replace(b"Subject: ", b"Subject: Re: ", 1))
    assert readers.differing(meant, other) == ["subject"]
    other = readers.python(paper.sheet("paper", "en").message)
    assert {"text", "html"} <= set(readers.differing(meant, other))


def test_only_what_is_explained_is_accepted():
    assert w3c.accepted("CSS: “mso-hide”: Property “mso-hide” doesn't exist.")
    assert not w3c.accepted("Element “p” not allowed as child of element “span”")


def test_the_last_line_reports_every_figure():
    keys = [key for key, _, _ in check.PROOFS if key]

    assert keys == [
        "goldens", "axe_violations", "mjml_errors", "html_errors", "spam_score", "max_html_bytes",
    ]  # fmt: skip


def test_a_tool_that_is_not_there_is_no_zero(monkeypatch, capsys):
    monkeypatch.setenv("PATH", "/nowhere")
    monkeypatch.setattr(check, "PROOFS", (("spam_score", "SpamAssassin", spam.prove),))

    with pytest.raises(SystemExit) as stopped:
        check.main()

    *said, last = capsys.readouterr().out.strip().splitlines()
    assert stopped.value.code == 1
    assert "NOT MADE: spamassassin is not on the path; Debian's package spamassassin" in said[0]
    assert json.loads(last)["spam_score"] is None


def test_a_proof_that_fails_fails_the_check(monkeypatch, capsys):
    wrong = proof.Proof(figure=1, said="one mail", wrong=["paper-en: too loud"])
    monkeypatch.setattr(check, "PROOFS", (("axe_violations", "axe-core", lambda: wrong),))

    with pytest.raises(SystemExit) as stopped:
        check.main()

    out = capsys.readouterr().out
    assert stopped.value.code == 1
    assert "FAILS: 1 (one mail)\n    paper-en: too loud\n" in out
    assert json.loads(out.splitlines()[-1]) == {
        "axe_violations": 1, "themes": 3, "languages": 6,
    }  # fmt: skip

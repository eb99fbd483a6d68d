import json
import re

import pytest

from digest.compose import proof
from digest.compose.prepared import Prepared
from digest.compose.report import report
from digest.errors import Misconfigured
from tests.builders import NOW, a_newsletter
from tests.compose.desk import BASE_URL, THEMES, a_paper, laid_out, numbered, rendered
from tests.compose.test_report import a_rehearsal


def a_part(issue=None, **given):
    edition = rendered(issue or a_paper(3), **given)
    return proof.Part(key="en", html=edition.html, text=edition.text)


def write(folder, *parts, said=None):
    return proof.write(
        folder,
        title="The Quayside",
        at=NOW,
        report=said or report(a_rehearsal(a_paper(3))),
        parts=parts,
        base_url=BASE_URL,
    )


def test_a_rehearsal_is_a_folder_with_a_page_to_open(tmp_path):
    part = a_part()

    page = write(tmp_path / "out", part)

    assert page == tmp_path / "out/index.html"
    assert sorted(str(p.relative_to(page.parent)) for p in page.parent.rglob("*.*")) == [
        "editions/en.html",
        "editions/en.txt",
        "index.html",
        "proof/en-dark.html",
        "proof/en-light.html",
        "report.json",
    ]
    assert (tmp_path / "out/editions/en.html").read_text("utf-8") == part.html
    assert (tmp_path / "out/editions/en.txt").read_text("utf-8") == part.text


def test_the_report_is_written_as_it_is(tmp_path):
    said = report(a_rehearsal(a_paper(3)))

    write(tmp_path, a_part(), said=said)

    assert json.loads((tmp_path / "report.json").read_text("utf-8")) == said


def test_the_page_shows_each_edition_at_two_widths_in_two_schemes_and_its_text(tmp_path):
    html = write(tmp_path, a_part()).read_text("utf-8")

    assert re.findall(r'<iframe class="(\w+)".*?src="(.*?)"', html) == [
        ("desktop", "proof/en-light.html"),
        ("phone", "proof/en-light.html"),
        ("desktop", "proof/en-dark.html"),
        ("phone", "proof/en-dark.html"),
    ]
    for said in (
        "THE QUAYSIDE\n",
        "recency 0.80: seen 3 h ago",
        "left out to fit the byte budget: Old",
        "warns shouting",
        "2026-11-24 06:30 UTC (feed)",
    ):
        assert said in html


def test_a_page_asks_the_network_for_nothing(tmp_path):
    html = write(tmp_path, a_part()).read_text("utf-8")

    assert [a for a in re.findall(r'(?:src|href)="([^"]*)"', html) if "://" in a] == []
    for scheme in ("light", "dark"):
        shown = (tmp_path / f"proof/en-{scheme}.html").read_text("utf-8")
        asked = re.findall(r'src="([^"]*)"', shown)
        assert asked
        assert [a for a in asked if not a.startswith("../media/")] == []


def test_what_articles_say_is_no_markup_on_the_page(tmp_path):
    issue = laid_out([numbered(0, title="<script>alert(1)</script>")])

    html = write(tmp_path, a_part(issue), said=report(a_rehearsal(issue))).read_text("utf-8")

    assert "<script" not in html
    assert "&lt;script&gt;alert(1)" in html


def test_without_an_issue_the_page_says_why_there_is_no_mail(tmp_path):
    said = report(a_rehearsal(None, reason="no story to tell", editions=()))

    html = write(tmp_path, said=said).read_text("utf-8")

    assert "There would be no mail" in html
    assert "no story to tell" in html
    assert "<iframe" not in html
    assert not (tmp_path / "editions").exists()


@pytest.mark.parametrize("name", THEMES)
def test_the_copies_wear_one_scheme_each_whatever_the_browser_prefers(name):
    html = a_part(theme=name).html

    light, dark = proof.in_scheme(html, dark=False), proof.in_scheme(html, dark=True)

    assert html.count("prefers-color-scheme") == 1
    assert "prefers-color-scheme" not in light + dark
    assert "@media not all" in light
    assert "@media all" in dark
    assert ":root{color-scheme:light;" in light
    assert ":root{color-scheme:dark;" in dark


def test_a_folder_that_cannot_be_written_is_named_with_the_cure(common_folder):
    locked = common_folder / "locked"
    locked.mkdir()
    locked.chmod(0o500)

    with pytest.raises(Misconfigured, match="give another folder with --out") as caught:
        write(locked, a_part())

    assert str(locked) in str(caught.value)
    assert list(locked.iterdir()) == []


def test_what_was_prepared_without_a_mail_holds_its_reason_and_nothing_else():
    prepared = Prepared(newsletter=a_newsletter(), at=NOW, reason="no story to tell")

    assert (prepared.issue, prepared.editions, prepared.findings, prepared.notes) == (
        None,
        (),
        {},
        (),
    )

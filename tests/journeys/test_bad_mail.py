"""What an article may hold, from its cleaning to the mail as a reader's program reads it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from digest.compose import columns, lint, theme
from digest.curate import cleaning
from digest.deliver import flowed, wayout
from digest.deliver.message import compile_edition, splice
from digest.deliver.postmark import Postmark, Reader, personal
from digest.errors import Misconfigured
from digest.model import Heading
from subscribers.model import SubscriberId
from tests.builders import NOW, a_newsletter
from tests.compose.desk import BASE_URL, OURS, SECTIONS, THEMES, laid_out, numbered, rendered
from tests.compose.test_mail import Page

BAD = {
    "a headline of 400 characters": ("Barges " * 57 + "!", "They are back."),
    "a headline of one emoji": ("🦢", "A swan is back."),
    "a headline without a space": ("x" * 400, "It is one word."),
    "markup": ("<b>R&D</b> </td></table>", "a < b && c > d <img src=x onerror=alert(1)>"),
    "a template": ("{{ reader.name }} {% if %}", "{{ 7 * 7 }} {# no #} {{ ''.__class__ }}"),
    "quoted-printable": ("100 % = 3D =\u00a0=20", "=3D =\u00a0= %s %(x)d =\r\n= soft"),
    "a lone dot": ("The end", "It ends here.\n.\nAnd goes on.\n.\r\n..\r\nFrom us."),
    "an override of direction": ("\u202egpj.exe\u202c lamps", "\u2066one\u2069 \u202dtwo\u202c"),
    "what nobody sees": ("La\u200bmp\ufeff re\u00adlit\u2060", "It\u200b is\u180e green\u2028."),
    "control characters": ("Lamp\x00 \x1b[31mred\x07", "a\x0bb\x0cc\x85d\ue0f0name\ue0f1"),
    "accents without end": ("Z" + "\u0310" * 200, "Z" + "\u0489" * 60 + " is back."),
    "another script": ("עדכון 3 < 4 خبر", "R&D في حوض القوارب: 3 < 4 (שלוש)."),
}


def told(number, title, summary, **given):
    """A story as it comes out of curate."""
    clean = cleaning.one_line(title), " ".join(cleaning.clean(summary).split())
    return numbered(number, title=clean[0], summary=clean[1], **given)


def posted(issue, newsletter, edition):
    postmark = Postmark(
        newsletter=newsletter, base_url=BASE_URL, unsubscribe_mailbox="", ring=(b"k" * 32,)
    )
    ada = Reader(id=SubscriberId("ada"), address="ada@example.org", name="", due=NOW)
    own = personal(postmark, issue, ada)
    return splice(compile_edition(edition, postmark.letterhead), own)


def read(message):
    from bench.mail.paper import read as parts_of  # slow import: the proofs bring a browser

    parts = parts_of(message)
    return parts["text/html"], flowed.paragraphs(parts["text/plain"])


def stops(edition, issue, newsletter):
    found = lint.lint(edition, issue, newsletter, base_url=BASE_URL)
    return [one for one in found if one.level == "stops"]


@pytest.mark.parametrize("name", THEMES)
@pytest.mark.parametrize("bad", BAD)
def test_it_reaches_the_reader_as_text_in_both_parts(bad, name):
    title, summary = BAD[bad]
    newsletter = a_newsletter(theme=name, sections=SECTIONS)
    stories = [told(n, title, summary) for n in range(3)]
    issue = laid_out(stories, newsletter=newsletter)

    edition = rendered(issue, newsletter=newsletter)
    message = posted(issue, newsletter, edition)
    html, text = read(message)

    page = Page(html)
    clean = stories[0].lead.title, stories[0].summary
    for part in (page.text, " ".join(text.split())):
        assert [part.count(one) >= 3 for one in clean] == [True, True]
    assert (page.open, page.odd) == ([], [])
    assert stops(edition, issue, newsletter) == []
    assert wayout.objections(message) == []
    lines = message.partition(b"\r\n\r\n")[2].split(b"\r\n")
    assert not [line for line in lines if line.startswith((b".", b"From ")) or len(line) > 76]
    assert "49" not in html.partition("</head>")[2].replace(clean[1], "")
    for line in edition.text.splitlines():
        assert columns.width(line.rstrip()) <= 72 or " " not in line.strip()


@pytest.mark.parametrize("count", [1, 60])
def test_one_story_and_sixty_make_a_mail(count):
    newsletter = a_newsletter(sections=SECTIONS)
    issue = laid_out([numbered(n) for n in range(count)], newsletter=newsletter, brief_after=60)

    edition = rendered(issue, newsletter=newsletter)
    html, text = read(posted(issue, newsletter, edition))

    assert stops(edition, issue, newsletter) == []
    assert len(html.encode()) <= lint.MAX_HTML_BYTES
    for story in issue.stories:
        left_out = any(story.lead.title in note for note in edition.notes)
        assert left_out or (story.lead.title in html and story.lead.title in text)


def test_a_topic_with_no_story_has_no_section_and_no_place_in_the_list():
    empty = Heading(topic="sport", title="Games and sport")
    newsletter = a_newsletter(sections=(empty, *SECTIONS))

    edition = rendered(
        laid_out([numbered(n) for n in range(8)], newsletter=newsletter), newsletter=newsletter
    )

    assert "In this issue" in edition.html
    assert "Games and sport" not in edition.html + edition.text
    assert "GAMES AND SPORT" not in edition.text


def test_a_link_with_a_disguise_is_told_and_the_mail_is_made():
    story = numbered(0)
    false = replace(story.lead, url="https://раураl.example/\u202elogin")
    issue = laid_out([replace(story, lead=false)])

    edition = rendered(issue)

    found = lint.lint(edition, issue, a_newsletter(), base_url=BASE_URL)
    assert {"look-alike", "unseen-characters"} <= {one.code for one in found}
    assert stops(edition, issue, a_newsletter()) == []


def test_a_theme_with_a_bad_colour_makes_no_mail_and_says_which(tmp_path):
    own = (OURS / "themes/paper.toml").read_text("utf-8").replace("#FDFBF6", "ivory", 1)
    (tmp_path / "themes").mkdir()
    (tmp_path / "themes/mine.toml").write_text(own, "utf-8")

    with pytest.raises(Misconfigured, match=r"mine\.toml light\.card is 'ivory'; write a colour"):
        theme.load("mine", (tmp_path, OURS))

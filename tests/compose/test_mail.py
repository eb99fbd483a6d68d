import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from digest.compose import columns, theme
from digest.compose.lint import MAX_HTML_BYTES
from digest.model import Heading
from digest.slots import SLOTS
from tests.builders import a_newsletter, an_article
from tests.compose.desk import (
    ARABIC_SUMMARY,
    BASE_URL,
    LANGUAGES,
    OURS,
    THEMES,
    a_paper,
    an_arabic_paper,
    laid_out,
    numbered,
    rendered,
)

OPEN = re.compile("\ue0f0([^\ue0f1]*)\ue0f1")


class Page(HTMLParser):
    """What a mail program would ask for, follow and show."""

    VOID = frozenset("area base br col hr img input link meta wbr".split())

    def __init__(self, html):
        super().__init__(convert_charrefs=True)
        self.asked, self.links, self.words, self.open, self.odd = [], [], [], [], []
        self.dirs = []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        if tag == "a":
            self.links.append(given.get("href"))
        elif tag in ("img", "link", "script", "iframe", "source"):
            self.asked.append(given.get("src") or given.get("href"))
        if given.get("dir") and tag in ("h2", "h3", "p", "html"):
            self.dirs.append((tag, given["dir"]))
        self.asked += re.findall(r"url\(([^)]*)\)", given.get("style") or "")
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        if tag not in self.VOID:
            self.open.pop()

    def handle_endtag(self, tag):
        if tag not in self.VOID and (not self.open or self.open.pop() != tag):
            self.odd.append(tag)

    def handle_data(self, data):
        if self.open and self.open[-1] == "style":
            self.asked += re.findall(r"@import[^;]*|url\([^)]*\)", data)
        else:
            self.words.append(data)

    @property
    def text(self):
        return " ".join(" ".join(self.words).split())


@pytest.mark.parametrize("name", THEMES)
@pytest.mark.parametrize("language", LANGUAGES)
def test_opening_a_mail_asks_nobody_but_us_for_anything(name, language):
    page = Page(rendered(a_paper(14, language=language), theme=name).html)

    assert page.asked
    assert [url for url in page.asked if not url.startswith(f"{BASE_URL}/i/")] == []


@pytest.mark.parametrize("name", THEMES)
def test_the_head_names_no_address_at_all(name):
    head = rendered(a_paper(14), theme=name).html.partition("</head>")[0]

    # The two namespaces that Outlook's conditional XML needs are names, not requests.
    addresses = re.findall(r"https?://[^\s\"'<>)]+", head)
    assert {u for u in addresses if "schemas" not in u and "w3.org" not in u} == set()


@pytest.mark.parametrize("name", THEMES)
@pytest.mark.parametrize("count", [1, 2, 7, 12, 60])
def test_every_story_is_in_both_parts_and_every_element_is_closed(name, count):
    issue = a_paper(count, brief_after=10)

    edition = rendered(issue, theme=name)
    page = Page(edition.html)

    assert (page.open, page.odd) == ([], [])
    assert len(edition.html.encode()) <= MAX_HTML_BYTES
    assert edition.notes == ()
    for story in issue.stories:
        assert story.lead.title in page.text
        assert story.lead.title in edition.text
        assert story.lead.url in page.links
        assert story.lead.url in edition.text


def test_the_same_job_gives_the_same_edition_to_the_byte():
    assert rendered(a_paper(12)) == rendered(a_paper(12))


@pytest.mark.parametrize("name", THEMES)
@pytest.mark.parametrize("language", LANGUAGES)
def test_the_text_part_has_72_columns_but_for_links(name, language):
    text = rendered(a_paper(14, language=language), theme=name).text

    wide = [line for line in text.splitlines() if columns.width(line.rstrip()) > 72]
    assert [line for line in wide if "://" not in line] == []
    assert "\n\n\n\n" not in text
    assert text.endswith("\n")
    assert not text.startswith("\n")


def test_links_in_the_text_part_are_numbered_through_and_stand_below_their_section():
    issue = a_paper(14)

    text = rendered(issue).text

    numbers = re.findall(r"^\[(\d+)\] (https\S+)$", text, re.MULTILINE)
    assert numbers == [(str(n), s.lead.url) for n, s in enumerate(issue.stories, 1)]
    for n, story in enumerate(issue.stories, 1):
        assert re.search(rf"^(?:|\* .*)\[{n}\]", text, re.MULTILINE), story.lead.title


def test_the_personal_places_stay_open_and_there_are_no_others():
    edition = rendered(a_paper(12))

    assert set(OPEN.findall(edition.html)) <= SLOTS
    assert {"unsubscribe_url", "preferences_url"} <= set(OPEN.findall(edition.text))
    assert OPEN.findall(edition.subject) == []


def test_subject_and_preheader_are_the_issues_and_open_the_mail():
    issue = a_paper(12, subject="R&D at the <quay>", preheader="Also: 3 < 4")

    edition = rendered(issue)

    assert (edition.subject, edition.preheader) == ("R&D at the <quay>", "Also: 3 < 4")
    assert "<title>The Quayside: R&amp;D at the &lt;quay&gt;</title>" in edition.html
    assert Page(edition.html).text.index("Also: 3 < 4") < 200


@pytest.mark.parametrize("text", ["One\r\nBcc: eve@evil.example", "One\nTwo", "One\r\rTwo", "\n"])
def test_line_breaks_in_headlines_never_break_a_header(text):
    stories = [numbered(0, title=text), numbered(1, title=text)]

    edition = rendered(laid_out(stories, subject=text))

    assert edition.subject == " ".join(text.split())
    assert Page(edition.html).odd == []
    assert "\r" not in edition.text


HARD = [
    'a < b && "c" > d <script>alert(1)</script>',
    "{{ reader.name }} {% for x in y %} {# no #} ${x} {0}",
    "100 % = sure; 5 %s %(x)d =3D =\u00a0=",
    "back\\slash \\u{200d} 'single' `tick`",
    "</p></td></tr></table><mj-raw>x</mj-raw>",
    "&amp; &lt; &#8199; &copy",
    "👩‍🔧 🏴‍☠️ e\u0301 \u200fعربي",
]


@pytest.mark.parametrize("name", THEMES)
@pytest.mark.parametrize("text", HARD)
def test_a_text_is_shown_to_the_letter_in_both_parts(name, text):
    other = an_article("https://post.example/x", source_name=text)
    stories = [numbered(0, title=text, summary=text), numbered(1, title=text, summary=text)]
    stories[1] = replace(stories[1], also=(other,))

    edition = rendered(laid_out(stories, newsletter=a_newsletter()), theme=name)
    page = Page(edition.html)

    shown = " ".join(text.split())
    assert page.text.count(shown) >= 5
    assert " ".join(edition.text.split()).count(shown) >= 5
    assert (page.open, page.odd) == ([], [])
    assert "<script" not in edition.html
    assert [u for u in page.asked if not u.startswith(f"{BASE_URL}/i/")] == []


@pytest.mark.parametrize("name", THEMES)
@pytest.mark.parametrize("title", ["word " * 80, "x" * 400, "🦢", "港の水門" * 100])
def test_a_headline_of_any_length_is_printed_whole(name, title):
    title = title.strip()
    issue = laid_out([numbered(0, title=title), numbered(1, title=title)])

    edition = rendered(issue, theme=name)

    assert Page(edition.html).text.count(title) >= 2
    assert "".join(edition.text.split()).count("".join(title.split())) == 2
    wide = [line for line in edition.text.splitlines() if columns.width(line.rstrip()) > 72]
    assert [line for line in wide if "x" * 400 not in line] == []


def test_a_very_long_lead_headline_is_set_smaller():
    short, long = (
        rendered(laid_out([numbered(0, title=title)])).html for title in ("Barges", "Barge " * 40)
    )

    assert 'class="lh" style="margin:0;' in short
    assert "font-size:32px;line-height:38px" in short
    assert 'class="lh" style="margin:0;' not in long
    assert "font-size:24px;line-height:31px" in long


def test_without_a_picture_there_is_no_picture_element():
    edition = rendered(a_paper(12, pictures={}))

    assert "<img" not in edition.html
    assert Page(edition.html).asked == []


def test_pictures_have_alt_text_and_sizes():
    images = re.findall(r"<img[^>]*>", rendered(a_paper(12)).html)

    assert len(images) == 4  # the lead's, and the 4th, 7th and 10th story's
    for image in images:
        assert re.search(r' alt="', image)
        assert re.search(r' width="\d+"', image)


def test_a_story_in_another_language_is_marked_so_that_it_is_read_out_in_it():
    stories = [numbered(n) for n in range(12)]
    for place in (0, 3, 11):  # the lead, one of a section, one in brief
        lead = replace(stories[place].lead, language="fr")
        stories[place] = replace(stories[place], lead=lead)

    html = rendered(laid_out(stories)).html

    assert len(re.findall(r'<h2[^>]* lang="fr"', html)) == 1
    assert len(re.findall(r'<h3[^>]* lang="fr"', html)) == 1
    assert len(re.findall(r'<td[^>]* lang="fr"', html)) == 1
    assert len(re.findall(r'<p[^>]* lang="fr"', html)) == 2
    assert (
        len(re.findall(r'<span lang="en"[^>]*> and \d more<', html)) == 1
    )  # ours, within its link


@pytest.mark.parametrize("name", THEMES)
def test_an_english_newsletter_keeps_its_own_words_in_order_in_an_arabic_edition(name):
    sections = (Heading(topic="harbour", title="What is new?"),)
    newsletter = a_newsletter(tagline="Every morning.", sections=sections, theme=name)
    stories = [numbered(n, topic="" if n == 8 else "harbour") for n in range(9)]
    issue = laid_out(stories, newsletter=newsletter, language="ar", intro="Good morning.")

    html = rendered(issue, newsletter=newsletter).html

    said = ["Good morning.", "What is new\\?", *(["Every morning."] if name != "plain" else [])]
    for words in said:
        places = re.findall(
            rf"<(?:h2|p|td)([^>]*)>(?:<span[^>]*>#</span> )?{words}<", html, re.IGNORECASE
        )
        assert places
        assert all('lang="en" dir="ltr"' in attributes for attributes in places)
    assert re.search(r'<h1 lang="en" dir="ltr"', html)
    assert re.search(r'<h2 id="more" class', html)  # ours, in the words of the edition


@pytest.mark.parametrize("name", THEMES)
def test_an_arabic_issue_runs_from_right_to_left(name):
    newsletter = a_newsletter(title="رصيف المرفأ", tagline="", language="ar", theme=name)

    edition = rendered(an_arabic_paper(), newsletter=newsletter)
    page = Page(edition.html)

    assert '<html lang="ar" dir="rtl"' in edition.html
    # No story has a direction of its own; the topic of the lead, "harbour", has no heading here.
    assert page.dirs == [("html", "rtl"), ("p", "ltr")]
    assert "direction:ltr" not in edition.html
    assert "letter-spacing" not in edition.html
    assert "text-transform" not in edition.html
    assert ARABIC_SUMMARY in page.text
    # Between a Latin name and an hour stands a mark, or the two would change places.
    assert "\u200f · \u200f" in page.text


def test_a_story_in_another_direction_than_the_mail_keeps_its_own():
    stories = [
        numbered(0),
        numbered(1, title="تعود الصنادل إلى المرفأ", summary=ARABIC_SUMMARY),
        numbered(2, title="R&D في حوض القوارب الجديد", summary=ARABIC_SUMMARY),
    ]

    page = Page(rendered(laid_out(stories)).html)

    assert page.dirs[0] == ("html", "ltr")
    assert page.dirs[1:] == [("h3", "rtl"), ("p", "rtl")] * 2


def test_a_file_has_no_link_and_is_told_all_the_same():
    file = numbered(0)
    file = replace(file, lead=replace(file.lead, url="file:///srv/news/barges.txt"))

    edition = rendered(laid_out([file]))

    assert "file:" not in edition.html
    assert "file:" not in edition.text
    assert file.lead.title in edition.html


@pytest.mark.parametrize("name", THEMES)
def test_an_intro_of_several_paragraphs_keeps_its_lines_in_both_parts(name):
    edition = rendered(a_paper(3, intro="Good morning.\n\n- rain\n- no bus\n"), theme=name)

    assert ">Good morning.<br /><br />- rain<br />- no bus</p>" in edition.html
    assert "\n\nGood morning.\n\n- rain\n- no bus\n\n" in edition.text


def test_long_names_of_newsletter_and_section_are_wrapped_in_the_text():
    name = "The very long name of what is read in Harrow Quay and on its other coasts"
    sections = (Heading(topic="harbour", title=name),)
    newsletter = a_newsletter(title=name, sections=sections)

    text = rendered(a_paper(12, newsletter=newsletter), newsletter=newsletter).text

    wide = [line for line in text.splitlines() if columns.width(line.rstrip()) > 72]
    assert [line for line in wide if "://" not in line] == []
    heading = name.upper().replace(" COASTS", "  \nCOASTS\n")
    assert text.startswith(heading)
    assert f"\n\n\n{heading}{'-' * 72}\n" in text


def test_a_line_in_brief_names_who_tells_it_in_both_parts():
    stories = [numbered(n) for n in range(11)]
    lead = replace(stories[10].lead, title="The ropery hires", source_name="Estuary Post")
    stories[10] = replace(stories[10], lead=lead)

    edition = rendered(laid_out(stories))

    assert ">Estuary Post</span>" in edition.html
    assert "\n* The ropery hires (Estuary Post) [11]\n" in edition.text


def test_a_name_that_ends_in_a_full_stop_gets_no_second_one_in_the_text():
    also = tuple(
        an_article(f"https://{n}.example/", source_name=name)
        for n, name in enumerate(("Estuary Post", "Quay Ltd."))
    )

    text = rendered(laid_out([numbered(0, also=also)])).text

    assert "\nAlso covered by Estuary Post, Quay Ltd.\n" in text


def test_a_newsletter_without_a_tagline_prints_no_empty_line():
    for name in THEMES:
        newsletter = a_newsletter(tagline="", theme=name)

        html = rendered(a_paper(2), newsletter=newsletter).html

        assert not re.search(r"<p[^>]*></p>", html)


def test_a_theme_that_is_hard_to_read_is_noted(tmp_path):
    own = (OURS / "themes/paper.toml").read_text("utf-8").replace("#696257", "#999999")
    (tmp_path / "themes").mkdir()
    (tmp_path / "themes/mine.toml").write_text(own, "utf-8")

    edition = rendered(a_paper(2), theme="mine", templates=(tmp_path, OURS))

    weak = theme.weak_pairs(theme.load("mine", (tmp_path,)))
    assert edition.notes == tuple(
        f"theme mine is hard to read: {pair}; WCAG asks for 4.5" for pair in weak
    )
    assert "light: mute on card 2.8" in weak


def test_the_edition_is_named_after_its_language():
    edition = rendered(a_paper(2, language="de"))

    assert (edition.key, edition.language) == ("de", "de")
    assert '<html lang="de" dir="ltr"' in edition.html

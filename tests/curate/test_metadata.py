import json
from datetime import UTC, datetime

import pytest

from digest import htmltree
from digest.curate import metadata
from digest.curate.metadata import Metadata
from digest.model import Dated, DateSource

URL = "https://observer.example/culture/light"


def said(head="", body="<p>x</p>", html=""):
    markup = f"<html {html}><head>{head}</head><body>{body}</body></html>"
    return metadata.read(htmltree.tree(markup), URL)


def linked(*objects):
    return "".join(
        f'<script type="application/ld+json">{json.dumps(one)}</script>' for one in objects
    )


def test_a_page_that_says_nothing_has_no_metadata():
    assert said() == Metadata()


def test_a_page_says_who_it_is():
    head = """
        <title>The keeper | Observer</title>
        <meta property="og:title" content=" The  keeper ">
        <meta property="og:site_name" content="Observer">
        <meta name="author" content="Ruth Okafor">
        <meta property="og:image" content="/light.jpg">
        <meta property="article:section" content="Culture">
        <link rel="canonical" href="/culture/light">
    """

    assert said(head, "<h1> </h1><h1>The <em>keeper</em> stays</h1><h1>x</h1>", 'lang="EN-gb"') == (
        Metadata(
            title="The keeper",
            page_title="The keeper | Observer",
            heading="The keeper stays",
            site="Observer",
            author="Ruth Okafor",
            image="https://observer.example/light.jpg",
            canonical="https://observer.example/culture/light",
            language="EN-gb",
            tags=("Culture",),
        )
    )


def test_json_ld_says_what_meta_does_not():
    head = linked({
        "@type": "NewsArticle",
        "headline": "The keeper",
        "author": [{"name": "Ruth Okafor"}, {"name": "Owen Thrale"}, {"name": "Ruth Okafor"}, 7],
        "publisher": {"name": "Observer"},
        "image": [{"url": "https://observer.example/light.jpg"}],
        "articleBody": " He will stay. ",
    })  # fmt: skip

    found = said(head)

    assert (found.title, found.author, found.site) == (
        "The keeper",
        "Ruth Okafor, Owen Thrale",
        "Observer",
    )
    assert (found.image, found.body) == ("https://observer.example/light.jpg", "He will stay.")


@pytest.mark.parametrize(
    "data",
    [
        {"@graph": [{"@type": "Organization"}, {"@type": ["BlogPosting"], "headline": "T"}]},
        [{"@type": "WebSite", "headline": "W"}, {"@type": "Article", "headline": "T"}],
        {"@type": "WebPage", "headline": "W", "mainEntity": {
            "@type": "Article", "headline": "T", "datePublished": "2026-01-01"}},
    ],
)  # fmt: skip
def test_the_article_is_found_wherever_json_ld_hides_it(data):
    assert said(linked(data)).title == "T"


@pytest.mark.parametrize(
    "script",
    [
        "{broken",
        "[" * 3000,
        '"a string"',
        "",
        json.dumps({"@type": "Article", "headline": "x" * metadata.MAX_JSON}),
        json.dumps([[[[[[{"@type": "Article", "headline": "too deep"}]]]]]]),
    ],
)
def test_json_ld_that_cannot_be_used_is_passed_over(script):
    good = linked({"@type": "Article", "headline": "T"})

    assert said(f'<script type="application/ld+json">{script}</script>{good}').title == "T"


def test_other_scripts_are_not_json_ld():
    script = json.dumps({"@type": "Article", "headline": "T"})

    assert said(f"<script>{script}</script>") == Metadata()


JUNE = datetime(2026, 6, 20, 6, 15, tzinfo=UTC)


@pytest.mark.parametrize(
    ("head", "body", "source"),
    [
        (linked({"@type": "Article", "datePublished": "2026-06-20T08:15:00+02:00"}), "",
         DateSource.JSON_LD),
        (linked({"@type": "Article", "datePublished": "soon", "dateCreated": "2026-06-20T06:15Z"}),
         "", DateSource.JSON_LD),
        ('<meta property="article:published_time" content="2026-06-20T06:15:00Z">', "",
         DateSource.META),
        ('<meta itemprop="datePublished" content="2026-06-20T06:15:00Z">', "", DateSource.META),
        ("", '<time datetime="2026-06-20T06:15:00Z">x</time>', DateSource.BYLINE),
        ("", '<time datetime="2026-01-01">x</time><time class="published" '
         'datetime="2026-06-20T06:15:00Z">x</time>', DateSource.BYLINE),
    ],
)  # fmt: skip
def test_a_date_says_where_it_stood(head, body, source):
    assert said(head, f"<p>x</p>{body}").dated == (Dated(at=JUNE, source=source),)


def test_every_kind_of_evidence_is_brought():
    head = linked({"@type": "Article", "datePublished": "2026-06-20"}) + (
        '<meta name="date" content="2026-06-20">'
    )

    sources = [one.source for one in said(head, "<time datetime='2026-06-20'>x</time>").dated]

    assert sources == [DateSource.JSON_LD, DateSource.META, DateSource.BYLINE]


def test_many_stamps_are_a_list_of_other_articles():
    assert said(body='<time datetime="2026-06-20">x</time>' * 4).dated == ()


@pytest.mark.parametrize("author", ["https://observer.example/ruth", "ruth@observer.example", " "])
def test_an_address_is_no_author(author):
    assert said(f'<meta name="author" content="{author}">').author is None


@pytest.mark.parametrize("name", ["undefined", "admin", "262588213843476"])
def test_what_a_system_writes_where_nobody_is_named_is_no_author(name):
    assert said(f'<meta name="author" content="{name}">').author is None


@pytest.mark.parametrize("name", ["By Ruth Okafor", "BY Ruth Okafor", ", Ruth Okafor"])
def test_an_author_is_a_name_without_what_stands_before_it(name):
    assert said(f'<meta name="author" content="{name}">').author == "Ruth Okafor"


@pytest.mark.parametrize(
    "name",
    ["opengraph_default.png", "site_logo_1200x800.png", "header-logo.svg", "%E6%A1%A5LOGO-11.png", "siteLogo.png?v=2",
     "default-image.jpg", "placeholder.png"],
)  # fmt: skip
def test_the_logo_of_the_site_is_not_the_picture_of_an_article(name):
    logo = f'<meta property="og:image" content="https://observer.example/img/{name}">'
    page = linked({"@type": "Article", "image": "https://observer.example/light.jpg"})

    assert said(logo).image is None
    assert said(logo + page).image == "https://observer.example/light.jpg"


@pytest.mark.parametrize("name", ["catalogo-2026.jpg", "dialogo.jpg", "light.jpg?logo=1"])
def test_a_picture_whose_name_only_holds_the_letters_is_one(name):
    head = f'<meta property="og:image" content="https://observer.example/logo/{name}">'

    assert said(head).image == f"https://observer.example/logo/{name}"


@pytest.mark.parametrize("address", ["javascript:alert(1)", "data:image/png;base64,x", "http://["])
def test_a_picture_or_address_that_is_no_web_address_is_none(address):
    head = f'<meta property="og:image" content="{address}"><link rel="canonical" href="{address}">'

    found = said(head)

    assert (found.image, found.canonical) == (None, None)


def test_the_address_of_a_picture_hides_no_control_character():
    found = said('<meta property="og:image" content="https://a.example/&#x202e;x">')

    assert found.image == "https://a.example/%E2%80%AEx"


def test_a_title_with_line_breaks_is_one_line():
    assert said('<meta property="og:title" content="A\r\nBcc: x@a.example">').title == (
        "A Bcc: x@a.example"
    )


@pytest.mark.parametrize("image", [[], {}, 7, None, [7]])
def test_a_picture_of_no_shape_is_none(image):
    assert said(linked({"@type": "Article", "image": image})).image is None


@pytest.mark.parametrize(
    ("language", "at"),
    [
        ("en-US", datetime(2026, 3, 4, tzinfo=UTC)),
        ("de", datetime(2026, 4, 3, tzinfo=UTC)),
        ("en", None),
    ],
)
def test_a_day_in_figures_is_read_in_the_page_s_own_order(language, at):
    head = '<meta property="article:published_time" content="03/04/2026">'

    found = said(head, html=f'lang="{language}"').dated

    assert [one.at for one in found] == ([at] if at else [])


@pytest.mark.parametrize("front", ["/", "https://observer.example", "/culture/"])
def test_a_heading_that_leads_to_the_front_is_the_site_and_no_title(front):
    found = said(body=f"<h1><a href='{front}'>Observer</a></h1><h1><a href=#top>The light</a></h1>")

    assert found.heading == "The light"

import pytest

from digest.curate import bylines, metadata
from digest.htmltree import tree

PROSE = "<p>The bridge was closed on Monday, and a ferry takes its place.</p>"


def author(byline, *, around="<article><h1>The bridge is closed</h1>{}</article>"):
    return bylines.author(tree(f"<html><body>{around.format(byline + PROSE)}</body></html>"))


@pytest.mark.parametrize(
    ("byline", "named"),
    [
        ('<a rel="author" href=/x>Ruth Okafor</a>', "Ruth Okafor"),
        ("<span itemprop=author><span itemprop=name>Ruth Okafor</span></span>", "Ruth Okafor"),
        ('<p class="byline">By <b>Ruth Okafor</b>, Political Editor</p>', "Ruth Okafor"),
        ("<p class=post-author>Von Jörg van der Meer | 12.11.2026</p>", "Jörg van der Meer"),
        ("<div class=author-wrap>By<span>Ruth Okafor</span> - June 12, 2026</div>", "Ruth Okafor"),
        ("<div class=article__byline>Ruth Okafor and Li Wei</div>", "Ruth Okafor and Li Wei"),
        ("<a href=https://observer.example/author/ruth/>Ruth O’Kafor</a>", "Ruth O’Kafor"),
        ("<p class=byline>Ruth Okafor Senior Reporter</p>", "Ruth Okafor"),
        ("<p class=byline>By Ruth Okafor Tuesday, Nov. 3</p>", "Ruth Okafor"),
        ("<p class=byline>Елена Смирнова</p>", "Елена Смирнова"),
    ],
)
def test_the_byline_of_a_page_names_its_author(byline, named):
    assert author(byline) == named


@pytest.mark.parametrize(
    "markup",
    [
        "<p class=byline>By our staff writers</p>",
        "<p class=author>About the Author</p>",
        "<p class=byline>12 November 2026, 4 min read</p>",
        "<div class=comments><span class=author>Ruth Okafor</span></div>",
        "<aside><a rel=author href=/x>Ruth Okafor</a></aside>",
        "<p class=copybyline-state>Penn State</p>",
        "<p class=byline>National Desk</p>",
        "<p>Ruth Okafor</p>",
    ],
)
def test_no_other_name_is_an_author(markup):
    assert author(markup) is None


def test_a_frame_that_holds_the_whole_page_is_no_sidebar():
    byline = "<p class=byline>Ruth Okafor</p>"

    assert author(byline, around="<div class=has-sidebar><h1>News</h1>{}</div>") == "Ruth Okafor"


def test_of_a_list_of_articles_nobody_is_the_author():
    names = "Ruth Okafor,Li Wei,Ada Moss,Jo Lee,Edgar Moss,Max Roth".split(",")

    assert author("".join(f"<p class=byline>{name}</p>" for name in names)) is None


@pytest.mark.parametrize(
    ("said", "byline", "named"),
    [
        ("Ada Moss", "<p class=byline>Ruth Okafor</p>", "Ada Moss"),
        ("The Observer", "<p class=byline>Ruth Okafor</p>", "Ruth Okafor"),
        ("The Observer", "", "The Observer"),
        ("observer.example", "", None),
    ],
)
def test_the_site_is_the_author_only_where_the_byline_names_nobody(said, byline, named):
    page = (
        f"<html><head><meta property=og:site_name content='The Observer'>"
        f"<meta name=author content='{said}'></head><body>{byline}{PROSE}</body></html>"
    )

    assert metadata.read(tree(page), "https://observer.example/1").author == named

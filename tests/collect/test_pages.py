from __future__ import annotations

import pytest

from digest.collect import pages
from digest.errors import Misconfigured, Permanent

URL = "https://town.example/news/"
PAGE = """<!doctype html><html><head><title>Town news</title>
<link rel="alternate" type="application/rss+xml" href="/feed.xml">
<link rel="alternate" type="application/rss+xml" href="/comments/feed">
<link rel="alternate" type="application/json" href="/wp-json/1">
<link rel="alternate" type="application/feed+json" href="/feed.json">
<link rel="alternate" hreflang="de" href="/de">
</head><body>
<nav><a href="/about-the-town-council-and-you">About the town council and you</a></nav>
<main>
<article><h2><a href="/news/lock-gates-swing-again">The lock gates swing again</a></h2>
<a href="/news/lock-gates-swing-again">Read more</a></article>
<article><a href="/news/2026/11/lamp#comments"><h3>The lamp is lit again</h3></a></article>
<p><a href="/news/a-choir-in-the-cold-store">A choir moves into the old cold store</a></p>
<p><a href="/tag/harbour-and-sea-news">Harbour and sea, all of it</a></p>
<p><a href="https://elsewhere.example/a-long-story-elsewhere">A long story told elsewhere</a></p>
<p><a href="javascript:alert('a-b-c')">Something long enough to read</a></p>
<p><a href="/news/">All the news of the town today</a></p>
<p><a href="/report-of-the-year.pdf">Report of the year in numbers</a></p>
<p><a href="/x">Short</a></p>
</main><footer><a href="/news/old-footer-story-here">An old story in the footer</a></footer>
</body></html>"""


def look(body: str, **given) -> pages.Page:
    return pages.look(body.encode(), url=URL, charset_claimed=None, **given)


def test_the_feeds_of_a_page_are_found_and_comments_are_no_news():
    assert look(PAGE).feeds == ("https://town.example/feed.xml", "https://town.example/feed.json")


def test_article_links_are_found_by_place_and_words():
    assert [(link.url, link.title) for link in look(PAGE).articles] == [
        ("https://town.example/news/lock-gates-swing-again", "The lock gates swing again"),
        ("https://town.example/news/2026/11/lamp", "The lamp is lit again"),
        (
            "https://town.example/news/a-choir-in-the-cold-store",
            "A choir moves into the old cold store",
        ),
    ]
    assert look(PAGE).title == "Town news"


def test_a_selector_names_links_or_what_holds_them():
    by_link = look(PAGE, select="article h2 a")
    by_box = look(PAGE, select="footer")

    assert [link.title for link in by_link.articles] == ["The lock gates swing again"]
    assert [link.title for link in by_box.articles] == ["An old story in the footer"]


def test_a_selector_that_is_none_is_named():
    with pytest.raises(Misconfigured, match=r"select is no CSS selector: 'a\[\['"):
        look(PAGE, select="a[[")


def test_a_base_element_is_heeded():
    page = look(
        '<base href="https://b.example/"><article><h2><a href="one-two-three">One two three four'
        "</a></h2></article>",
        select="a",
    )

    assert page.articles[0].url == "https://b.example/one-two-three"


@pytest.mark.parametrize("body", ["", "   ", "<!-- nothing -->"])
def test_an_empty_page_is_refused(body):
    with pytest.raises(Permanent, match="empty"):
        look(body)


def test_a_page_too_deep_is_refused():
    with pytest.raises(Permanent, match="250 elements"):
        look("<div>" * 100_000)

from __future__ import annotations

import pytest

from digest.collect import feeds
from tests.builders import a_source

URL = "https://search.example/feed.xml"


def parse(*entries: str):
    inner = "".join(f"<item>{one}</item>" for one in entries)
    body = (
        '<rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/"><channel>'
        f"<title>Harbour - Search</title>{inner}</channel></rss>"
    )
    return feeds.parse(body.encode(), url=URL, charset_claimed=None, source=a_source()).items


@pytest.mark.parametrize(
    ("said", "author"),
    [
        ("<dc:creator>Ann Lee</dc:creator><dc:creator>Bo Ray</dc:creator>", "Ann Lee, Bo Ray"),
        ("<dc:creator>Ann Lee</dc:creator><dc:creator>Ann Lee</dc:creator>", "Ann Lee"),
        ("<author>jo@a.example (Jo Lee)</author><dc:creator>Jo Lee</dc:creator>", "Jo Lee"),
        ("".join(f"<dc:creator>P{n}</dc:creator>" for n in range(40)), ", ".join(f"P{n}" for n in range(10))),
        ("", None),
    ],
)  # fmt: skip
def test_every_author_is_named(said, author):
    (item,) = parse(f"<title>T</title><link>/a</link>{said}")

    assert item.author == author


def test_the_authors_of_an_atom_entry_are_all_named():
    body = (
        '<feed xmlns="http://www.w3.org/2005/Atom"><entry><title>T</title><link href="/a"/>'
        "<author><name>Ann Lee</name></author><author><name>Bo Ray</name></author></entry></feed>"
    )

    (item,) = feeds.parse(body.encode(), url=URL, charset_claimed=None, source=a_source()).items

    assert item.author == "Ann Lee, Bo Ray"


def test_a_feed_of_many_outlets_names_the_one_of_each_entry_and_not_in_the_title():
    first, second, third = parse(
        '<title>The quay is closed - The Post</title><link>/1</link><source url="https://a.example">The Post</source>',
        "<title>Gates - and barges | Sea &amp;amp; Land</title><link>/2</link><source>Sea &amp;amp; Land</source>",
        "<title>Nobody says - Herald</title><link>/3</link>",
    )

    assert (first.source_name, first.title) == ("The Post", "The quay is closed")
    assert (second.source_name, second.title) == ("Sea & Land", "Gates - and barges")
    assert (third.source_name, third.title) == (None, "Nobody says - Herald")


def test_a_feed_that_names_itself_as_the_source_of_every_entry_is_one_voice():
    items = parse(
        "<title>A - Herald</title><link>/1</link><source>Herald</source>",
        "<title>B</title><link>/2</link><source>Herald</source>",
    )

    assert [(one.source_name, one.title) for one in items] == [(None, "A - Herald"), (None, "B")]


def test_a_forum_that_names_the_topic_as_the_source_of_its_entry_is_one_voice():
    items = parse(
        "<title>Who oils the gates?</title><link>/t/1</link><source>Who oils the gates?</source>",
        "<title>Ferry &amp;amp; tide</title><link>/t/2</link><source>Ferry &amp;amp; tide</source>",
    )

    assert [(one.source_name, one.title) for one in items] == [
        (None, "Who oils the gates?"),
        (None, "Ferry & tide"),
    ]

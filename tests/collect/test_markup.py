"""What a feed writes as HTML, read as words, links and pictures; what is hostile in it is gone."""

from __future__ import annotations

import pytest

from digest.collect import markup

BASE = "https://herald.example/news/"


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ("Gates  open\n again", "Gates open again"),
        ("Gates &amp; barges", "Gates & barges"),
        ("<p>Gates</p><p>open<br>again</p>", "Gates open again"),
        ("<b>Ga</b>tes <i>open</i>", "Gates open"),
        ("<p>Gates<!-- hidden --> open</p>", "Gates open"),
        ("<p>Gates<script>steal()</script><style>p{}</style> open</p>", "Gates open"),
        ("<p>Gates<iframe src='x'>no</iframe> open</p>", "Gates open"),
        ("<!-- nothing but a remark -->", ""),
        ("&#8203;&nbsp;", "\u200b"),
        ("", ""),
    ],
)
def test_words_are_what_a_reader_would_see(said, words):
    assert markup.words(said) == words


@pytest.mark.parametrize("nothing", [None, "", "  ", "<p></p>"])
def test_a_line_of_nothing_is_none(nothing):
    assert markup.line(nothing) is None


@pytest.mark.parametrize(
    ("said", "found"),
    [
        ("gates", "https://herald.example/news/gates"),
        ("//other.example/a", "https://other.example/a"),
        ("ht\ntps://other.example/a b", "https://other.example/a%20b"),
        (
            "/\x1b[31m\x07\x9b\u202e?\u2028#\u2066é",
            "https://herald.example/%1B[31m%07%C2%9B%E2%80%AE?%E2%80%A8#%E2%81%A6é",
        ),
        ("javascript:alert(1)", None),
        ("java\nscript:alert(1)", None),
        ("data:text/html,x", None),
        ("mailto:a@b.example", None),
        ("file:///etc/passwd", None),
        ("http://[::1", None),
        ("https://a.example/" + "x" * 4_000, None),
        ("", None),
        (None, None),
    ],
)
def test_a_link_is_a_web_address_or_none(said, found):
    assert markup.web(said, BASE) == found


@pytest.mark.parametrize(
    ("said", "found"),
    [
        ("<img src='/a.jpg'>", "https://herald.example/a.jpg"),
        (
            "<img src='/t.gif' width='1' height='1'><img src='/a.jpg'>",
            "https://herald.example/a.jpg",
        ),
        ("<img src='/tracking.gif'><img src='/a.jpg'>", "https://herald.example/a.jpg"),
        ("<img src='data:image/png;base64,xx'><img src='/a.jpg'>", "https://herald.example/a.jpg"),
        ("<img data-src='/late.jpg'>", "https://herald.example/late.jpg"),
        ("<img src='javascript:steal()'>", None),
        ("<img alt='no address'>", None),
        ("<p>no picture</p>", None),
        ("", None),
    ],
)
def test_the_first_picture_that_is_no_pixel_is_the_picture(said, found):
    assert markup.picture(said, BASE) == found


@pytest.mark.parametrize(
    ("said", "found"),
    [
        ("feed://herald.example/rss", "http://herald.example/rss"),
        ("feed:https://herald.example/rss", "https://herald.example/rss"),
        ("Feed://https://herald.example/rss", "https://herald.example/rss"),
        ("itpc://herald.example/pod", "http://herald.example/pod"),
        ("https://herald.example/feed://a", "https://herald.example/feed://a"),
    ],
)
def test_an_address_for_a_feed_reader_is_one_of_the_web(said, found):
    assert markup.for_the_web(said) == markup.web(said, BASE) == found

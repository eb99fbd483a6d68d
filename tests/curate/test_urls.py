import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from digest.curate import urls

SAME = [
    ("https://A.example/x", "https://a.example/x"),
    ("HTTPS://a.example:443/x#top", "https://a.example/x"),
    ("http://a.example:80", "http://a.example/"),
    ("https://a.example/x?utm_source=rss&id=7&fbclid=Ab", "https://a.example/x?id=7"),
    ("https://a.example/x?b=2&a=1", "https://a.example/x?b=2&a=1"),
    ("https://a.example/x?ref=rss", "https://a.example/x"),
    ("https://a.example/x?ref=chapter-2", "https://a.example/x?ref=chapter-2"),
    ("https://a.example/a/../b/./c", "https://a.example/b/c"),
    ("https://a.example/%7eada/%c3%a9t%C3%A9", "https://a.example/~ada/%C3%A9t%C3%A9"),
    ("https://a.example/a%2fb", "https://a.example/a%2Fb"),
    ("https://münchen.example/x", "https://xn--mnchen-3ya.example/x"),
    ("https://a.example./x", "https://a.example/x"),
    ("https://amp.a.example/x", "https://a.example/x"),
    ("https://a.example/x/amp/", "https://a.example/x"),
    ("https://a.example/x/amp", "https://a.example/x"),
    ("https://a.example/x.amp.html", "https://a.example/x.html"),
    ("https://a.example/x?amp=1", "https://a.example/x"),
    ("https://www.google.com/amp/s/a.example/x/amp/?utm_medium=x", "https://a.example/x"),
    ("https://a-example.cdn.ampproject.org/c/s/a.example/x", "https://a.example/x"),
    ("https://a.example/#!/story/7", "https://a.example/#!/story/7"),
    (
        "https://a.example/#!\ue0f0x\ue0f1?é\u202e",
        "https://a.example/#!%EE%83%B0x%EE%83%B1?%C3%A9%E2%80%AE",
    ),
    ("https://a.example/x?p=1&v=dQw4&id=3", "https://a.example/x?p=1&v=dQw4&id=3"),
    ("https://a.example/x?q=a+b%26c", "https://a.example/x?q=a%20b%26c"),
    ("  https://a.example/x \n", "https://a.example/x"),
    ("https://[2001:DB8::1]:8443/x", "https://[2001:db8::1]:8443/x"),
    ("https://example.com/amp", "https://example.com/amp"),
    ("https://a.example/x.amp", "https://a.example/x"),
    ("https://a.example/%ff/x", "https://a.example/%FF/x"),
    ("https://a.example/x?id=3&amp;page=2&amp;utm_source=rss", "https://a.example/x?id=3&page=2"),
    ("https://a.example/x?id=3&amp;amp;utm_source=rss", "https://a.example/x?id=3"),
    ("https://a.example/x;jsessionid=0F3A.n1?id=3", "https://a.example/x?id=3"),
    ("https://a.example/x?PHPSESSID=8f3a2c&id=3", "https://a.example/x?id=3"),
    ("https://a.example/x-3f21a7?source=rss----9e2b---4", "https://a.example/x-3f21a7"),
    ("https://a.example/x-3f21a7?source=rss-8c1d2e------2", "https://a.example/x-3f21a7"),
    ("https://a.example/x?source=rss-readers", "https://a.example/x?source=rss-readers"),
    ("https://a.example/x?mod=rss_markets", "https://a.example/x"),
    ("https://a.example/x?mod=viewthread", "https://a.example/x?mod=viewthread"),
]


@pytest.mark.parametrize(("said", "kept"), SAME)
def test_one_page_has_one_address(said, kept):
    assert urls.canonical(said) == kept


@pytest.mark.parametrize(
    "other",
    ["file:///tmp/a b.txt", "mailto:ada@example.org", "javascript:alert(1)", "http://[", "", "x"],
)
def test_what_is_no_web_address_is_left_as_it_is(other):
    assert urls.canonical(other) == other
    assert not urls.is_web(other)


@pytest.mark.parametrize(
    "url",
    [
        "https://a\ue0f0x\ue0f1.example/",
        "https://\u202ea.example/",
        "https://a.example:\ue0f0x\ue0f1/",
        "https://a\x7f.example/",
    ],
)
def test_a_host_with_what_nobody_sees_in_it_is_no_web_address(url):
    assert not urls.is_web(url)


def test_a_host_with_a_joiner_of_its_script_is_one():
    assert urls.is_web("https://نامه\u200cای.example/")


PARTS = st.text(st.sampled_from("abzAZ019-._~%/?#[]@!$&'()*+,;=: éüß漢\u202e"), max_size=40)


@example(".[ ", "", "")
@given(PARTS, PARTS, PARTS)
def test_the_canonical_form_is_its_own_canonical_form(path, query, fragment):
    for url in (
        f"https://a.example/{path}?{query}#{fragment}",
        f"http://{path}/{query}",
        f"https://www.google.com/amp/s/{path}?{query}",
    ):
        once = urls.canonical(url)
        assert urls.canonical(once) == once


def test_a_declared_address_on_the_same_site_is_believed():
    page = "https://www.a.example/x?utm_source=rss"

    assert urls.believed("https://a.example/x", page) == "https://a.example/x"
    assert urls.believed("https://news.a.example/y", page) == "https://news.a.example/y"


@pytest.mark.parametrize(
    "declared",
    ["https://evil.example/x", "https://a.example/", "javascript:alert(1)", "", "/relative"],
)
def test_an_implausible_declared_address_is_not_believed(declared):
    page = "https://a.example/deep/page?utm_source=rss"

    assert urls.believed(declared, page) == "https://a.example/deep/page"


def test_two_sites_under_one_public_suffix_are_two_sites():
    assert urls.believed("https://other.co.uk/x", "https://a.co.uk/y") == "https://a.co.uk/y"


def test_the_host_is_said_without_www():
    assert urls.host("https://www.Herald.example/x") == "herald.example"
    assert urls.host("http://[") == ""

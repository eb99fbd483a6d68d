"""What a link may not do: lead nowhere, hide where it leads, or be distrusted by filters."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from digest import htmltree
from digest.compose import links


def codes(markup):
    root = htmltree.tree(f"<div>{markup}</div>")
    return [one.code for one in links.check(root, {})]


def link(href, shown="Read on"):
    return f'<a href="{href}">{shown}</a>'


@pytest.mark.parametrize(
    "href", ["", "javascript:x", "httpx:y", "//a.example/", "/a", "https://", "https:///x"]
)
def test_a_link_that_leads_nowhere_stops(href):
    root = htmltree.tree(f"<div>{link(href)}</div>")

    assert [one.level for one in links.check(root, {})] == ["stops"]


@pytest.mark.parametrize(
    ("href", "shown"),
    [
        ("https://evil.example/", "https://bank.example/"),
        ("https://evil.example/", "bank.example"),
        ("https://evil.example/", "www.bank.example/login"),
        ("https://bank.example.evil.example/", "bank.example"),
        ("https://evil.example/", "bank\u200b.example"),
    ],
)
def test_a_link_that_shows_another_address_is_told(href, shown):
    assert "link-text" in codes(link(href, shown))


@pytest.mark.parametrize(
    ("href", "shown"),
    [
        ("https://bank.example/a?b=c", "bank.example"),
        ("https://www.bank.example/", "https://bank.example/login"),
        ("https://herald.example/", "The 3.5 report"),
        ("https://herald.example/", "Ada Lovelace, e.g. on ferries"),
        ("\ue0f0unsubscribe_url\ue0f1", "Unsubscribe"),
    ],
)
def test_a_link_that_shows_its_own_address_or_plain_words_is_fine(href, shown):
    assert codes(link(href, shown)) == []


UNSEEN = "\u200b\u200e\u200f\u202a\u202d\u202e\u2060\u2066\u2069\ufeff\u00ad"


@pytest.mark.parametrize("mark", UNSEEN)
def test_an_unseen_character_in_an_address_is_told(mark):
    assert codes(link(f"https://herald.example/a{mark}b")) == ["unseen-characters"]
    assert codes(link("https://herald.example/", f"herald{mark}.example")) == ["unseen-characters"]


def test_an_unseen_character_in_words_is_the_writers_affair():
    assert codes(link("https://herald.example/", "می\u200cخواهم 👩\u200d🔧 خبر\u200f")) == []


@pytest.mark.parametrize(
    "host",
    [
        "раураl.example",  # Cyrillic but for the l
        "аррӏе.example",  # all Cyrillic, all of them twins
        "xn--80ak6aa92e.example",  # the same as it travels
        "gοοgle.example",  # Greek omicrons
        "роса.example",  # reads as poca; below рф it is a word
    ],
)
def test_a_host_that_only_looks_like_another_is_told(host):
    assert "look-alike" in codes(link(f"https://{host}/"))


@pytest.mark.parametrize(
    "host",
    [
        "münchen.example",
        "новости.example",
        "роса.рф",
        "νέα.example",
        "ελλάδα.example",
        "例え.example",
        "apple.example",
        "",
    ],
)
def test_a_host_in_its_own_script_is_fine(host):
    assert not links.looks_alike(host)


def test_only_one_finding_of_each_kind_is_told_however_many_links_have_it():
    many = "".join(link(f"http://bit.ly/{n}") for n in range(9))

    assert codes(many) == ["not-https", "shortener"]


@given(st.text(alphabet="abc.:/?#@[]%\u200b\u202e-xn ", max_size=30))
@settings(deadline=None)
def test_no_address_breaks_the_check(href):
    root = htmltree.tree("<div><a>Read</a></div>")
    root.find(".//a").set("href", f"https://{href}")

    for finding in links.check(root, {}):
        assert finding.message

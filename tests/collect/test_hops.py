from __future__ import annotations

import pytest

from digest.collect import hops
from digest.collect.hops import Hop, Stop


def a_hop(url: str) -> Hop:
    hop = hops.first(url)
    assert isinstance(hop, Hop)
    return hop


def test_a_login_is_taken_out_of_the_url():
    hop = a_hop("https://ada:s%40fe@a.example:8443/feed#top")

    assert hop.url == "https://a.example:8443/feed"
    assert hop.authorization == "Basic YWRhOnNAZmU="
    assert hop.signed == "https://ada:s%40fe@a.example:8443/feed"
    assert hop.origin == "https://a.example:8443"


def test_an_ipv6_origin_keeps_its_brackets():
    assert a_hop("http://[2606:4700::1]:8080/").origin == "http://[2606:4700::1]:8080"


@pytest.mark.parametrize(
    "url", ["ftp://a.example/", "http://", "http://a b/", "http://a.example:99999/", "x" * 9000]
)
def test_what_cannot_be_asked_stops(url):
    assert isinstance(hops.first(url), Stop)


def test_an_address_longer_than_a_server_takes_stops():
    assert isinstance(hops.first("https://a.example/" + "x" * 9000), Stop)


def test_a_login_does_not_leave_its_origin():
    hop = a_hop("https://ada:p@a.example/")

    assert hops.onward(hop, "/other").credentials == "ada:p"
    assert hops.onward(hop, "https://b.example/").credentials == ""
    assert hops.onward(hop, "http://a.example/").credentials == ""
    assert hops.onward(hop, "https://eve:q@b.example/").credentials == ""


def test_a_step_down_from_https_is_no_permanent_move():
    secure, plain = a_hop("https://a.example/"), a_hop("http://a.example/")

    assert hops.is_permanent(plain, secure, 301)
    assert not hops.is_permanent(secure, plain, 301)
    assert not hops.is_permanent(plain, secure, 302)
    assert hops.is_permanent(plain, a_hop("http://b.example/"), 301)
    assert hops.is_permanent(secure, a_hop("https://b.example/"), 308)


def test_a_login_goes_on_to_the_https_twin_and_no_further():
    hop = a_hop("http://ada:pw@a.example/f")

    assert hops.onward(hop, " https://a.example/f ").credentials == "ada:pw"
    assert hops.onward(hop, "https://a.example/g").credentials == ""


def test_an_upgrade_changes_the_scheme_and_nothing_else():
    assert hops.is_upgrade("http://a.example/f?x=1", "https://a.example/f?x=1")
    assert not hops.is_upgrade("http://a.example/f", "https://a.example/g")
    assert not hops.is_upgrade("http://a.example/f", "https://b.example/f")
    assert not hops.is_upgrade("nonsense", "https://b.example/f")


@pytest.mark.parametrize("location", [None, "", "  ", "http://[", "javascript:x"])
def test_a_redirect_to_nowhere_stops(location):
    assert hops.onward(a_hop("https://a.example/"), location).status == "bad redirect"


def test_bytes_of_a_header_that_are_not_utf_8_are_escaped():
    assert hops.onward(a_hop("https://a.example/"), "/caf\udce9").url == "https://a.example/caf%E9"


def test_a_url_in_a_sentence_shows_no_login_and_ends():
    assert hops.masked("https://ada:p@a.example/") == "https://***@a.example/"
    assert "\n" not in hops.masked("https://a.example/\n")
    assert len(hops.masked("https://a.example/" + "x" * 900)) == 300
    assert hops.bare("nonsense") == "nonsense"

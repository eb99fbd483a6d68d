from __future__ import annotations

import pytest

from tests.config.conftest import GOOD, Mistakes, Read

WEB = GOOD + "\n[web]\n"


def test_proxies_and_origins_are_read_in_their_plain_form(read: Read):
    web = read(
        WEB + 'trusted_proxies = ["10.0.0.0/8", "::1"]\nembed_origins = ["https://SHOP.example"]\n'
    ).settings.web

    assert web.trusted_proxies == ("10.0.0.0/8", "::1/128")
    assert web.embed_origins == ("https://shop.example",)


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ('trusted_proxies = ["proxy"]', "trusted_proxies[1] is \"proxy\"; write an IP address, or"),
        ('trusted_proxies = ["10.0.0.1/8"]', "trusted_proxies[1] is"),
        ('embed_origins = ["https://a.example/shop"]', "embed_origins[1] is"),
        ('embed_origins = ["http://a.example"]', "embed_origins[1] is"),
        ('host = "999.1.1.1"', 'host is "999.1.1.1", which no machine can listen on; write one such'),
        ('host = "a b"', 'host is "a b", which no machine can listen on'),
        ("min_fill_seconds = 61", "min_fill_seconds is 61; write a number from 0, up to 60"),
        ("joins_per_network = 0", "joins_per_network is 0"),
    ],
)  # fmt: skip
def test_what_the_pages_cannot_use_is_told(mistakes: Mistakes, line: str, told: str):
    found = mistakes(WEB + line + "\n")

    assert len(found) == 1
    assert f"web.{told}" in found[0]


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "::1", "localhost", "web-1", "n.example.org"])
def test_the_pages_listen_on_an_address_or_a_name(read: Read, host: str):
    assert read(f'{WEB}host = "{host}"\n').settings.web.host == host


def test_single_opt_in_is_allowed_and_warned_of(read: Read):
    loaded = read(WEB + "double_opt_in = false\n")

    assert len(loaded.warnings) == 1
    assert "web.double_opt_in  is off: anyone can sign up anyone" in loaded.warnings[0]

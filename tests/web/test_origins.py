from __future__ import annotations

import pytest

from digest.web.origins import may_send

SHOP = "https://shop.example"
HOST = "Digest.example"


@pytest.mark.parametrize(
    ("site", "origin", "token", "may"),
    [
        ("same-origin", "https://evil.example", False, True),  # a browser's word on it counts
        ("none", "", False, True),
        ("cross-site", SHOP.upper(), False, True),
        ("cross-site", "https://evil.example", True, False),
        ("cross-site", "https://digest.example", True, False),
        ("cross-site", "null", True, False),
        ("same-site", "", True, False),
        ("", "", False, True),  # no browser: a provider's one-click
        ("", "null", True, True),
        ("", "null", False, False),
        ("", "https://digest.example", False, True),
        ("", "https://evil.example", True, False),
        ("", "http://[", True, False),
    ],
)
def test_a_form_is_taken_from_our_own_pages_and_from_those_that_may(site, origin, token, may):
    headers = {"sec-fetch-site": site, "origin": origin, "host": HOST}

    assert may_send(headers, (SHOP,), token=token) is may

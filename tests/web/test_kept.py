"""Kept answers: the tag, the date and the packing decide what is sent again."""

from __future__ import annotations

import gzip
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.datastructures import Headers

from digest.web.kept import answer, kept

AT = datetime(2026, 11, 24, 6, 30, 0, 700, tzinfo=UTC)
LONG = "The lock gates swing again. " * 60


def page(text=LONG, modified=AT):
    return kept(text, "text/html", modified=modified, headers={"x-own": "1"})


def sent(page, **headers):
    return answer(page, Headers({name.replace("_", "-"): value for name, value in headers.items()}))


def test_an_answer_says_what_it_is_and_how_long_it_may_be_kept():
    found = sent(page())

    assert found.body == LONG.encode()
    assert dict(found.headers) == {
        "cache-control": "public, max-age=60",
        "content-length": str(len(LONG)),
        "content-type": "text/html; charset=utf-8",
        "etag": f'"{page().tag}"',
        "last-modified": "Tue, 24 Nov 2026 06:30:00 GMT",
        "vary": "accept-encoding, accept-language",
        "x-own": "1",
    }


@pytest.mark.parametrize(
    ("accepted", "packs"),
    [
        ("gzip", True),
        ("br, GZIP;q=0.5", True),
        ("x-gzip", True),
        ("*", True),
        ("gzip;q=0", False),
        ("gzip;q=0, *", False),
        ("*;q=0", False),
        ("gzip;q=nonsense", True),
        ("gzip;q=1.1.1", False),
        ("identity", False),
        ("", False),
    ],
)
def test_it_is_packed_for_who_takes_gzip(accepted, packs):
    found = sent(page(), accept_encoding=accepted)

    assert (found.headers.get("content-encoding") == "gzip") is packs
    assert (gzip.decompress(found.body) if packs else found.body) == LONG.encode()
    assert found.headers["etag"].endswith('-gz"') is packs


def test_what_gzip_cannot_make_smaller_is_sent_as_it_is():
    assert "content-encoding" not in sent(page("short"), accept_encoding="gzip").headers


@pytest.mark.parametrize(
    ("said", "status"),
    [
        ('"{tag}"', 304),
        ('W/"{tag}"', 304),
        ('"other", "{tag}-gz"', 304),
        ("*", 304),
        ('"other"', 200),
        ("{tag}", 200),
        ("", 200),
    ],
)
def test_who_names_the_tag_has_it_already(said, status):
    made = page()

    found = sent(made, if_none_match=said.format(tag=made.tag))

    assert found.status_code == status
    assert found.headers["etag"] == f'"{made.tag}"'
    if status == 304:
        assert found.body == b""
        assert "content-type" not in found.headers


@pytest.mark.parametrize(
    ("since", "status"),
    [
        ("Tue, 24 Nov 2026 06:30:00 GMT", 304),
        ("Wed, 25 Nov 2026 06:30:00 GMT", 200),
        ("Tue, 24 Nov 2026 06:29:59 GMT", 200),
        ("yesterday", 200),
        ("Tue, 24 Nov 2026 06:30:00 -0000", 200),
    ],
)
def test_without_a_tag_the_date_decides(since, status):
    assert sent(page(), if_modified_since=since).status_code == status
    tagged = sent(page(), if_modified_since=since, if_none_match='"other"')
    assert tagged.status_code == 200


def test_a_page_without_a_date_has_none():
    found = sent(page(modified=None), if_modified_since="Wed, 25 Nov 2026 06:30:00 GMT")

    assert found.status_code == 200
    assert "last-modified" not in found.headers


def test_two_texts_never_share_a_tag_and_one_text_always_does():
    assert page("a").tag == page("a", AT + timedelta(days=1)).tag
    assert page("a").tag != page("b").tag


headers = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=60)


@given(headers, headers, headers)
def test_no_header_a_stranger_sends_breaks_an_answer(encoding, tags, since):
    found = sent(page(), accept_encoding=encoding, if_none_match=tags, if_modified_since=since)

    assert found.status_code in (200, 304)
    body = gzip.decompress(found.body) if "content-encoding" in found.headers else found.body
    assert body == (LONG.encode() if found.status_code == 200 else b"")

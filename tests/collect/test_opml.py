from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.collect import opml
from digest.collect.opml import Outline
from digest.errors import Permanent

WORDS = st.text(st.characters(codec="utf-8", categories=("L", "N")), min_size=1, max_size=12)


def test_folders_become_categories_and_a_feed_is_listed_once():
    body = b"""<?xml version="1.0"?><opml version="1.0"><body>
    <outline text="Town"><outline text="Herald &amp; Post" xmlUrl="https://a.example/f"
      htmlUrl="https://a.example/"/></outline>
    <outline title="Lamp" xmlurl="https://b.example/f" category="/harbour,x"/>
    <outline title="Again" xmlUrl="https://a.example/f"/>
    <outline text="no feed"/><outline xmlUrl="javascript:x"/>
    </body></opml>"""

    assert opml.parse(body) == (
        Outline(
            title="Herald & Post",
            xml_url="https://a.example/f",
            html_url="https://a.example/",
            category="Town",
        ),
        Outline(title="Lamp", xml_url="https://b.example/f", html_url="", category="harbour"),
    )


@given(st.lists(st.tuples(WORDS, st.sampled_from(["", "Town", "Sea & salt"])), max_size=6))
def test_what_is_written_is_read_again(feeds):
    outlines = [
        Outline(title=name, xml_url=f"https://a.example/{n}", html_url="", category=category)
        for n, (name, category) in enumerate(feeds)
    ]

    read = opml.parse(opml.write(outlines, title="Quay").encode())

    assert sorted(read, key=lambda o: o.xml_url) == sorted(outlines, key=lambda o: o.xml_url)


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b"<rss/>", "is no OPML"),
        (b"words", "is no OPML"),
        (b'<!DOCTYPE o [<!ENTITY a "b">]><opml/>', "entities"),
        (b"", "is no OPML"),
    ],
)
def test_what_is_no_opml_is_refused(body, why):
    with pytest.raises(Permanent, match=why):
        opml.parse(body)

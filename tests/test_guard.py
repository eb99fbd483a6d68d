from __future__ import annotations

import pytest

from digest import guard
from digest.errors import Permanent


def test_a_page_as_deep_as_pages_are_is_let_through():
    guard.check("<div>" * 200 + "</div>" * 200, what="the page")
    guard.check("<p>" * 5000 + "<br>" * 5000 + "<img src='x'/>" * 500, what="the page")


def test_what_stands_in_a_script_is_no_element():
    script = "<script>" + "x = '<div>';" * 1000 + "</script>"

    assert not guard.is_too_deep(script)
    assert not guard.is_too_deep("<script>" + "<div>" * 1000)


def test_depth_beyond_the_limit_is_refused():
    with pytest.raises(Permanent, match="the page has more than 250 elements inside one another"):
        guard.check("<b>" * 300, what="the page")


def test_length_beyond_the_limit_is_refused():
    with pytest.raises(Permanent, match="longer than"):
        guard.check("x" * (guard.MAX_CHARACTERS + 1), what="the page")


@pytest.mark.parametrize("start", ["<", "<a", "<a ", "<!DOCTYPE ", "<script", "<![CDATA["])
def test_half_tags_cost_no_more_than_a_look(start):
    guard.is_too_deep(start * 300_000)
    guard.check_xml(start * 300_000, what="the feed") if start != "<!DOCTYPE " else None


def test_an_inner_subset_is_refused_and_a_plain_doctype_is_not():
    guard.check_xml('<!DOCTYPE rss PUBLIC "-//X//EN" "x.dtd"><rss/>', what="the feed")
    with pytest.raises(Permanent, match="entities"):
        guard.check_xml("<!DOCTYPE rss [ <!ATTLIST x> ]><rss/>", what="the feed")


def test_what_stands_in_a_cdata_section_is_text():
    guard.check_xml(f"<rss><![CDATA[{'<div>' * 1000}]]></rss>" * 3, what="the feed")
    guard.check_xml("<rss><![CDATA[<!ENTITY a 'b'>]]></rss>", what="the feed")


def test_a_cdata_section_left_open_hides_nothing():
    with pytest.raises(Permanent, match="more than 250 elements"):
        guard.check_xml("<rss><![CDATA[" + "<div>" * 1000, what="the feed")
    with pytest.raises(Permanent, match="entities"):
        guard.check_xml("<![CDATA[]]><!DOCTYPE x [<!ENTITY a 'b'>]><rss/>", what="the feed")


def test_a_feed_is_measured_with_its_cdata_sections():
    with pytest.raises(Permanent, match="the feed is longer than"):
        guard.check_xml(f"<rss><![CDATA[{'x' * guard.MAX_CHARACTERS}]]></rss>", what="the feed")

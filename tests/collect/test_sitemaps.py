from __future__ import annotations

from datetime import UTC, datetime

import pytest

from digest.collect import sitemaps
from digest.collect.sitemaps import Index
from digest.errors import Permanent
from digest.model import Dated, DateSource
from tests.builders import a_source

NEWS = """<?xml version="1.0" encoding="UTF-8"?>
<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"
 xmlns:news="http://www.google.com/schemas/sitemap-news/0.9">
<url><loc>https://town.example/lock</loc><lastmod>2026-11-24T06:00:00Z</lastmod><news:news>
<news:publication><news:name>Town</news:name><news:language>en</news:language></news:publication>
<news:publication_date>2026-11-24</news:publication_date><news:title>The lock</news:title>
</news:news></url>
<url><loc>/lamp</loc><lastmod>2026-11-23T05:00:00+01:00</lastmod></url>
<url><loc>javascript:x</loc></url><url><loc>https://town.example/undated</loc></url></urlset>"""


def parse(body: str | bytes, **given):
    data = body.encode() if isinstance(body, str) else body
    url = "https://town.example/sitemap.xml"
    return sitemaps.parse(data, url=url, charset_claimed=None, source=a_source(**given))


def test_a_news_sitemap_names_title_and_day():
    parsed = parse(NEWS)

    lock, lamp, undated = parsed.items
    assert (lock.title, lock.source_name, lock.language) == ("The lock", "Town", "en")
    assert lock.dated == Dated(
        at=datetime(2026, 11, 24, tzinfo=UTC), source=DateSource.SITEMAP, day_only=True
    )
    assert lamp.url == "https://town.example/lamp"
    assert undated.dated is None
    assert parsed.undated == 1


def test_when_a_page_was_last_changed_is_only_a_bound():
    assert parse(NEWS).items[1].dated == Dated(
        at=datetime(2026, 11, 23, 4, tzinfo=UTC), source=DateSource.SITEMAP, exact=False
    )


def test_a_list_of_addresses_is_a_sitemap():
    parsed = parse("https://a.example/1\nnot one\nhttps://a.example/2\n")

    assert [item.url for item in parsed.items] == ["https://a.example/1", "https://a.example/2"]


def test_an_address_of_a_list_hides_no_control_character():
    (item,) = parse("https://a.example/\x1b[31m").items

    assert item.url == "https://a.example/%1B[31m"


def test_an_index_names_its_freshest_sitemaps_first():
    children = "".join(
        f"<sitemap><loc>/{n}.xml</loc><lastmod>2026-11-{n:02}</lastmod></sitemap>"
        for n in range(1, 10)
    )

    found = parse(f"<sitemapindex>{children}<sitemap><loc>/u.xml</loc></sitemap></sitemapindex>")

    assert found == Index(urls=tuple(f"https://town.example/{n}.xml" for n in (9, 8, 7, 6, 5)))


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ("hello", "neither XML nor a list"),
        ("<rss/>", "neither urlset nor sitemapindex"),
        ('<!DOCTYPE x [<!ENTITY a "b">]><urlset/>', "entities"),
        ("<urlset>" + "<url>" * 1000, "250 elements"),
        ("<", "no sitemap"),
    ],
)
def test_what_is_no_sitemap_is_refused(body, why):
    with pytest.raises(Permanent, match=why):
        parse(body)


def test_a_date_or_a_title_that_cannot_be_costs_no_address():
    (item,) = parse(
        "<urlset><url><loc>https://a.example/1</loc>"
        "<lastmod>0001-01-01T00:00:00+01:00</lastmod>"
        "<title>Gates &#55357;</title></url></urlset>"
    ).items

    assert (item.dated, item.title) == (None, "Gates \ufffd")


def test_a_sitemap_as_large_as_the_protocol_allows_is_read_and_its_newest_kept():
    path = "x" * 160
    told = "".join(
        f"<url><loc>https://a.example/{path}/{n}</loc><lastmod>{2000 + n % 26}-01-01</lastmod></url>"
        for n in range(sitemaps.AT_ONCE + 1)
    )
    first = "<url><loc>https://a.example/new</loc><lastmod>2026-11-24</lastmod></url>"
    last = first.replace("new", "newer").replace("24", "25")

    parsed = parse(f"<urlset>{first}{told}{last}</urlset>", max_items=3)

    assert len(told) > 10_000_000
    assert [item.url.rpartition("/")[2] for item in parsed.items] == ["newer", "new", "25"]
    assert parsed.undated == 0


def test_a_list_of_addresses_keeps_its_first():
    told = "\n".join(f"https://a.example/{n}" for n in range(sitemaps.AT_ONCE + 1))

    parsed = parse(told, max_items=2)

    assert [item.url[-2:] for item in parsed.items] == ["/0", "/1"]
    assert parsed.undated == sitemaps.AT_ONCE + 1


def test_a_sitemap_that_is_cut_off_keeps_what_came():
    entries = "".join(f"<url><loc>https://a.example/{n}</loc></url>" for n in range(3))

    parsed = parse(f"<urlset>{entries}<url><lo")

    assert [item.url[-2:] for item in parsed.items] == ["/0", "/1", "/2"]

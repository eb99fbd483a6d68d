"""What a visit to each kind of place brings, through the real client and real workers."""

from __future__ import annotations

import json

import pytest

from digest.collect import discover, harvest, sitemaps
from digest.collect.client import Http
from digest.collect.http import HttpOptions
from digest.errors import Misconfigured
from digest.isolation import Workers
from digest.model import Form, SourceId, SourceKind, Visit
from tests.builders import NOW, a_source, an_item

MAP = "<urlset xmlns='http://www.sitemaps.org/schemas/sitemap/0.9'>{}</urlset>"
INDEX = "<sitemapindex xmlns='http://www.sitemaps.org/schemas/sitemap/0.9'>{}</sitemapindex>"


@pytest.fixture
async def ask():
    options = HttpOptions(allow_private=True, host_delay_seconds=0, timeout_seconds=5)
    async with (
        Http(options, clock=lambda: NOW, version="1.2") as fetch,
        Workers(seconds=20) as isolate,
    ):
        yield {"fetch": fetch, "isolate": isolate}


@pytest.fixture
def visit(ask, tmp_path):
    async def visited(location, kind, **given):
        source = a_source(location, kind=kind, **given)
        fresh = Visit(source=SourceId(location))
        return await harvest.harvest(source, fresh, now=NOW, jitter=0.5, folder=tmp_path, **ask)

    return visited


def an_index(web, *names, day="2026-11-24"):
    return INDEX.format(
        "".join(
            f"<sitemap><loc>{web.url(name)}</loc><lastmod>{day}</lastmod></sitemap>"
            for name in names
        )
    )


async def test_what_an_index_of_sitemaps_names_and_cannot_be_read_is_noted(web, visit):
    web.serve("/a.xml", MAP.format("<url><loc>https://a.example/1</loc></url>"))
    web.serve("/broken.xml", "no sitemap at all")
    names = ("/a.xml", "/missing.xml", "/broken.xml")

    found = await visit(web.serve("/sitemap.xml", an_index(web, *names)), SourceKind.SITEMAP)

    assert [item.url for item in found.items] == ["https://a.example/1"]
    assert len(found.notes) == 2
    assert any("404" in note for note in found.notes)


async def test_indexes_inside_an_index_are_followed_and_not_for_ever(web, visit):
    web.serve("/a.xml", MAP.format("<url><loc>https://a.example/1</loc></url>"))
    web.serve("/2026.xml", an_index(web, "/11.xml", "/2026.xml", "/sitemap.xml"))
    web.serve("/11.xml", an_index(web, "/a.xml", "/too.xml"))
    web.serve("/too.xml", an_index(web, "/deep.xml"))

    found = await visit(web.serve("/sitemap.xml", an_index(web, "/2026.xml")), SourceKind.SITEMAP)

    assert [item.url for item in found.items] == ["https://a.example/1"]
    assert found.notes == (
        f"{web.url('/too.xml')}: is an index 3 indexes deep, which is not followed",
    )
    assert web.paths == ["/sitemap.xml", "/2026.xml", "/11.xml", "/a.xml", "/too.xml"]


async def test_of_many_sitemaps_and_indexes_only_so_many_are_asked_for(web, visit):
    names = [f"/{n}.xml" for n in range(5)]
    for name in names:
        web.serve(name, an_index(web, *(f"/nothing{name}-{n}" for n in range(5))))

    await visit(web.serve("/sitemap.xml", an_index(web, *names)), SourceKind.SITEMAP)

    assert len(web.asked) == 1 + sitemaps.MAX_ASKED


async def test_an_index_none_of_whose_sitemaps_can_be_read_is_a_failure(web, visit):
    inner = f"<sitemap><loc>{web.url('/missing.xml')}</loc></sitemap>"

    found = await visit(web.serve("/sitemap.xml", INDEX.format(inner)), SourceKind.SITEMAP)

    assert found.items == ()
    assert "none of its sitemaps could be read" in found.visit.error
    assert found.visit.failures == 1


@pytest.mark.parametrize(
    ("select", "said"),
    [(None, "name them with `select`"), ("main a", "the selector 'main a' finds no link")],
)
async def test_a_page_without_article_links_says_what_to_do(web, visit, select, said):
    page = web.serve("/front", "<html><body><p>Nothing</p></body></html>")

    found = await visit(page, SourceKind.PAGE, select=select)

    assert said in found.visit.error


async def test_a_feed_without_items_is_noted_and_no_failure(web, visit):
    empty = web.feed("/feed.xml", "<rss version='2.0'><channel><title>x</title></channel></rss>")

    found = await visit(empty, SourceKind.FEED)

    assert (found.items, found.visit.error, found.visit.failures) == ((), None, 0)
    assert found.notes == (f"{empty} listed no article",)


async def test_a_folder_that_is_not_there_is_a_failure_of_that_source(visit):
    found = await visit("nowhere/*.md", SourceKind.FILES)

    assert found.visit.failures + len(found.notes) >= 1


@pytest.mark.parametrize(
    ("type_", "status", "form", "said"),
    [
        ("text/html", 200, Form.PAGE, None),
        ("text/plain", 200, Form.TEXT, None),
        ("application/pdf", 200, Form.TEASER, "is application/pdf, not a web page"),
        ("text/html", 404, Form.TEASER, "404"),
    ],
)
async def test_a_teaser_is_completed_by_its_page_or_stays_one(web, ask, type_, status, form, said):
    url = web.serve("/a", "<p>Whole</p>", type=type_, status=status)

    whole = await harvest.complete(an_item(url, form=Form.TEASER, content="Teaser"), **ask)

    assert whole.item.form is form
    assert (whole.trouble is None) if said is None else (said in whole.trouble)
    assert "Teaser" in (whole.item.content, whole.item.teaser)
    assert not whole.owed


async def test_a_page_whose_feeds_are_broken_is_no_feed(web, ask, tmp_path):
    web.serve("/broken.xml", "no feed")
    page = web.serve(
        "/home",
        "<link rel='alternate' type='application/rss+xml' href='/broken.xml'><p>Two words</p>",
    )

    with pytest.raises(
        Misconfigured,
        match=r"broken\.xml cannot be read.*fewer than 3 links that read like article",
    ):
        await discover.discover(page, folder=tmp_path, **ask)


async def test_an_index_of_sitemaps_is_known_as_one(web, ask, tmp_path):
    body = INDEX.format(f"<sitemap><loc>{web.url('/a.xml')}</loc></sitemap>")
    url = web.serve("/sitemap.xml", body)

    found = await discover.discover(url, folder=tmp_path, **ask)

    assert (found.kind, found.notes) == (
        SourceKind.SITEMAP,
        ("an index; 1 of its sitemaps is read at each visit",),
    )


async def test_a_sitemap_says_how_many_addresses_it_lists(web, ask, tmp_path):
    url = web.serve("/a.xml", MAP.format("<url><loc>https://a.example/1</loc></url>"))

    found = await discover.discover(url, folder=tmp_path, **ask)

    assert found.notes == ("1 address listed now",)


async def test_a_name_that_a_feed_gives_itself_is_one_that_the_configuration_takes(
    web, ask, tmp_path
):
    said = {"version": "https://jsonfeed.org/version/1.1", "title": "A\x1b\n\ue0f0B", "items": []}

    found = await discover.discover(web.feed("/a", json.dumps(said)), folder=tmp_path, **ask)

    assert found.name == "A B"


async def test_the_sample_paper_is_a_source_by_its_own_name(ask, tmp_path):
    found = await discover.discover("sample:", folder=tmp_path, **ask)

    assert (found.kind, found.name) == (SourceKind.SAMPLE, "Sample paper")


async def test_a_page_too_deep_to_look_at_is_named(web, ask, tmp_path):
    url = web.serve("/deep", "<html>" + "<div>" * 5_000)

    with pytest.raises(Misconfigured, match="cannot be read as a feed, sitemap or page"):
        await discover.discover(url, folder=tmp_path, **ask)

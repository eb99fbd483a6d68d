"""Gather where a source writes what nobody expects: nothing is lost, and nobody else is."""

from __future__ import annotations

import base64
import hashlib

import pytest

from digest.curate import urls
from digest.storage import articles, sources
from tests.services.test_gather import CHOIR, GATES, feed, item, kept, page, rss


def json_feed(*items):
    return f'{{"version":"https://jsonfeed.org/version/1.1","items":[{",".join(items)}]}}'


def told(url, title, text=GATES + CHOIR):
    return f'{{"id":"{title}","url":"{url}","title":"{title}","content_html":"<p>{text}</p>"}}'


@pytest.mark.parametrize(
    ("odd", "title"), [(r"\ud83d", "Gates \ufffdopen"), (r"\u0000", "Gates open")]
)
async def test_half_a_character_in_a_json_feed_stops_neither_it_nor_the_others(
    store, world, web, odd, title
):
    bad = json_feed(told(web.url(f"/gates{odd}"), f"Gates {odd}open"))
    good = rss(item("Choir moves", web.url("/choir"), CHOIR + GATES))

    reports = await world.gather(
        store, feed(web.feed("/a.json", bad)), feed(web.feed("/b.xml", good))
    )

    assert [(one.error, one.new) for one in reports] == [(None, 1), (None, 1)]
    assert set(await kept(store)) == {title, "Choir moves"}


@pytest.mark.parametrize("odd", ["&#55357;", "&#xD83D;", "&#0;", "&#2;", "\0"])
async def test_a_reference_to_no_character_leaves_a_feed_readable(store, world, web, odd):
    told = item(f"Gates {odd}", web.url("/gates"), GATES + CHOIR, guid=f"g-{odd}")
    other = item("Choir moves", web.url("/choir"), CHOIR + GATES)

    (report,) = await world.gather(store, feed(web.feed("/a.xml", rss(told, other))))

    assert (report.error, report.new) == (None, 2)


async def test_a_mistake_of_ours_is_the_failure_of_one_source_and_is_remembered(store, world, web):
    bad = feed(web.feed("/a.xml", rss()))
    good = feed(web.feed("/b.xml", rss(item("Gates open", web.url("/gates"), GATES + CHOIR))))
    through = world.fetch

    async def fetch(ask):
        if ask.url == bad.location:
            raise OverflowError("date value out of range")
        return await through(ask)

    world.fetch = fetch

    broken, well = await world.gather(store, bad, good)
    (resting, _) = await world.gather(store, bad, good)

    assert broken.error == (
        f"{bad.location}: Digest could not read it (OverflowError), which is a mistake in Digest; "
        "the log has more"
    )
    assert (well.new, resting.status) == (1, "resting until 2026-11-24 07:00 UTC")
    assert (await store.read(sources.visits))[bad.id].failures == 1


async def test_a_mistake_of_ours_with_one_item_costs_no_other(store, world, web):
    told = [
        item("Gates open", web.url("/gates"), "Boats."),
        item("Choir moves", web.url("/choir"), "Singers."),
    ]
    source = feed(web.feed("/a.xml", rss(*told)))
    through = world.fetch

    async def fetch(ask):
        if ask.url.endswith("/gates"):
            raise RuntimeError("unforeseen")
        return await through(ask)

    world.fetch = fetch

    (report,) = await world.gather(store, source)

    assert (report.new, report.error) == (1, None)
    assert any("(RuntimeError)" in note for note in report.notes)


async def test_headers_that_are_no_utf_8_are_not_kept(store, world, rude, web):
    body = rss(item("Gates open", web.url("/gates"), GATES + CHOIR)).encode()
    url = await rude(
        b'HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\nETag: "\xe9"\r\n'
        b"Expires: Mon, 01 Jan 0001 00:00:00 +0100\r\nContent-Length: %d\r\n\r\n%s"
        % (len(body), body)
    )

    (report,) = await world.gather(store, feed(url))

    assert (report.error, report.new) == (None, 1)
    assert (await store.read(sources.visits))[url].etag is None


def signed(length):
    """Letters that no database packs closer, as trackers and logins write them."""
    said = base64.urlsafe_b64encode(hashlib.shake_256(b"").digest(length))
    return said[:length].decode()


async def test_an_address_that_no_database_finds_again_costs_no_other_item(store, world, web):
    near = web.url("/choir?")
    near += signed(urls.LONGEST - len(near))
    told = [item("Choir moves", near, CHOIR + GATES), item("Gates", f"{near}-", GATES + CHOIR)]
    source = feed(web.feed("/a.xml", rss(*told)))

    (report,) = await world.gather(store, source)

    note = "1 item at an address longer than 2,000 bytes was left out"
    assert (report.error, report.new) == (None, 1)
    assert note in report.notes
    assert set(await kept(store)) == {"Choir moves"}


@pytest.mark.parametrize("moved", [True, False])
async def test_a_page_that_is_found_at_such_an_address_is_kept_at_the_one_listed(
    store, world, web, moved
):
    far = web.url(f"/far?{signed(3_000)}")
    listed = web.url("/listed")
    declares = f'<link rel="canonical" href="{far}">'
    read = page("Gates open", GATES + CHOIR).replace("</head>", declares + "</head>")
    web.serve("/far" if moved else "/listed", read)
    if moved:
        web.redirect("/listed", far)

    (report,) = await world.gather(
        store, feed(web.feed("/a.xml", rss(item("Gates open", listed, "Boats."))))
    )

    assert (report.error, report.new) == (None, 1)
    assert await store.read(articles.by_url, listed) is not None

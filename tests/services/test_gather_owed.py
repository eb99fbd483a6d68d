"""Gather loses no news to redirects, to "not modified", to a bad moment or to one page for many."""

from __future__ import annotations

from datetime import timedelta

from aiohttp import web as aio

from digest.model import SourceKind
from digest.storage import articles, sources
from tests.builders import a_source
from tests.services.test_gather import CHOIR, GATES, feed, item, kept, page, rss

TEASERS = {
    "Gates open": "The gates of Harrow Quay are open after eleven weeks of waiting for new oak.",
    "Choir moves": "Forty singers have found a cold store on Ice Street with a splendid echo.",
    "Ferry late": "The Friday ferry leaves an hour late, and nobody on the quay knows why.",
}


def unchanging(web, path, body, **headers):
    """A feed that is sent once, and is "not modified" to who has its ETag."""

    async def answer(request):
        if request.headers.get("If-None-Match") == '"1"':
            return aio.Response(status=304)
        named = {name.replace("_", "-").title(): value for name, value in headers.items()}
        return aio.Response(
            text=body, content_type="application/xml", headers={"ETag": '"1"', **named}
        )

    return web.handle(path, answer)


async def test_articles_whose_pages_all_lead_to_one_login_stay_apart(store, world, web):
    web.serve("/login", page("Log in", "Please log in."))
    links = {title: web.redirect(f"/{n}", "/login") for n, title in enumerate(TEASERS)}
    told = [item(title, links[title], text) for title, text in TEASERS.items()]

    (report,) = await world.gather(store, feed(web.feed("/a.xml", rss(*told))))

    assert report.new == 3
    assert {one.title: (one.url, one.text) for one in (await kept(store)).values()} == {
        title: (links[title], text) for title, text in TEASERS.items()
    }


async def test_titles_whose_pages_all_lead_to_one_front_stay_apart(store, world, web):
    web.serve("/front", page("Harrow Quay Herald", GATES + CHOIR))
    titles = [
        item(title, web.redirect(f"/{n}", "/front"), "", guid=title)
        for n, title in enumerate(TEASERS)
    ]
    source = feed(web.feed("/a.xml", rss(*titles[:2])))
    (first,) = await world.gather(store, source)
    web.feed("/a.xml", rss(*titles))
    world.now += timedelta(hours=1)

    (second,) = await world.gather(store, source)

    assert (first.new, second.new) == (2, 1)
    assert set(await kept(store)) == set(TEASERS)


async def test_one_page_behind_two_redirects_is_one_article(store, world, web):
    web.serve("/gates", page("Gates open", GATES + CHOIR))
    told = [item("Gates open", web.redirect(f"/{n}", "/gates"), "") for n in range(2)]

    await world.gather(store, feed(web.feed("/a.xml", rss(*told))))

    assert [one.url for one in await store.read(articles.search, (), 9)] == [web.url("/gates")]


async def test_a_page_whose_host_was_in_trouble_is_asked_for_at_the_next_visit(store, world, web):
    body = rss(item("Gates open", web.serve("/gates", status=503), ""))
    source = feed(unchanging(web, "/a.xml", body, cache_control="max-age=86400"))
    (first,) = await world.gather(store, source)
    web.serve("/gates", page("Gates open", GATES + CHOIR))
    world.now += timedelta(minutes=31)

    (second,) = await world.gather(store, source)
    (resting,) = await world.gather(store, source)

    assert (first.new, second.new) == (0, 1)
    assert any("503" in note for note in first.notes)
    assert set(await kept(store)) == {"Gates open"}
    assert resting.status.startswith("resting")
    assert (await store.read(sources.visits))[source.id].etag == '"1"'


async def test_a_page_that_is_owed_for_two_days_has_a_rest_like_any_unreadable_one(
    store, world, web
):
    body = rss(item("Gates open", web.serve("/gates", status=500), ""))
    source = feed(unchanging(web, "/a.xml", body))

    for _ in range(4):
        await world.gather(store, source)
        world.now += timedelta(days=1)

    assert web.count("/gates") == 3
    assert (await store.read(sources.visits))[source.id].etag == '"1"'
    (seen,) = await store.read(articles.sightings_of, web.url("/gates"))
    assert "500" in seen.trouble


async def test_an_index_of_sitemaps_that_did_not_change_is_read_for_its_children(store, world, web):
    told = "<urlset>{}</urlset>"
    entry = "<url><loc>{}</loc></url>"
    gates = entry.format(web.serve("/gates", page("Gates open", GATES + CHOIR)))
    choir = entry.format(web.serve("/choir", page("Choir moves", CHOIR + GATES)))
    child = web.feed("/child.xml", told.format(gates))
    index = f"<sitemapindex><sitemap><loc>{child}</loc></sitemap></sitemapindex>"
    location = unchanging(web, "/sitemap.xml", index, cache_control="max-age=86400")
    source = a_source(location, kind=SourceKind.SITEMAP)
    (first,) = await world.gather(store, source)
    web.feed("/child.xml", told.format(gates + choir))
    world.now += timedelta(minutes=31)

    (second,) = await world.gather(store, source)

    assert (first.new, second.new) == (1, 1)
    assert set(await kept(store)) == {"Gates open", "Choir moves"}


async def test_the_parts_of_one_page_are_an_article_each(store, world, web):
    changes = web.serve("/changes", page("Changes", GATES + CHOIR))
    told = [
        item(f"Version {n}", f"{changes}#v{n}", text, guid=f"g{n}")
        for n, text in enumerate(TEASERS.values())
    ]
    source = feed(web.feed("/a.xml", rss(told[0])))
    new = []
    for listed in (told[:1], told[:2], told, told[2:]):
        web.feed("/a.xml", rss(*listed))
        (report,) = await world.gather(store, source)
        new.append(report.new)
        world.now += timedelta(hours=1)

    assert new == [1, 1, 1, 0]
    assert {one.url for one in (await kept(store)).values()} == {
        changes,
        f"{changes}#v1",
        f"{changes}#v2",
    }
    assert (await kept(store))["Version 2"].text == TEASERS["Ferry late"]


async def test_news_that_all_link_to_the_front_are_an_article_each(store, world, web):
    told = [
        item(title, web.url("/"), text, guid=f"tag:{n}")
        for n, (title, text) in enumerate(TEASERS.items())
    ]

    (report,) = await world.gather(store, feed(web.feed("/a.xml", rss(*told))))

    assert report.new == 3
    assert {one.url for one in (await kept(store)).values()} == {
        f"{web.url('/')}#tag:{n}" for n in range(3)
    }


async def test_a_note_names_the_address_of_a_page_once(store, world, web):
    lost = web.url("/lost")
    source = feed(web.feed("/a.xml", rss(f"<item><link>{lost}</link></item>")))

    (report,) = await world.gather(store, source)

    (note,) = report.notes
    assert (note.count(lost), "404" in note) == (1, True)


async def test_a_feed_behind_a_redirect_to_a_login_says_so_and_is_asked_for_again(
    store, world, web
):
    web.serve("/login", "<html><form><input name=p type='password'></form></html>")
    source = feed(web.redirect("/a.xml", "/login", status=301))
    (report,) = await world.gather(store, source)
    world.now += timedelta(days=8)
    await world.gather(store, source)
    web.feed("/a.xml", rss(item("Gates open", "", GATES + CHOIR, guid=web.url("/gates"))))
    world.now += timedelta(days=8)
    (later,) = await world.gather(store, source)

    assert report.error.startswith(f"{web.url('/a.xml')} (led to {web.url('/login')}): ")
    assert "asks for a password" in report.error
    assert later.error is None

"""Gather: what the sources brought is kept, whatever some of them do."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from digest.model import DateSource, SourceKind
from digest.storage import articles, sources
from digest.storage.database import Store
from tests.builders import NOW, a_source

GATES = (
    "The old lock gates at Harrow Quay swung open again on Monday, eleven weeks after a coal barge "
    "tore the lower pair from its hinges. The keeper counted nineteen boats through by noon."
)
CHOIR = (
    "Forty singers moved into the disused cold store on Ice Street, drawn by four seconds of echo. "
    "They will rehearse there until the spring, when the roof of their church hall is mended."
)


def item(title, link, text, *, published=NOW - timedelta(hours=3), guid=None):
    date = f"<pubDate>{published:%a, %d %b %Y %H:%M:%S} +0000</pubDate>" if published else ""
    known = f"<guid isPermaLink='false'>{guid}</guid>" if guid else ""
    return (
        f"<item><title>{title}</title><link>{link}</link>{known}{date}"
        f"<description><![CDATA[<p>{text}</p>]]></description></item>"
    )


def rss(*items):
    return f"<rss version='2.0'><channel><title>Feed</title>{''.join(items)}</channel></rss>"


def page(title, text):
    return f"<html><head><title>{title}</title></head><body><article><h1>{title}</h1><p>{text}</p></article></body></html>"


def feed(url, name="Herald", **given):
    return a_source(url, name=name, **given)


async def kept(store):
    return {one.title: one for one in await store.read(articles.search, (), 50)}


async def test_a_source_that_fails_never_stops_the_others(store, world, web):
    good = feed(
        web.feed("/herald.xml", rss(item("Gates open", web.url("/gates"), GATES + CHOIR))), "Herald"
    )
    failing = [
        feed(web.url("/nothing"), "Missing"),
        feed(web.feed("/half.xml", "<rss><channel><item><title>Ha"), "Half"),
        a_source("no/such/folder", name="Nowhere", kind=SourceKind.FILES),
        feed("http://127.0.0.1:9/", "Closed"),
    ]

    reports = await world.gather(store, *failing, good)

    assert [one.name for one in reports] == ["Missing", "Half", "Nowhere", "Closed", "Herald"]
    assert [one.new for one in reports] == [0, 0, 0, 0, 1]
    assert [one.error is None for one in reports] == [False, True, False, False, True]
    assert any(note.startswith("the feed is damaged") for note in reports[1].notes)
    assert sorted(one.name for one in world.told) == sorted(one.name for one in reports)
    assert set(await kept(store)) == {"Gates open"}


async def test_a_source_whose_keeping_fails_is_reported_and_stops_nobody(tmp_path, world, web):
    url = f"sqlite:///{tmp_path / 'digest.db'}"
    await (await Store.open(url)).close()
    store = await Store.open_read_only(url)
    known = feed(web.feed("/a.xml", rss(item("Gates open", web.url("/gates"), GATES + CHOIR))))

    (report,) = await world.gather(store, known)

    assert (report.status, report.new) == ("failed", 0)
    assert "read only" in report.error
    await store.close()


async def test_a_teaser_is_replaced_by_its_page_which_is_asked_for_once(store, world, web):
    source = feed(web.feed("/a.xml", rss(item("Gates open", web.url("/gates"), "Boats again."))))
    web.serve("/gates", page("Gates open", GATES + CHOIR))

    await world.gather(store, source)
    world.now += timedelta(hours=1)
    (second,) = await world.gather(store, source)

    assert (second.items, second.new) == (1, 0)
    assert (await kept(store))["Gates open"].text == GATES + CHOIR
    assert (web.count("/gates"), web.count("/a.xml")) == (1, 2)


async def test_a_teaser_whose_page_cannot_be_had_stays_a_teaser_and_says_so(store, world, web):
    source = feed(web.feed("/a.xml", rss(item("Gates open", web.url("/gates"), "Boats again."))))

    (report,) = await world.gather(store, source)

    assert (await kept(store))["Gates open"].text == "Boats again."
    (note,) = report.notes
    assert "/gates" in note
    assert "404" in note


async def test_a_source_whose_pages_take_for_ever_is_left_and_gone_on_with_at_the_next_visit(
    store, world, web
):
    titles = [f"Gates number {n} open" for n in range(9)]
    told = [item(one, web.url(f"/{n}"), "Boats again.") for n, one in enumerate(titles)]
    source = feed(web.feed("/a.xml", rss(*told)))
    for n, one in enumerate(titles):
        web.serve(f"/{n}", page(one, f"{GATES} {CHOIR} Number {n}."))
    polite = world.fetch

    async def slow(ask):
        world.now += timedelta(minutes=2)
        return await polite(ask)

    world.fetch = slow
    (first,) = await world.gather(store, source)
    world.now += timedelta(hours=1)
    (second,) = await world.gather(store, source)

    assert (0 < first.new < 9, first.new + second.new) == (True, 9)
    assert sum("took ten minutes already" in note for note in first.notes) == second.new
    assert set(await kept(store)) == set(titles)


async def test_a_page_that_cannot_be_read_is_noted_and_tried_again_after_two_days(
    store, world, web
):
    links = "".join(
        f"<li><a href='/story-{n}-of-this-very-day'>A story of this very day, number {n}</a></li>"
        for n in range(3)
    )
    web.serve("/front", f"<html><body><main><ul>{links}</ul></main></body></html>")
    web.serve("/story-0-of-this-very-day", page("Gates open", GATES + CHOIR))
    web.serve("/story-1-of-this-very-day", "<html><body></body></html>")
    web.serve("/story-2-of-this-very-day", "<div>" * 100_000)
    front = a_source(web.url("/front"), kind=SourceKind.PAGE, name="Front")

    (first,) = await world.gather(store, front)
    world.now += timedelta(days=1)
    await world.gather(store, front)
    asked_within_two_days = web.count("/story-1-of-this-very-day")
    world.now += timedelta(days=1, minutes=1)
    await world.gather(store, front)

    assert (first.items, first.new, first.error) == (3, 1, None)
    assert any("more than 250 elements" in note for note in first.notes)
    assert any("story-1" in note for note in first.notes)
    assert asked_within_two_days == 1
    assert web.count("/story-1-of-this-very-day") == 2
    assert web.count("/story-0-of-this-very-day") == 1


async def test_a_source_that_is_gone_is_switched_off_and_says_so(store, world, web):
    source = feed(web.serve("/gone.xml", status=410))

    (first,) = await world.gather(store, source)
    world.now += timedelta(days=400)
    (later,) = await world.gather(store, source)

    assert "410" in first.error
    assert later.status == "gone"
    assert "switched off; remove it or add its new address" in later.error
    assert web.count("/gone.xml") == 1


async def test_a_source_that_asked_for_time_is_left_alone_until_then(store, world, web):
    source = feed(web.serve("/busy.xml", status=503, retry_after="7200"))

    await world.gather(store, source)
    world.now += timedelta(hours=1)
    (resting,) = await world.gather(store, source)
    world.now += timedelta(hours=1, minutes=1)
    await world.gather(store, source)

    assert resting.status == "resting until 2026-11-24 08:30 UTC"
    assert "asks to wait until 2026-11-24 08:30 UTC" in resting.error
    assert web.count("/busy.xml") == 2


async def test_a_source_that_recovers_is_well_again(store, world, web):
    source = feed(web.serve("/a.xml", status=500))
    (ill,) = await world.gather(store, source)

    web.feed("/a.xml", rss(item("Gates open", web.url("/gates"), GATES + CHOIR)))
    world.now += timedelta(hours=1)
    (well,) = await world.gather(store, source)

    visit = (await store.read(sources.visits))[source.id]
    assert (ill.status, well.status, well.error) == ("500", "200", None)
    assert (visit.failures, visit.items, visit.succeeded_at) == (0, 1, world.now)


async def test_a_file_that_was_edited_is_read_again(store, world):
    path = world.folder / "news" / "gates.md"
    path.parent.mkdir()
    path.write_text(f"# Gates open\n\n{GATES}\n", "utf-8")
    source = a_source("news", kind=SourceKind.FILES, name="Our desk")
    (first,) = await world.gather(store, source)

    path.write_text(f"# Gates open wide\n\n{GATES} {CHOIR}\n", "utf-8")
    world.now += timedelta(minutes=5)
    (second,) = await world.gather(store, source)

    (article,) = (await kept(store)).values()
    assert (first.new, second.new) == (1, 0)
    assert article.title == "Gates open wide"
    assert article.text.endswith(CHOIR)
    assert article.first_seen == NOW


async def test_files_that_cannot_be_read_are_noted_and_the_others_kept(store, world):
    news = world.folder / "news"
    news.mkdir()
    (news / "gates.md").write_text(f"# Gates open\n\n{GATES}\n", "utf-8")
    (news / "binary.txt").write_bytes(b"\x00\x01" * 600)
    (news / "title-only.md").write_text("# Nothing but a title\n", "utf-8")
    (world.folder / "secret.md").write_text(f"# Secret\n\n{CHOIR}\n", "utf-8")
    (news / "link.md").symlink_to(world.folder / "secret.md")

    (report,) = await world.gather(store, a_source("news", kind=SourceKind.FILES, name="Our desk"))

    assert report.error is None
    assert set(await kept(store)) == {"Gates open"}
    for name in ("binary.txt", "title-only.md", "link.md"):
        assert any(name in note for note in report.notes), name


async def test_links_that_lead_to_no_page_are_not_followed(store, world, web):
    links = ("javascript:alert(1)", "data:text/html,hello", "file:///etc/passwd", "mailto:a@b.c")
    bad = [item(f"Bad {n}", link, GATES + CHOIR) for n, link in enumerate(links)]
    good = item("Gates open", web.url("/gates"), GATES + CHOIR)
    source = feed(web.feed("/a.xml", rss(*bad, good)))

    await world.gather(store, source)

    assert [one.url for one in (await kept(store)).values()] == [web.url("/gates")]


async def test_one_page_is_one_article_whatever_guids_and_parameters_say(store, world, web):
    def told(*guids):
        addresses = ("/gates", "/gates?utm_source=rss", "/gates#comments")
        return rss(
            *(
                item("Gates open", web.url(path).replace("&", "&amp;"), GATES + CHOIR, guid=guid)
                for path, guid in zip(addresses, guids, strict=True)
            ),
            item("Choir moves", web.url("/choir"), CHOIR + GATES, guid=guids[0]),
        )

    source = feed(web.feed("/a.xml", told("1", "1", "2")))
    (first,) = await world.gather(store, source)
    web.feed("/a.xml", told("7", "8", "9"))
    world.now += timedelta(hours=1)
    (second,) = await world.gather(store, source)

    assert set(await kept(store)) == {"Gates open", "Choir moves"}
    assert (first.new, second.new) == (2, 0)


@pytest.mark.parametrize(
    ("said", "at", "source", "exact"),
    [
        (None, NOW, DateSource.SEEN, False),
        (datetime(1970, 1, 1, tzinfo=UTC), NOW, DateSource.SEEN, False),
        (NOW + timedelta(days=400), NOW, DateSource.FEED, False),
        (NOW - timedelta(hours=3), NOW - timedelta(hours=3), DateSource.FEED, True),
    ],
    ids=["undated", "1970", "future", "honest"],
)
async def test_a_date_nobody_can_believe_is_not_believed(
    tmp_path, world, web, said, at, source, exact
):
    store = await Store.open(f"sqlite:///{tmp_path / 'digest.db'}")
    told = item("Gates open", web.url("/gates"), GATES + CHOIR, published=said)

    await world.gather(store, feed(web.feed("/a.xml", rss(told))))

    dated = (await kept(store))["Gates open"].dated
    assert (dated.at, dated.source, dated.exact) == (at, source, exact)
    await store.close()


@pytest.mark.parametrize(
    "title", ["Шлюз снова открыт", "水門が再び開く", "البوابات تفتح من جديد", "Gates 🚢 open"]
)
async def test_titles_of_every_script_are_kept_as_they_are(tmp_path, world, web, title):
    store = await Store.open(f"sqlite:///{tmp_path / 'digest.db'}")
    told = item(title, web.url("/gates"), GATES + CHOIR)

    await world.gather(store, feed(web.feed("/a.xml", rss(told))))

    assert set(await kept(store)) == {title}
    await store.close()


async def test_an_empty_feed_is_well_and_says_that_it_listed_nothing(store, world, web):
    (report,) = await world.gather(store, feed(web.feed("/a.xml", rss())))

    assert (report.status, report.items, report.error) == ("200", 0, None)
    assert report.notes == (f"{web.url('/a.xml')} listed no article",)

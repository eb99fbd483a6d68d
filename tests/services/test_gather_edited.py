"""Gather keeps an article as its source tells it now, for as long as it is news."""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import timedelta

from digest.model import SourceKind
from digest.storage import issues
from tests.builders import NOW, a_source, a_story, an_issue
from tests.services.test_gather import CHOIR, GATES, feed, item, kept, page, rss

LONG = f"{GATES} {CHOIR} " * 3
RIGHT = LONG.replace("nineteen", "nine")


async def test_a_full_text_that_its_feed_corrects_is_kept_corrected(store, world, web):
    source = feed(web.feed("/a.xml", full(LONG)))
    await world.gather(store, source)
    first = (await kept(store))["Gates open"]
    world.now += timedelta(hours=1)
    web.feed("/a.xml", full(RIGHT, NOW))

    (report,) = await world.gather(store, source)

    second = (await kept(store))["Gates open"]
    assert report.new == 0
    assert (first.text, second.text) == (LONG.strip(), RIGHT.strip())
    assert (second.dated, second.first_seen) == (first.dated, first.first_seen)


async def test_a_headline_that_is_corrected_has_its_page_read_again_once(store, world, web):
    source = feed(web.feed("/a.xml", rss(item("Gates shut", web.url("/gates"), "Boats."))))
    web.serve("/gates", page("Gates shut", GATES + CHOIR))
    await world.gather(store, source)
    web.feed("/a.xml", rss(item("Gates open", web.url("/gates"), "Boats.")))
    web.serve("/gates", page("Gates open", CHOIR + GATES))

    for _ in range(3):
        world.now += timedelta(hours=1)
        await world.gather(store, source)

    (article,) = (await kept(store)).values()
    assert (article.title, article.text) == ("Gates open", CHOIR + GATES)
    assert web.count("/gates") == 2


async def test_a_second_reading_that_meets_a_wall_takes_nothing_away_and_is_tried_again(
    store, world, web
):
    source = feed(web.feed("/a.xml", rss(item("Gates shut", web.url("/gates"), "Boats."))))
    web.serve("/gates", page("Gates shut", GATES + CHOIR))
    await world.gather(store, source)
    web.feed("/a.xml", rss(item("Gates open", web.url("/gates"), "Boats.")))
    told = []

    for answer in (("Busy.", 503), (page("Log in", "Log in to read."), 200)):
        web.serve("/gates", answer[0], status=answer[1])
        world.now += timedelta(hours=1)
        await world.gather(store, source)
        told += [(one.title, one.text) for one in (await kept(store)).values()]
    web.serve("/gates", page("Gates open", GATES + CHOIR))
    world.now += timedelta(hours=1)
    await world.gather(store, source)

    assert told == [("Gates shut", GATES + CHOIR)] * 2
    assert set(await kept(store)) == {"Gates open"}


async def test_a_link_whose_words_count_the_hours_has_its_page_read_once(store, world, web):
    def front(hours):
        link = f"<a href='/gates-open-again'>Gates open again {hours} hours ago</a>"
        return web.serve("/front", f"<html><body><main>{link}</main></body></html>")

    source = a_source(front(1), kind=SourceKind.PAGE, select="main a")
    web.serve("/gates-open-again", page("Gates open again", GATES + CHOIR))
    await world.gather(store, source)
    front(2)
    world.now += timedelta(hours=1)

    await world.gather(store, source)

    assert (web.count("/front"), web.count("/gates-open-again")) == (2, 1)


async def test_what_is_no_news_any_more_is_not_read_again(store, world, web):
    source = feed(web.feed("/a.xml", full(LONG)))
    await world.gather(store, source)
    web.feed("/a.xml", full(RIGHT))
    world.now += timedelta(days=2)

    await world.gather(store, source)

    assert (await kept(store))["Gates open"].text == LONG.strip()


async def test_an_article_is_its_own_source_s_to_edit(store, world, web):
    own = feed(web.feed("/a.xml", full(LONG)))
    await world.gather(store, own)
    other = feed(web.feed("/b.xml", full(LONG.replace("Monday", "Tuesday"))), "Copy")

    for _ in range(2):
        world.now += timedelta(hours=1)
        await world.gather(store, own, other)

    assert (await kept(store))["Gates open"].text == LONG.strip()


def full(text, published=NOW - timedelta(hours=3)):
    """A feed of one article, whole."""
    told = item("Gates open", "https://herald.example/gates", text, published=published)
    said = told.replace("description>", "content:encoded>")
    return rss(said).replace(
        "<rss ", "<rss xmlns:content='http://purl.org/rss/1.0/modules/content/' "
    )


async def test_a_file_that_is_deleted_or_made_a_draft_before_it_was_told_is_forgotten(store, world):
    folder = world.folder / "texts"
    folder.mkdir()
    for name in ("Gates", "Choir", "Bus & ferry ü"):
        (folder / f"{name}.md").write_text(f"---\ntitle: {name}\n---\n{GATES} {name}.")
    source = a_source("texts", kind=SourceKind.FILES)
    await world.gather(store, source)
    (folder / "Bus & ferry ü.md").unlink()
    (folder / "Choir.md").write_text(f"---\ntitle: Choir\ndraft: true\n---\n{CHOIR}")

    await world.gather(store, source)

    assert set(await kept(store)) == {"Gates"}


async def test_a_file_that_was_told_or_is_only_not_listed_stays(store, world):
    folder = world.folder / "texts"
    folder.mkdir()
    for n, name in enumerate(("Gates", "Choir")):
        (folder / f"{name}.txt").write_text(f"{name} of Harrow Quay\n\n{GATES} {name}.")
        os.utime(folder / f"{name}.txt", (n, n))
    source = a_source("texts", kind=SourceKind.FILES)
    await world.gather(store, source)
    gates = (await kept(store))["Gates of Harrow Quay"]
    await store.write(issues.freeze, an_issue(a_story(gates)), (), state="released", at=NOW)
    (folder / "Gates.txt").unlink()
    (folder / "New.txt").write_text(f"New at Harrow Quay\n\n{CHOIR}")

    await world.gather(store, replace(source, max_items=1))

    assert len(await kept(store)) == 3

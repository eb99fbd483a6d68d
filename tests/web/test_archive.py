"""The archive: every page and feed that anybody may read, and what is not for anybody."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import feedparser
import pytest
from sqlalchemy import update

from digest.collect import jsonfeed
from digest.compose.issue import subject
from digest.slots import SLOT_OPEN
from digest.storage import issues
from digest.storage.schema import issues as table
from digest.web.feeds import ATOM, SITEMAP
from digest.web.texts import LANGUAGES
from tests.builders import NOW, a_source, a_story, an_article, an_issue
from tests.compose.desk import a_paper, an_arabic_paper, numbered
from tests.web.chromium import chromium, need_chromium
from tests.web.house import House, house, shelve

OTHERS = """\
proof_of_work = false

[newsletters.quiet]
title = "The Quiet One"
sender = "digest@quayside.example"
archive = "noindex"

[newsletters.secret]
title = "The Secret One"
sender = "digest@quayside.example"
archive = "off"

[newsletters.fresh]
title = "The Fresh One"
sender = "digest@quayside.example"
"""


@pytest.fixture
async def three(tmp_path: Path) -> AsyncIterator[House]:
    """Newsletters with an archive for everybody, one out of search engines, and none."""
    async with house(tmp_path, OTHERS) as running:
        for name in ("quiet", "secret"):
            await shelve(running, 2, newsletter_id=name)
        await shelve(running, 2)
        yield running


async def put(site: House, issue: Any, state: str = "released", **changed: Any) -> int:
    made = await site.store.write(issues.freeze, issue, (), state="released", at=issue.until)
    await change(site, made, state=state, **changed)
    return int(made or 0)


async def change(site: House, made: int | None, **changed: Any) -> None:
    change = update(table).where(table.c.id == made).values(changed)
    await site.store.write(lambda tx: tx.execute(change))
    site.clock.forward(seconds=3)


def marks(html: str) -> list[str]:
    return re.findall(r'<li><a href="/archive/daily/([^"]+)"', html)


async def test_the_shelf_is_read_from_the_newest_back_fifty_at_a_time(site: House):
    await shelve(site, 60)

    first = (await site.get("/archive/daily")).text
    rest = (await site.get("/archive/daily?before=363")).text

    days = [f"{NOW - timedelta(days=n):%Y-%m-%d}" for n in range(60)]
    assert marks(first) == days[:50]
    assert marks(rest) == days[50:]
    assert 'href="?before=363" rel="next"' in first
    assert 'rel="next"' not in rest
    assert '<link rel="canonical" href="https://quayside.example/archive/daily">' in first
    assert re.findall(r'class="month caps"[^>]*>([^<]+)', first) == [
        "November 2026", "October 2026",
    ]  # fmt: skip


@pytest.mark.parametrize("before", ["", "x", "-1", "٣", "9" * 40, "1"])
async def test_a_page_that_makes_no_sense_is_the_first_or_says_there_is_none(
    site: House, before: str
):
    await shelve(site, 1)

    found = await site.get("/archive/daily", params={"before": before})

    assert found.status == 200
    assert marks(found.text) == ([] if before == "1" else ["2026-11-24"])


async def test_an_empty_archive_says_so(site: House):
    found = await site.get("/archive/daily")

    assert "There is no issue yet." in found.text


async def test_an_issue_is_told_whole_with_the_words_that_others_show_of_it(site: House):
    await shelve(site, 2)

    found = await site.get("/archive/daily/2026-11-24")

    html = found.text
    issue = a_paper(13)
    for story in issue.stories:
        assert html.count(f'href="{story.lead.url}"') == 1
        assert story.lead.title in html
    for section in issue.sections:
        assert section.title in html
    assert issue.lead
    here = "https://quayside.example/archive/daily/2026-11-24"
    picture = f"https://quayside.example/i/{issue.pictures[issue.lead.lead.url].hash}.jpg"
    told = dict(re.findall(r'<meta (?:property|name)="([\w:]+)" content="([^"]*)"', html))
    assert told["og:title"] == issue.subject
    assert told["og:description"] == told["description"] == issue.preheader
    assert (told["og:url"], told["og:image"]) == (here, picture)
    assert told["og:type"] == "article"
    assert f'<link rel="canonical" href="{here}">' in html
    assert 'href="/archive/daily/2026-11-23" rel="prev"' in html
    assert "robots" not in told


LONG = "Barges return as the old lock gates swing open again; the keeper turns boats away at dawn"


async def test_a_headline_that_was_cut_for_the_subject_stands_whole_and_once(site: House):
    story = a_story(an_article("https://a.example/", title=LONG))
    await put(site, an_issue(story, subject=subject([LONG])))

    page = (await site.get("/archive/daily/2026-11-24")).text
    shelf = (await site.get("/archive/daily")).text
    feed = feedparser.parse((await site.get("/archive/daily/feed.xml")).text)

    assert page.count(f">{LONG}<") == 1
    assert f'<meta property="og:title" content="{LONG}">' in page
    assert f"<bdi>{LONG}</bdi>" in shelf
    assert feed.entries[0].title == LONG


async def test_a_question_that_was_joined_by_the_next_headline_heads_its_page_alone(site: House):
    stories = [a_story(an_article(f"https://{n}.example/", title=n)) for n in ("Why?", "Rain")]
    await put(site, an_issue(stories[0], subject=subject(["Why?", "Rain"])))

    page = (await site.get("/archive/daily/2026-11-24")).text

    assert '<meta property="og:title" content="Why?">' in page


async def test_a_subject_of_the_configuration_stays_the_heading(site: House):
    story = a_story(an_article("https://a.example/", title=LONG))
    await put(site, an_issue(story, subject="The harbour today"))

    page = (await site.get("/archive/daily/2026-11-24")).text

    assert '<h1 dir="ltr">The harbour today</h1>' in page
    assert f">{LONG}<" in page


async def test_a_newsletter_without_an_issue_has_no_shelf(three: House, tmp_path: Path):
    listed = (await three.get("/archive")).text
    (tmp_path / "new").mkdir()
    async with house(tmp_path / "new") as site:
        empty = (await site.get("/archive")).text

    assert re.findall(r'<h2 class="month".*href="/archive/(\w+)"', listed) == ["daily", "quiet"]
    assert "<h2" not in empty
    assert "There is no issue yet." in empty


async def test_no_page_of_the_archive_holds_anything_of_a_reader(site: House):
    await site.member("ada@example.org")
    edition = a_paper(2)
    await put(site, edition)

    for path in ("", "/daily", "/daily/2026-11-24", "/daily/feed.xml", "/daily/feed.json"):
        found = await site.get(f"/archive{path}")
        assert found.status == 200
        assert SLOT_OPEN not in found.text
        assert "ada@" not in found.text
        assert not re.search(r"/(unsubscribe|preferences|confirm)/", found.text)
        assert "set-cookie" not in found.headers


@pytest.mark.parametrize("slug", ["-lock-gates-swing", "-x" * 90, "-%D8%A8"])
async def test_a_slug_leads_to_the_one_address(site: House, slug: str):
    await shelve(site, 1)

    found = await site.get(f"/archive/daily/2026-11-24{slug}?lang=de")

    assert found.status == 302
    assert found.headers["location"] == "/archive/daily/2026-11-24?lang=de"


async def test_issues_of_two_cadences_on_one_day_have_an_address_each(site: House):
    await put(site, an_issue(cadence="weekdays", number=1))
    lonely = await site.get("/archive/daily/2026-11-24")
    await put(site, an_issue(number=2, subject="Daily"))

    assert lonely.headers["location"] == "/archive/daily/2026-11-24-weekdays"
    assert "Daily" in (await site.get("/archive/daily/2026-11-24")).text
    assert "Daily" not in (await site.get("/archive/daily/2026-11-24-weekdays")).text
    assert marks((await site.get("/archive/daily")).text) == [
        "2026-11-24", "2026-11-24-weekdays",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "mark",
    ["2026-11-25", "1999-01-01", "2026-13-45", "2026-W60", "extra-1", "tomorrow", "2026-11-24-weekly",
     "2026-11", "%00", "..%2f..%2fetc", "2026-11-24/x"],
)  # fmt: skip
async def test_a_date_that_has_no_issue_is_a_calm_404(site: House, mark: str):
    await put(site, an_issue(), state="draft")

    found = await site.get(f"/archive/daily/{mark}")

    assert found.status == 404
    assert "leads nowhere" in found.text


async def test_a_withdrawn_issue_is_gone_and_says_so(site: House):
    made = await put(site, an_issue())
    before = await site.get("/archive/daily/2026-11-24")
    await change(site, made, state="cancelled")

    after = await site.get("/archive/daily/2026-11-24")

    assert (before.status, after.status) == (200, 410)
    assert "withdrawn" in after.text
    for path in ("/archive/daily", "/archive/daily/feed.xml", "/sitemap.xml"):
        assert "2026-11-24" not in (await site.get(path)).text


@pytest.mark.parametrize(
    ("asked", "said", "leads_to"),
    [
        ("", "A corrected issue was published.", "extra-1"),
        ("?lang=de", "Eine berichtigte Ausgabe ist erschienen.", "extra-1?lang=de"),
        ("?lang=ar", "نُشر عدد مصحَّح.", "extra-1?lang=ar"),
    ],
)
async def test_a_withdrawn_issue_leads_to_its_correction_once_that_is_out(
    site: House, asked: str, said: str, leads_to: str
):
    wrong = await put(site, an_issue(number=1), state="cancelled")
    made = await put(site, an_issue(number=2, period="extra-1"), state="draft", corrects=wrong)
    before = await site.get(f"/archive/daily/2026-11-24{asked}")
    await change(site, made, state="released")

    found = await site.get(f"/archive/daily/2026-11-24{asked}")

    assert (before.status, found.status) == (410, 410)
    assert (said in before.text, said in found.text) == (False, True)
    assert f'href="/archive/daily/{leads_to}"' in found.text
    assert marks((await site.get("/archive/daily")).text) == ["extra-1"]
    for path in ("/archive/daily/feed.xml", "/sitemap.xml"):
        listed = (await site.get(path)).text
        assert ("2026-11-24<" in listed, "extra-1<" in listed) == (False, True)


async def test_a_corrected_issue_leads_to_its_correction(site: House):
    wrong = await put(site, an_issue(number=1))
    await put(site, an_issue(number=2, period="extra-1", subject="Put right"), corrects=wrong)

    found = await site.get("/archive/daily/2026-11-24")

    assert "This issue has been corrected." in found.text
    assert 'href="/archive/daily/extra-1"' in found.text
    better = "https://quayside.example/archive/daily/extra-1"
    assert f'<link rel="canonical" href="{better}">' in found.text
    assert marks((await site.get("/archive/daily")).text) == ["extra-1"]
    assert (await site.get("/archive/daily/extra-1")).status == 200


NOTE = 'The pool opens at seven, <b>not</b> six\n\n& "not" five.\n'
WRITTEN = "The pool opens at seven, &lt;b&gt;not&lt;/b&gt; six<br><br>&amp; &#34;not&#34; five."


async def test_an_intro_stands_above_the_stories_on_the_page_and_in_the_feeds(site: House):
    await put(site, an_issue(number=1, period="extra-1", intro=NOTE))

    page = (await site.get("/archive/daily/extra-1")).text
    german = (await site.get("/archive/daily/extra-1?lang=de")).text
    atom = feedparser.parse((await site.get("/archive/daily/feed.xml")).text)
    items = json.loads((await site.get("/archive/daily/feed.json")).text)["items"]

    assert f'<p class="lede" dir="ltr">{WRITTEN}</p>' in page
    assert f'<p class="lede" lang="en" dir="ltr">{WRITTEN}</p>' in german
    assert page.index("</h1>") < page.index(WRITTEN) < page.index("<h2")
    assert items[0]["content_html"].lstrip().startswith(f"<p>{WRITTEN}</p>")
    assert "<b>" not in atom.entries[0].content[0].value
    assert "The pool opens at seven" in atom.entries[0].content[0].value


async def test_an_arabic_heading_on_an_english_page_begins_where_its_text_does(site: House):
    await put(site, an_issue(number=1, subject="تعود الصنادل"))

    page = (await site.get("/archive/daily/2026-11-24")).text

    assert '<h1 dir="rtl">تعود الصنادل</h1>' in page


async def test_a_story_runs_in_the_feeds_as_its_script_does(site: House):
    await put(site, an_issue(numbered(1), number=1, period="extra-1", intro="The pool opens."))
    until = NOW + timedelta(minutes=1)
    await put(site, replace(an_arabic_paper(), intro="تعود الصنادل.", until=until))

    items = json.loads((await site.get("/archive/daily/feed.json")).text)["items"]

    arabic, english = (
        re.findall(r"<(?:p|h2)\b[^>]*>(?!<img)", item["content_html"]) for item in items
    )
    assert len(arabic) > 6
    assert [block for block in arabic if ' dir="rtl"' not in block] == []
    assert len(english) > 3
    assert [block for block in english if "dir=" in block] == []


async def test_an_issue_without_an_intro_or_from_before_they_were_kept_has_none(site: House):
    made = await put(site, an_issue(number=1))
    page = (await site.get("/archive/daily/2026-11-24")).text
    kept = (await site.rows(table, table.c.id))[0].content
    await change(site, made, content={"stories": kept["stories"]})

    old = await site.get("/archive/daily/2026-11-24")

    assert 'class="lede' not in page
    assert (old.status, old.text) == (200, page)


async def test_what_is_released_is_seen_two_seconds_later(site: House):
    await shelve(site, 1)
    await site.get("/archive/daily")
    await site.store.write(
        issues.freeze, an_issue(period="extra-1", number=500), (), state="released", at=NOW
    )

    at_once = marks((await site.get("/archive/daily")).text)
    site.clock.forward(seconds=2)
    then = marks((await site.get("/archive/daily")).text)

    assert (at_once, then) == (["2026-11-24"], ["extra-1", "2026-11-24"])


async def test_an_unchanged_page_is_not_sent_again(site: House):
    await shelve(site, 1)
    first = await site.get("/archive/daily/2026-11-24")
    asked = {"If-None-Match": first.headers["etag"]}

    again = await site.get("/archive/daily/2026-11-24", headers=asked)

    assert (first.status, again.status, again.text) == (200, 304, "")
    assert first.headers["cache-control"] == "public, max-age=60"
    assert first.headers["content-encoding"] == "gzip"
    assert first.headers["last-modified"] == "Tue, 24 Nov 2026 06:30:00 GMT"
    assert "script-src 'none'" in first.headers["content-security-policy"]
    await put(site, an_issue(period="2026-11-25", number=413, until=NOW + timedelta(days=1)))
    assert (await site.get("/archive/daily/2026-11-24", headers=asked)).status == 200  # a link more


@pytest.mark.parametrize("path", ["/archive/daily", "/archive/daily/feed.xml"])
async def test_who_asks_by_date_alone_hears_of_a_withdrawn_issue_too(site: House, path: str):
    first = await put(site, an_issue(period="2026-11-23", number=1))
    await put(site, an_issue(number=2))
    seen = (await site.get(path)).headers["last-modified"]
    asked = {"If-Modified-Since": seen}
    same = await site.get(path, headers=asked)

    await change(site, first, state="cancelled")
    after = await site.get(path, headers=asked)

    assert (same.status, after.status) == (304, 200)
    assert "2026-11-23" not in after.text


async def test_an_archive_may_be_kept_out_of_search_engines_or_be_none(three: House):
    listed = (await three.get("/archive")).text
    sitemap = (await three.get("/sitemap.xml")).text

    assert "The Quiet One" in listed
    assert "The Secret One" not in listed
    assert "quiet" not in sitemap + (await three.get("/robots.txt")).text
    for path in ("quiet", "quiet/2026-11-24", "quiet/feed.xml", "quiet/feed.json"):
        found = await three.get(f"/archive/{path}")
        assert (found.status, found.headers["x-robots-tag"]) == (200, "noindex")
    assert '<meta name="robots" content="noindex">' in (await three.get("/archive/quiet")).text
    for path in ("secret", "secret/2026-11-24", "secret/feed.xml", "secret/feed.json", "nobody"):
        assert (await three.get(f"/archive/{path}")).status == 404
    home = (await three.get("/?newsletter=secret")).text
    assert "/archive" not in home
    assert "Headline number 0" in home


async def test_the_sitemap_names_every_issue(three: House):
    root = ET.fromstring((await three.get("/sitemap.xml")).text)

    places = [one.text for one in root.iter(f"{{{SITEMAP}}}loc")]
    stamps = [one.text for one in root.iter(f"{{{SITEMAP}}}lastmod")]
    base = "https://quayside.example/archive/daily"
    assert places == [base, f"{base}/2026-11-24", f"{base}/2026-11-23"]
    assert stamps == ["2026-11-24T06:30:00Z", "2026-11-24T06:30:00Z", "2026-11-23T06:30:00Z"]
    robots = (await three.get("/robots.txt")).text
    assert robots.endswith("Sitemap: https://quayside.example/sitemap.xml\n")


HOSTILE = 'Q&A: "3 < 4" ]]> </content> é \U0001f6a2'


async def test_the_atom_feed_is_valid_and_read_back_whole(site: House):
    await shelve(site, 40)
    story = a_story(an_article("https://a.example/?a=1&b=2", title=HOSTILE))
    await put(site, an_issue(story, number=500, period="2026-11-25", subject=HOSTILE))

    found = await site.get("/archive/daily/feed.xml")

    assert found.headers["content-type"] == "application/atom+xml; charset=utf-8"
    assert found.headers["access-control-allow-origin"] == "*"
    root = ET.fromstring(found.text)
    own = "https://quayside.example/archive/daily/feed.xml"
    assert [one.tag for one in root][:5] == [
        f"{{{ATOM}}}{name}" for name in ("id", "title", "subtitle", "updated", "link")
    ]
    assert root.findtext(f"{{{ATOM}}}id") == own
    entries = root.findall(f"{{{ATOM}}}entry")
    assert len({one.findtext(f"{{{ATOM}}}id") for one in entries}) == len(entries) == 30
    for entry in entries:
        for name in ("title", "updated", "content"):
            assert entry.findtext(f"{{{ATOM}}}{name}")
    read = feedparser.parse(found.text)
    assert not read.bozo
    assert read.feed.title == "The Quayside"
    assert read.feed.author == "The Quayside"
    assert read.entries[0].title == HOSTILE.replace("<", "&lt;") or read.entries[0].title == HOSTILE
    assert read.entries[0].link == "https://quayside.example/archive/daily/2026-11-25"
    assert 'href="https://a.example/?a=1&amp;b=2"' in read.entries[0].content[0].value


async def test_the_json_feed_keeps_to_version_1_1(site: House):
    await shelve(site, 2)

    found = await site.get("/archive/daily/feed.json")

    assert found.headers["content-type"] == "application/feed+json; charset=utf-8"
    told = json.loads(found.text)
    assert told["version"] == "https://jsonfeed.org/version/1.1"
    assert told["feed_url"] == "https://quayside.example/archive/daily/feed.json"
    assert told["home_page_url"] == "https://quayside.example/archive/daily"
    assert told["authors"] == [{"name": "The Quayside"}]
    assert [one["date_published"] for one in told["items"]] == [
        "2026-11-24T06:30:00Z", "2026-11-23T06:30:00Z",
    ]  # fmt: skip
    assert all(value for item in told["items"] for value in item.values())
    listed = jsonfeed.parse(found.text.encode(), url=told["feed_url"], source=a_source())
    assert [item.url for item in listed.items] == [one["url"] for one in told["items"]]


async def test_a_topic_has_a_feed_of_its_own(site: House):
    await shelve(site, 2)
    other = numbered(1, topic="a/b c", title="Of another kind")
    await put(site, an_issue(other, number=500, period="2026-11-25"))

    town = json.loads((await site.get("/archive/daily/topic/town/feed.json")).text)
    strange = await site.get("/archive/daily/topic/a%2Fb%20c/feed.xml")
    empty = json.loads((await site.get("/archive/daily/topic/harbour/feed.json")).text)

    assert town["title"] == "The Quayside: Town hall"
    titles = [s.lead.title for s in a_paper(13).stories if s.topic == "town"]
    others = [s.lead.title for s in a_paper(13).stories if s.topic != "town"]
    assert len(town["items"]) == 2
    for item in town["items"]:
        assert item["title"] == titles[0]
        assert all(title in item["content_html"] for title in titles)
        assert not [t for t in others if f">{t}<" in item["content_html"]]
        assert item["url"] in item["id"]
    assert "Of another kind" in strange.text
    assert "topic/a%2Fb%20c/feed.xml" in strange.text
    assert len(empty["items"]) == 2
    for path in ("topic/nothing/feed.xml", "topic//feed.json", "topic/feed.xml"):
        assert (await site.get(f"/archive/daily/{path}")).status == 404


async def test_the_first_page_leads_to_the_whole_of_the_latest_issue(site: House):
    await shelve(site, 1)

    home = (await site.get("/")).text

    assert 'href="/archive/daily/2026-11-24">Read all of it</a>' in home


@pytest.mark.parametrize(
    ("language", "heading", "month"),
    [
        ("en", "Archive", "November 2026"),
        ("de", "Archiv", "November 2026"),
        ("fr", "Archives", "novembre 2026"),
        ("es", "Archivo", "noviembre de 2026"),
        ("ru", "Архив", "ноябрь 2026"),
        ("ar", "الأرشيف", "نوفمبر 2026"),
    ],
)
async def test_the_archive_speaks_the_readers_language_and_the_issue_its_own(
    site: House, language: str, heading: str, month: str
):
    await shelve(site, 1)

    listed = (await site.get(f"/archive/daily?lang={language}")).text
    told = (await site.get(f"/archive/daily/2026-11-24?lang={language}")).text

    assert f"<h1>{heading}</h1>" in listed
    assert month in listed
    assert f'<html lang="{language}"' in told
    assert ('<h1 lang="en" dir="ltr">' in told) is (language != "en")


async def test_the_first_of_a_month_is_written_as_french_writes_it(site: House):
    until = datetime(2026, 12, 1, 6, 30, tzinfo=UTC)
    await put(site, replace(a_paper(2), until=until, period="2026-12-01"))

    listed = (await site.get("/archive/daily?lang=fr")).text
    told = (await site.get("/archive/daily/2026-12-01?lang=fr")).text

    assert "mar. 1er déc." in listed
    assert ">1er décembre 2026</time>" in told


async def test_no_page_is_wider_than_a_phone_in_any_language_or_scheme(site: House):
    need_chromium()
    await shelve(site, 2)
    long = replace(a_paper(13), number=999, period="2026-12-01", subject="Überlänge" * 30)
    await put(site, long)

    async with chromium() as browser:
        wide = []
        page = await browser.new_page(viewport={"width": 375, "height": 812})
        for language in LANGUAGES:
            for path in ("", "/daily", "/daily/2026-11-24", "/daily/2026-12-01"):
                await page.goto(f"{site.url}/archive{path}?lang={language}")
                wider = await page.evaluate("document.documentElement.scrollWidth > innerWidth")
                wide += [(language, path)] if wider else []
    assert wide == []

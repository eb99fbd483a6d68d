"""Prepare: which articles an issue tells, which it leaves out and why, and what is rendered."""

from __future__ import annotations

import asyncio
import io
from dataclasses import dataclass, field, replace
from datetime import time, timedelta
from itertools import combinations

import pytest
from PIL import Image

from digest.choices import Choice
from digest.compose import templates
from digest.compose.options import ComposeOptions
from digest.compose.proofread import proofread
from digest.curate.curation import CurateOptions
from digest.curate.rank import RankOptions
from digest.errors import Misconfigured
from digest.isolation import Isolate, Stopped
from digest.model import Cadence, SourceId
from digest.services import publish
from digest.services.publish import NOBODY, Imprint, draft, prepare, typeset
from digest.storage import issues
from tests import planted
from tests.builders import NOW, a_newsletter, a_source, an_article, dated

HERALD, POST = a_source(), a_source("https://post.example/feed.xml", name="Estuary Post")
DAY = timedelta(days=1)
# Texts with no word in common, so that no two of them are one story.
TOPICS = {
    "gates": "Oak lock gates swung open Monday. Barges crowded upstream waiting for passage.",
    "choir": "Forty singers moved into a disused cold store. Their echo lasts four seconds.",
    "mussels": "Mussel beds reopened after clean samples. Pickers filled buckets at low tide.",
    "bus": "Councillors kept route nine running by one vote. Its driver wants a shelter.",
    "lamp": "Volunteers relit the mole's green lamp. Regrinding its lens took a summer.",
}


@pytest.fixture
def imprint(tmp_path):
    return Imprint(
        site_name="Harrow Quay Library",
        base_url="https://quayside.example",
        postal_address="1 Ferry Steps",
        sources={HERALD.id: HERALD, POST.id: POST},
        curate=CurateOptions(),
        compose=ComposeOptions(),
        templates=(templates.ours() / "email",),
        media=tmp_path / "media",
    )


TITLES = {
    "gates": "Oak gates swing",
    "choir": "Singers find four seconds of echo",
    "mussels": "Clean samples end the ban",
    "bus": "Councillors keep route nine",
    "lamp": "Green light on the mole",
}


def told_by(topic, source=HERALD, *, seen=NOW - timedelta(hours=2), **given):
    defaults = {
        "title": TITLES[topic],
        "text": TOPICS[topic],
        "first_seen": seen,
        "dated": dated(seen),
        "source": source.id,
        "source_name": source.name,
        "fingerprint": topic,
    }
    return an_article(
        f"https://{source.name.split()[0].lower()}.example/{topic}", **{**defaults, **given}
    )


async def keep(store, *found):
    await store.write(planted.articles, found)


async def drafted(store, world, imprint, *, newsletter=None, since=None):
    return await draft(
        store,
        newsletter or a_newsletter(),
        imprint,
        isolate=world.isolate,
        clock=world.clock,
        since=since,
    )


async def prepared(store, world, imprint, *, newsletter=None, choices=NOBODY):
    return await prepare(
        store,
        newsletter or a_newsletter(),
        imprint,
        fetch=world.fetch,
        isolate=world.isolate,
        clock=world.clock,
        choices=choices,
    )


async def release(store, world, imprint, **given):
    """The issue of now, frozen as a release would."""
    made = await drafted(store, world, imprint, **given)
    await store.write(issues.freeze, made.issue, (), state="released", at=world.now)
    return made.issue


def topics_of(found):
    return sorted(story.lead.url.rsplit("/", 1)[1] for story in found.issue.stories)


def reasons(found):
    return {out.url.rsplit("/", 1)[1]: out.reason for out in found.left_out}


async def test_an_article_belongs_to_the_window_in_which_it_was_first_seen(store, world, imprint):
    await keep(store, told_by("bus"))
    first = await release(store, world, imprint)
    until = first.until
    await keep(
        store,
        told_by("gates", seen=until),
        told_by("choir", seen=until + timedelta(microseconds=1)),
        told_by("mussels", seen=until + DAY),
        told_by("lamp", seen=until + DAY + timedelta(seconds=1)),
    )
    world.now = until + DAY

    found = await drafted(store, world, imprint)

    assert (found.issue.since, found.issue.until) == (until, until + DAY)
    assert topics_of(found) == ["choir", "mussels"]
    assert found.issue.number == 2


async def test_an_article_published_before_the_last_issue_but_seen_after_it_is_not_lost(
    store, world, imprint
):
    await keep(store, told_by("bus"))
    await release(store, world, imprint)
    late = told_by(
        "gates", seen=NOW + timedelta(minutes=10), dated=dated(NOW - timedelta(minutes=40))
    )
    await keep(store, late)
    world.now = NOW + DAY

    assert topics_of(await drafted(store, world, imprint)) == ["gates"]


async def test_what_is_older_than_a_daily_issue_reaches_is_left_out_with_that_reason(
    store, world, imprint
):
    await keep(store, told_by("bus"))
    await release(store, world, imprint)
    await keep(
        store,
        told_by("gates", seen=NOW + timedelta(hours=1), dated=dated(NOW - 2 * DAY)),
        told_by("choir", seen=NOW + timedelta(hours=1)),
    )
    world.now = NOW + DAY

    found = await drafted(store, world, imprint)

    assert topics_of(found) == ["choir"]
    assert reasons(found)["gates"] == (
        "older than the window: published 2026-11-22 (feed), 72 hours before this issue; "
        "a daily issue reaches back 48 hours"
    )


async def test_a_story_already_told_is_not_told_again_by_anyone(store, world, imprint):
    """Not by another outlet's words on the next day, and not by a copy of the text."""
    await keep(store, told_by("gates"), told_by("bus"))
    await release(store, world, imprint)
    later = NOW + timedelta(hours=1)
    copied = told_by("bus", POST, seen=later)
    retold = told_by(
        "gates",
        POST,
        seen=later,
        fingerprint="other words",
        text=TOPICS["gates"] + " So says the keeper.",
    )
    await keep(store, copied, retold, told_by("choir", POST, seen=later))
    world.now = NOW + DAY

    found = await drafted(store, world, imprint)

    assert topics_of(found) == ["choir"]
    told = "this story was told in the issue of 2026-11-24"
    assert reasons(found) == {"bus": told, "gates": told}


async def test_the_week_remembers_on_its_own_and_is_told_again_from_the_top(store, world, imprint):
    week = a_newsletter(cadence=Cadence.WEEKLY)
    await keep(store, told_by("gates"))
    await release(store, world, imprint)
    world.now = NOW + DAY

    found = await drafted(store, world, imprint, newsletter=week)

    assert topics_of(found) == ["gates"]
    assert (found.issue.period, found.issue.cadence) == ("2026-W48", "weekly")


async def test_a_window_the_operator_asks_for_is_not_stale_in_itself(store, world, imprint):
    old = NOW - 10 * DAY
    await keep(store, told_by("gates", seen=old), told_by("bus", seen=old - 2 * DAY))

    found = await drafted(store, world, imprint, since=old - timedelta(hours=1))

    assert topics_of(found) == ["gates"]
    assert found.issue.since == old - timedelta(hours=1)


async def test_a_newsletter_draws_on_the_sources_it_names(store, world, imprint):
    await keep(store, told_by("gates", HERALD), told_by("bus", POST))

    found = await drafted(store, world, imprint, newsletter=a_newsletter(sources=("Estuary Post",)))

    assert topics_of(found) == ["bus"]
    assert reasons(found) == {}


async def test_one_source_fills_no_issue_and_an_issue_has_an_end(store, world, imprint):
    await keep(store, *(told_by(topic) for topic in TOPICS))
    crowded = replace(imprint, curate=CurateOptions(rank=RankOptions(max_per_source=2)))

    per_source = await drafted(store, world, crowded)
    per_issue = await drafted(store, world, imprint, newsletter=a_newsletter(max_stories=1))

    assert len(per_source.issue.stories) == 2
    assert len(per_issue.issue.stories) == 1
    for found in (per_source, per_issue):
        assert len(found.left_out) + len(found.issue.stories) == len(TOPICS)


async def test_fewer_stories_than_the_least_make_no_issue_and_the_reason_is_kept(
    store, world, imprint
):
    await keep(store, told_by("gates"))

    found = await prepared(store, world, imprint, newsletter=a_newsletter(min_stories=2))

    assert (found.issue, found.editions) == (None, ())
    assert found.reason == (
        "1 story to tell from what was seen until 2026-11-24 06:30 UTC; The Quayside needs at "
        "least 2"
    )


async def test_the_reason_counts_what_is_older_and_names_the_newest_of_it(store, world, imprint):
    await keep(store, told_by("bus"))
    await release(store, world, imprint)
    await keep(
        store,
        told_by("gates", seen=NOW + timedelta(hours=1), dated=dated(NOW - 3 * DAY, exact=False)),
    )
    world.now = NOW + DAY

    found = await drafted(store, world, imprint)

    assert found.reason == (
        "no story to tell from what was seen after 2026-11-24 06:30 until 2026-11-25 06:30 UTC; "
        "2 articles are older, the newest “Councillors keep route nine”, dated 2026-11-24; "
        "1 of them was told already in the issue of 2026-11-24"
    )


async def test_where_all_was_told_the_reason_says_so(store, world, imprint):
    await keep(store, told_by("bus"), told_by("gates"))
    await release(store, world, imprint)
    world.now = NOW + DAY

    found = await drafted(store, world, imprint)

    assert found.reason.endswith("; all of them were told already in the issue of 2026-11-24")

    again = await drafted(store, world, imprint, since=NOW - 30 * DAY)
    assert again.reason == (
        "no story to tell from what was seen after 2026-10-25 06:30 until 2026-11-25 06:30 UTC; "
        "2 articles of it were told already in the issue of 2026-11-24"
    )


async def test_a_date_that_is_only_a_bound_is_named_as_one_in_the_reason(store, world, imprint):
    await keep(store, told_by("gates", dated=dated(NOW - 60 * DAY, exact=False)))

    found = await drafted(store, world, imprint)

    assert found.reason.endswith(
        "1 article is older, the newest “Oak gates swing”, dated 2026-09-25 at the latest"
    )


async def test_without_any_article_the_reason_says_so(store, world, imprint):
    found = await drafted(store, world, imprint)

    assert found.reason == (
        "no story to tell from what was seen until 2026-11-24 06:30 UTC; "
        "no article is kept from its sources"
    )


async def test_all_are_told_already_is_no_reason_about_age(store, world, imprint):
    other = replace(imprint, sources={POST.id: POST})
    await keep(store, told_by("gates", POST))
    await release(store, world, other)
    await keep(store, told_by("gates", HERALD, seen=NOW + timedelta(hours=1)))
    world.now = NOW + DAY

    found = await drafted(store, world, replace(imprint, sources={HERALD.id: HERALD}))

    assert found.issue is None
    assert found.reason == (
        "no story to tell from what was seen after 2026-11-24 06:30 until 2026-11-25 06:30 UTC"
    )
    assert len(found.left_out) == 1


async def test_preparing_renders_one_edition_and_keeps_nothing(store, world, imprint):
    await keep(store, told_by("gates"), told_by("choir", POST))
    before = await store.read(issues.next_number, a_newsletter().id)

    found = await prepared(store, world, imprint)

    (edition,) = found.editions
    assert edition.subject == found.issue.subject
    for topic in ("gates", "choir"):
        assert TITLES[topic] in edition.html
        assert TITLES[topic] in edition.text
    assert [one for one in found.findings[edition.key] if one.level == "stops"] == []
    assert await store.read(issues.next_number, a_newsletter().id) == before
    assert await store.read(issues.last, a_newsletter().id, "daily") is None


async def test_an_issue_before_its_hour_does_not_announce_itself(store, world, imprint):
    await keep(store, told_by("gates"))
    sunday = a_newsletter(cadence=Cadence.WEEKLY, weekday=6, hour=time(23, 59))

    made = await prepared(store, world, imprint, newsletter=sunday)
    await store.write(issues.freeze, made.issue, (), state="released", at=world.now)
    await keep(store, told_by("choir"))
    drawn = await drafted(store, world, imprint, newsletter=sunday, since=NOW - DAY)
    extra = replace(drawn, issue=replace(drawn.issue, period="extra-1"))
    beside = await typeset(extra, imprint, isolate=world.isolate)

    for one in (made, beside):
        assert "The next issue is due on Sunday, December 6." in one.editions[0].text


async def test_a_lead_picture_is_made_ours_and_one_that_fails_is_left_out_with_a_note(
    store, world, imprint, web
):
    raw = io.BytesIO()
    Image.new("RGB", (1600, 900), (10, 80, 120)).save(raw, "PNG")
    web.serve("/unasked.png", status=304)
    await keep(
        store,
        told_by("gates", image=web.serve("/good.png", raw.getvalue(), type="image/png")),
        told_by("choir", image=web.url("/missing.png")),
        told_by("bus", POST, image=web.serve("/no.png", "<html></html>", type="image/png")),
        told_by("lamp", POST, image=web.url("/unasked.png")),
        told_by("mussels", POST),
    )

    found = await prepared(store, world, imprint)

    (picture,) = found.issue.pictures.values()
    assert [path.name for path in imprint.media.iterdir()] == [f"{picture.hash}.jpg"]
    assert picture.width <= 1120
    assert web.base not in found.editions[0].html
    assert len(found.notes) == 3
    for note, said in zip(sorted(found.notes), ("bus", "lamp", "choir"), strict=True):
        assert note.startswith(f"the picture of “{TITLES[said]}” is left out: ")


async def test_a_picture_that_several_stories_share_is_a_sites_and_not_theirs(
    store, world, imprint, web
):
    raw = io.BytesIO()
    Image.new("RGB", (1600, 900), (10, 80, 120)).save(raw, "PNG")
    logo = web.serve("/logo.png", raw.getvalue(), type="image/png")
    await keep(
        store,
        told_by("gates", image=logo),
        told_by("choir", image=logo),
        told_by("bus", POST, image=web.serve("/bus.png", raw.getvalue(), type="image/png")),
    )

    found = await prepared(store, world, imprint)

    (shown,) = found.issue.pictures
    assert shown == next(s.lead.url for s in found.issue.stories if s.lead.title == TITLES["bus"])
    assert not found.notes


async def test_no_issue_waits_for_ever_for_its_pictures(store, world, imprint, web, monkeypatch):
    raw = io.BytesIO()
    Image.new("RGB", (1600, 900), (10, 80, 120)).save(raw, "PNG")
    good = web.serve("/good.png", raw.getvalue(), type="image/png")
    await keep(store, told_by("gates", image=good), told_by("choir", image=web.url("/slow.png")))
    seen = asyncio.Event()

    async def dawdling(ask):
        if not ask.url.endswith("/slow.png"):
            found = await world.fetch(ask)
            seen.set()
            return found
        await seen.wait()
        return await asyncio.Event().wait()  # its host never answers

    monkeypatch.setattr(publish, "ALL_PICTURES", 0.5)
    found = await prepared(store, replace(world, fetch=dawdling), imprint)

    assert len(found.issue.pictures) == 1
    (note,) = found.notes
    assert note.startswith(f"the picture of “{TITLES['choir']}” is left out: it was not here when")


async def test_pictures_may_be_switched_off_and_then_nobody_is_asked(store, world, imprint, web):
    await keep(store, told_by("gates", image=web.url("/good.png")))

    found = await prepared(store, world, replace(imprint, compose=ComposeOptions(pictures=False)))

    assert (found.issue.pictures, found.notes) == ({}, ())
    assert web.asked == []


async def test_articles_of_a_source_that_was_taken_out_are_no_longer_told(store, world, imprint):
    gone = a_source("https://gone.example/feed.xml", name="Gone Gazette")
    await keep(store, told_by("gates", gone), told_by("bus", HERALD))

    found = await drafted(store, world, imprint)

    assert topics_of(found) == ["bus"]
    assert SourceId("https://gone.example/feed.xml") not in imprint.sources


async def test_readers_get_editions_of_their_topics_and_languages(store, world, imprint):
    harbour = replace(HERALD, topic="harbour")
    town = replace(POST, topic="town")
    imprint = replace(imprint, sources={harbour.id: harbour, town.id: town})
    await keep(store, told_by("gates"), told_by("choir"), told_by("bus", POST))
    choices = {
        Choice.of((), "en"): 5,
        Choice.of((), "de"): 2,
        Choice.of(("town",), "de"): 1,
        Choice.of(("sport",), "xx"): 1,
    }

    found = await prepared(store, world, imprint, choices=choices)

    assert [one.key for one in found.editions] == ["en", "de", "de-town"]
    assert list(found.choices.values()) == ["en", "de", "de-town", "en"]
    assert found.findings.keys() == {"en", "de", "de-town"}
    part = found.editions[2]
    assert TITLES["bus"] in part.html
    assert TITLES["gates"] not in part.html + part.text
    assert 'lang="de"' in part.html
    late = (Choice.of(("harbour",), "de"), Choice.of(("harbour",), "fr"))
    assert [found.edition_for(one) for one in (*choices, *late)] == [
        "en", "de", "de-town", "en", "de", "en",
    ]  # fmt: skip


async def test_many_editions_are_made_in_batches_and_none_is_missing(store, world, imprint):
    made = [a_source(f"https://{name}.example/", name=f"The {name}", topic=name) for name in TOPICS]
    await keep(store, *(told_by(source.topic, source) for source in made))
    world.isolate = Counted(world.isolate)
    chosen = {Choice.of(some, "en"): 1 for k in range(1, 5) for some in combinations(TOPICS, k)}

    found = await prepared(
        store,
        world,
        replace(imprint, sources={source.id: source for source in made}),
        choices=chosen,
    )

    assert len(found.editions) == 1 + 30
    assert {one.key for one in found.editions} == {"en", *found.choices.values()}
    assert world.isolate.asked == [1, 8, 8, 8, 6]


async def test_editions_that_are_late_together_are_made_one_by_one(store, world, imprint):
    await keep(store, told_by("gates"))
    world.isolate = Impatient(world.isolate)
    chosen = {Choice.of((), language): 1 for language in ("en", "de", "fr", "ru")}

    found = await prepared(store, world, imprint, choices=chosen)

    assert [one.key for one in found.editions] == ["en", "de", "fr", "ru"]
    assert world.isolate.asked == [1, 3, 1, 1, 1]


@dataclass
class Counted:
    """Workers that note how many editions each was asked for."""

    isolate: Isolate
    asked: list[int] = field(default_factory=list)

    async def __call__(self, function, *args, **given):
        if function is proofread:
            self.asked.append(len(args[0]))
        return await self.isolate(function, *args, **given)


class Impatient(Counted):
    """Workers whose time is up when they are asked for more than one edition."""

    async def __call__(self, function, *args, **given):
        if function is proofread and len(args[0]) > 1:
            self.asked.append(len(args[0]))
            raise Stopped("too late")
        return await super().__call__(function, *args, **given)


def themed(imprint, folder, logo):
    """An imprint with a theme of its own, ``mine``, that says ``logo``."""
    ours = imprint.templates[0]
    (folder / "themes").mkdir(parents=True)
    own = (ours / "themes" / "paper.toml").read_text("utf-8")
    (folder / "themes" / "mine.toml").write_text(f"{logo}\n{own}", "utf-8")
    return replace(imprint, templates=(folder, ours))


async def test_a_themes_logo_is_kept_with_the_pictures_and_stands_for_the_name(
    store, world, imprint, tmp_path
):
    imprint = themed(
        imprint, tmp_path / "own", 'logo = { file = "quay.png", width = 160, alt = "Quay" }'
    )
    Image.new("RGBA", (640, 160), (0, 90, 90, 0)).save(tmp_path / "own/themes/quay.png")
    await keep(store, told_by("gates"))

    found = await prepared(store, world, imprint, newsletter=a_newsletter(theme="mine"))

    (path,) = imprint.media.iterdir()
    with Image.open(path) as kept:
        assert (kept.format, kept.size) == ("JPEG", (320, 80))
        found_at = kept.getpixel((5, 5))
    card = (0xFD, 0xFB, 0xF6)  # what a transparent logo lies on, as near as a JPEG comes
    assert all(abs(a - b) <= 2 for a, b in zip(found_at, card, strict=True))
    (edition,) = found.editions
    assert f'<img src="https://quayside.example/i/{path.name}" width="160" height="40"' in (
        edition.html
    )
    assert 'alt="Quay"' in edition.html
    assert "The Quayside</h1>" not in edition.html
    assert "THE QUAYSIDE" in edition.text
    assert [one.code for one in found.findings["en"]] == ["subject-length"]


async def test_a_logo_that_is_no_picture_is_told_with_its_file(store, world, imprint, tmp_path):
    imprint = themed(imprint, tmp_path / "own", 'logo = { file = "quay.png", width = 160 }')
    (tmp_path / "own/themes/quay.png").write_text("no picture")
    await keep(store, told_by("gates"))

    with pytest.raises(Misconfigured, match=r"quay\.png is no logo: .*; take a PNG or a JPEG"):
        await prepared(store, world, imprint, newsletter=a_newsletter(theme="mine"))

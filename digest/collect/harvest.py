"""One visit to one source: what it lists, and what to remember of it.  ~ world (through Fetch)"""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import assert_never

from digest.collect import charset, feeds, files, hops, pages, sample, sitemaps, visits
from digest.collect.fetch import Answer, Ask, Failed, Fetch, Fetched, NotModified
from digest.collect.harvested import Parsed, newest
from digest.collect.sitemaps import Index
from digest.errors import DigestError, Permanent
from digest.isolation import Isolate
from digest.model import FetchedItem, Form, Source, SourceKind, Visit

FEED_TYPES = (
    "application/rss+xml, application/atom+xml, application/feed+json, application/xml;q=0.9, "
    "text/xml;q=0.9, */*;q=0.5"
)
PAGE_TYPES = "text/html, application/xhtml+xml;q=0.9, */*;q=0.5"


@dataclass(frozen=True, slots=True, kw_only=True)
class Harvest:
    """What one visit brought. ``visit.error`` says what was wrong, if anything was."""

    items: tuple[FetchedItem, ...]
    visit: Visit
    notes: tuple[str, ...] = ()


async def harvest(
    source: Source,
    visit: Visit,
    *,
    fetch: Fetch,
    isolate: Isolate,
    now: datetime,
    jitter: float,
    folder: Path,
) -> Harvest:
    """Visit ``source`` once. Never raises for what a host or a file does."""
    match source.kind:
        case SourceKind.SAMPLE:
            return _local(Parsed(items=sample.items(source, now)), visit, now)
        case SourceKind.FILES:
            try:
                parsed = await asyncio.to_thread(
                    files.read, source.location, folder=folder, source=source
                )
            except DigestError as error:
                return _unread(visit, now, str(error))
            return _local(parsed, visit, now)
        case SourceKind.FEED | SourceKind.PAGE | SourceKind.SITEMAP:
            return await _remote(
                source, visit, fetch=fetch, isolate=isolate, now=now, jitter=jitter
            )
        case _ as never:
            assert_never(never)


@dataclass(frozen=True, slots=True, kw_only=True)
class Completed:
    """An item with the whole page, or ``trouble``: why without. ``owed``: trying again may help."""

    item: FetchedItem
    trouble: str | None = None
    owed: bool = False


async def complete(item: FetchedItem, *, fetch: Fetch, isolate: Isolate) -> Completed:
    """``item`` with the whole page in place of a teaser or nothing.

    A teaser whose page cannot be had stays a teaser: its own words are still news.
    """
    answer = await fetch(Ask(url=item.url, crawl=True, accept=PAGE_TYPES))
    if not isinstance(answer, Fetched):
        if isinstance(answer, Failed):
            return Completed(item=item, trouble=answer.reason, owed=answer.temporary)
        return Completed(item=item, trouble=f"{item.url}: came without a body")
    if answer.content_type not in ("", "text/html", "application/xhtml+xml", "text/plain"):
        trouble = f"{item.url}: is {answer.content_type}, not a web page"
        return Completed(item=item, trouble=trouble)
    text = await isolate(charset.decode, answer.body, claimed=answer.charset)
    form = Form.TEXT if answer.content_type == "text/plain" else Form.PAGE
    whole = replace(item, url=answer.url, form=form, content=text, teaser=item.content)
    return Completed(item=whole)


def _local(parsed: Parsed, visit: Visit, now: datetime) -> Harvest:
    well = replace(
        visit,
        visited_at=now,
        succeeded_at=now,
        status="read",
        error=None,
        items=len(parsed.items),
        undated=parsed.undated,
        empty=parsed.empty,
        failures=0,
        next_visit=None,
    )
    return Harvest(items=parsed.items, visit=well, notes=parsed.notes)


def _unread(visit: Visit, now: datetime, error: str) -> Harvest:
    ill = replace(visit, visited_at=now, status="failed", error=error, failures=visit.failures + 1)
    return Harvest(items=(), visit=ill)


async def _remote(
    source: Source,
    visit: Visit,
    *,
    fetch: Fetch,
    isolate: Isolate,
    now: datetime,
    jitter: float,
) -> Harvest:
    ask = _ask(source, visit)
    answer = await fetch(ask)
    if not isinstance(answer, Fetched):
        return _without_body(visit, answer, now, jitter)
    try:
        parsed = await _parsed(source, answer, fetch, isolate)
    except DigestError as error:
        after = visits.after(
            visit, answer, now=now, jitter=jitter, error=_useless(ask, answer, error)
        )
        return Harvest(items=(), visit=after)
    after = visits.after(
        visit,
        answer,
        now=now,
        jitter=jitter,
        items=len(parsed.items),
        undated=parsed.undated,
        empty=parsed.empty,
    )
    if parsed.is_sum:
        after = visits.unsettled(after, now=now, jitter=jitter)
    notes = [*parsed.notes]
    if not parsed.items:
        notes.append(f"{answer.url} listed no article")
    if after.url and after.url != visit.url:
        notes.append(f"it has moved for good and is now read at {after.url}")
    return Harvest(items=parsed.items, visit=after, notes=tuple(notes))


def _useless(ask: Ask, answer: Fetched, error: DigestError) -> str:
    """What was wrong with a body, and where it came from: the operator knows the address asked."""
    asked = hops.masked(ask.url)
    led = "" if hops.bare(ask.url) == answer.url else f" (led to {answer.url})"
    return f"{asked}{led}: {error}"


def _without_body(visit: Visit, answer: Answer, now: datetime, jitter: float) -> Harvest:
    after = visits.after(visit, answer, now=now, jitter=jitter)
    notes = ("nothing new since the last visit",) if isinstance(answer, NotModified) else ()
    return Harvest(items=(), visit=after, notes=notes)


def _ask(source: Source, visit: Visit) -> Ask:
    return Ask(
        url=visit.url or source.location,
        etag=visit.etag,
        last_modified=visit.last_modified,
        crawl=source.kind is SourceKind.PAGE,
        accept=PAGE_TYPES if source.kind is SourceKind.PAGE else FEED_TYPES,
        max_bytes=sitemaps.MAX_BYTES if source.kind is SourceKind.SITEMAP else 0,
    )


async def _parsed(source: Source, answer: Fetched, fetch: Fetch, isolate: Isolate) -> Parsed:
    if source.kind is SourceKind.PAGE:
        return await _page(source, answer, isolate)
    if source.kind is SourceKind.SITEMAP:
        return await _sitemap(source, answer, fetch, isolate)
    return await isolate(
        feeds.parse,
        answer.body,
        url=answer.url,
        content_type=answer.content_type,
        charset_claimed=answer.charset,
        source=source,
    )


async def _page(source: Source, answer: Fetched, isolate: Isolate) -> Parsed:
    page = await isolate(
        pages.look,
        answer.body,
        url=answer.url,
        charset_claimed=answer.charset,
        select=source.select,
    )
    if not page.articles:
        cure = (
            f"the selector {source.select!r} finds no link"
            if source.select
            else "no article links were found; name them with `select`, a CSS selector"
        )
        raise Permanent(cure)
    items = [
        FetchedItem(source=source.id, url=link.url, form=Form.LINK, title=link.title or None)
        for link in page.articles[: source.max_items]
    ]
    return Parsed(items=tuple(items), undated=len(items), title=page.title)


async def _sitemap(source: Source, answer: Fetched, fetch: Fetch, isolate: Isolate) -> Parsed:
    first = await _map(source, answer, isolate)
    if isinstance(first, Parsed):
        return first
    items: list[FetchedItem] = []
    notes: list[str] = []
    left = deque((url, 1) for url in first.urls)
    known = {answer.url, *first.urls}
    lists = asked = 0
    while left and lists < sitemaps.MAX_CHILDREN and asked < sitemaps.MAX_ASKED:
        url, depth = left.popleft()
        asked += 1
        listed = await _child(source, url, fetch, isolate)
        if isinstance(listed, str):
            notes.append(listed)
        elif isinstance(listed, Parsed):
            lists += 1
            items += listed.items
        elif depth == sitemaps.MAX_DEPTH:
            notes.append(f"{url}: is an index {depth} indexes deep, which is not followed")
        else:
            below = [one for one in listed.urls if one not in known]
            known.update(below)
            left.extendleft((one, depth + 1) for one in reversed(below))
    if not items and notes:
        raise Permanent(f"none of its sitemaps could be read ({notes[0]})")
    return Parsed(
        items=newest(items, source.max_items),
        undated=sum(item.dated is None for item in items),
        is_sum=True,
        notes=tuple(notes),
    )


async def _child(source: Source, url: str, fetch: Fetch, isolate: Isolate) -> Parsed | Index | str:
    """A sitemap that an index names, or why it cannot be read."""
    child = await fetch(Ask(url=url, accept=FEED_TYPES, max_bytes=sitemaps.MAX_BYTES))
    if not isinstance(child, Fetched):
        return child.reason if isinstance(child, Failed) else f"{url}: not modified"
    try:
        return await _map(source, child, isolate)
    except DigestError as error:
        return f"{url}: {error}"


async def _map(source: Source, answer: Fetched, isolate: Isolate) -> Parsed | Index:
    return await isolate(
        sitemaps.parse,
        answer.body,
        url=answer.url,
        charset_claimed=answer.charset,
        source=source,
    )

"""An address or path to what kind of source it is: feed, page, sitemap or files.  ~ world"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import urlsplit

from digest.collect import feeds, files, markup, pages, sample, sitemaps
from digest.collect.fetch import Ask, Failed, Fetch, Fetched
from digest.collect.harvest import FEED_TYPES, PAGE_TYPES
from digest.collect.harvested import Parsed
from digest.errors import DigestError, Misconfigured, Permanent
from digest.isolation import Isolate
from digest.model import Source, SourceId, SourceKind
from digest.slots import unshown

FEEDS_TRIED = 4  # of those a page names
FEWEST_LINKS = 3  # a page with fewer is an article, not a source

_LIKE_A_HOST = re.compile(r"(?:[\w-]+\.)+[^\W\d_]{2,}(?::\d+)?(?:[/?]|$)")
_MARKUP = re.compile(rb"<(?:!doctype\s+html|html|head|title|body|main|div|p|a)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A source as it goes into config.toml, and what is worth saying about it."""

    kind: SourceKind
    location: str
    name: str
    notes: tuple[str, ...] = ()


async def discover(location: str, *, fetch: Fetch, isolate: Isolate, folder: Path) -> Found:
    """Look at ``location`` and say what it is. A page's feed is preferred to the page.

    Raises Misconfigured where nothing to read is found, with what was tried.
    """
    if location == sample.SCHEME:
        return Found(kind=SourceKind.SAMPLE, location=location, name="Sample paper")
    if "://" not in location:
        return _files(location, folder)
    location = markup.for_the_web(location.strip())
    types = f"{FEED_TYPES}, {PAGE_TYPES}"
    answer = await fetch(Ask(url=location, accept=types, max_bytes=sitemaps.MAX_BYTES))
    if not isinstance(answer, Fetched):
        reason = answer.reason if isinstance(answer, Failed) else f"{location}: no body came"
        raise Misconfigured("nothing was added;", reason)
    if found := await _read_as_feed(answer, isolate) or await _read_as_sitemap(answer, isolate):
        return found
    try:
        page = await isolate(
            pages.look, answer.body, url=answer.url, charset_claimed=answer.charset
        )
    except DigestError as error:
        raise Misconfigured(
            location, f"cannot be read as a feed, sitemap or page: {error}"
        ) from error
    return await _of_page(location, answer, page, fetch, isolate)


def _files(location: str, folder: Path) -> Found:
    probe = _source(location, SourceKind.FILES)
    path = Path(location)
    try:
        parsed = files.read(location, folder=folder, source=probe)
    except Misconfigured as error:
        if not _LIKE_A_HOST.match(location) or path.suffix.lower() in files.FORMS:
            raise
        raise Misconfigured(
            location, f"is no file here; for the address on the web, write https://{location}"
        ) from error
    name = path.name if path.name and "*" not in path.name else path.parent.name
    count = len(parsed.items)
    said = f"{count} {'file' if count == 1 else 'files'} can be read now"
    return Found(
        kind=SourceKind.FILES,
        location=location,
        name=name or location,
        notes=(said, *parsed.notes),
    )


async def _of_page(
    location: str, answer: Fetched, page: pages.Page, fetch: Fetch, isolate: Isolate
) -> Found:
    tried: list[str] = []
    for url in page.feeds[:FEEDS_TRIED]:
        feed = await fetch(Ask(url=url, accept=FEED_TYPES))
        if isinstance(feed, Fetched) and (found := await _read_as_feed(feed, isolate)):
            others = [one for one in page.feeds if one != url]
            more = (f"the page names other feeds, too: {', '.join(others)}",) if others else ()
            notes = (f"a feed of {location}", *more)
            name = found.name or _plain(page.title) or url
            return replace(found, location=url, name=name, notes=notes)
        tried.append(url)
    if len(page.articles) >= FEWEST_LINKS:
        notes = (f"no feed; {len(page.articles)} article links on the page",)
        name = _plain(page.title) or urlsplit(answer.url).hostname or location
        return Found(kind=SourceKind.PAGE, location=answer.url, name=name, notes=notes)
    if not _MARKUP.search(answer.body.replace(b"\0", b"")):
        raise Misconfigured(
            location,
            "is neither a feed nor a sitemap nor a page; give the address of a feed, or of a page "
            "that lists articles",
        )
    named = f" (its feeds {', '.join(tried)} cannot be read)" if tried else ""
    raise Misconfigured(
        location,
        f"is a page without a feed{named} and with fewer than {FEWEST_LINKS} links that "
        "read like articles; give the address of its feed, or of a page that lists articles; where "
        'this one lists some, write it into config.toml with kind = "page" and a CSS selector of '
        'their links, such as select = "main a"',
    )


async def _read_as_feed(answer: Fetched, isolate: Isolate) -> Found | None:
    source = _source(answer.url, SourceKind.FEED)
    try:
        parsed: Parsed = await isolate(
            feeds.parse,
            answer.body,
            url=answer.url,
            content_type=answer.content_type,
            charset_claimed=answer.charset,
            source=source,
        )
    except Permanent:
        return None
    count = len(parsed.items)
    return Found(
        kind=SourceKind.FEED,
        location=answer.url,
        name=_plain(parsed.title) or urlsplit(answer.url).hostname or answer.url,
        notes=(f"{count} {'item' if count == 1 else 'items'} listed now", *parsed.notes),
    )


async def _read_as_sitemap(answer: Fetched, isolate: Isolate) -> Found | None:
    source = _source(answer.url, SourceKind.SITEMAP)
    try:
        found = await isolate(
            sitemaps.parse,
            answer.body,
            url=answer.url,
            charset_claimed=answer.charset,
            source=source,
        )
    except Permanent:
        return None
    if isinstance(found, Parsed):
        count = len(found.items)
        note = f"{count} {'address' if count == 1 else 'addresses'} listed now"
    else:
        count = len(found.urls)
        note = (
            f"an index; {count} of its sitemaps {'is' if count == 1 else 'are'} read at each visit"
        )
    host = (urlsplit(answer.url).hostname or answer.url).removeprefix("www.")
    return Found(kind=SourceKind.SITEMAP, location=answer.url, name=host, notes=(note,))


def _plain(title: str | None) -> str:
    """A title as config.toml may hold it: one line, without what its author may not use."""
    return " ".join("".join(" " if unshown(c) else c for c in title or "").split())


def _source(location: str, kind: SourceKind) -> Source:
    return Source(id=SourceId(location), kind=kind, location=location, name=location)

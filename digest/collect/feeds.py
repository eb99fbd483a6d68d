"""The body of a feed (RSS, Atom, JSON Feed) to FetchedItems. Pure."""

from __future__ import annotations

import calendar
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urljoin

import feedparser

from digest import characters, days, guard, htmltree
from digest.collect import charset, detours, harvested, jsonfeed, markup, voices
from digest.collect.harvested import Parsed, newest
from digest.errors import Permanent
from digest.model import Dated, DateSource, FetchedItem, Form, Source

FULL_WORDS = 120  # content of its own this long is the article, not a taste of it
FULL_SUMMARY_WORDS = 250  # a description must be longer to be taken for the whole
MAX_TAGS = 10
SMALL = 100  # pixels of a thumbnail that is too narrow to be shown

_HTML = re.compile(
    r"\s*(?:<!--.{0,2000}?-->\s*)*<(?:!doctype\s+html|html)\b", re.IGNORECASE | re.DOTALL
)
_NAMES_A_FEED = re.compile(r"application/(?:rss|atom|rdf|feed)\+(?:xml|json)", re.IGNORECASE)
_WANTS_A_LOGIN = re.compile(r"<input\b[^>]{0,400}\btype\s*=\s*[\"']?password\b", re.IGNORECASE)
# What is XML, but another list: the root, and what it is and what to do about it.
_OTHER = re.compile(r"<(?:\w+:)?(urlset|sitemapindex|opml)\b", re.IGNORECASE)
_SITEMAP = 'this is a sitemap, not a feed; give its source kind = "sitemap" in config.toml'
_INSTEAD = {
    "urlset": _SITEMAP,
    "sitemapindex": _SITEMAP,
    "opml": "this is a list of feeds (OPML), not a feed; save it to a file, and "
    "`digest sources import FILE.opml` adds each of them",
}
_XML_START = re.compile(r"^\s*<\?xml[^>]{0,300}\?>")
# What the parser takes for another day or hour: 2026/11/30 and 2026年11月30日 for the first of the
# month, 30-11-2026 for a day of 2030, a Unix time for a year, 9:05 PM for the morning, CET for UTC,
# and 2026-11-30 09:05:00 UTC for midnight.
_MISREAD = re.compile(
    r"^\d{4}\s?[/.年년]|^\d{1,2}-\d{1,2}-|^\d{10}(?:\d{3})?$|\d\s?[ap]\.?m\b|[上下]午|午[前後]|오[전후]"
    r"|^\d{4}-\d\d-\d\d\s+\d{1,2}:[\d:.]+\s*[a-z]"
    r"|\d\s(?:BST|CES?T|MES?Z|WEST|EES?T|MSK|HKT|JST|KST|SAST|WIB|AWST|SGT|AE[SD]T|NZ[SD]T)$",
    re.IGNORECASE,
)
_PUBLISHED = ("published", "created", "prism_publicationdate")  # the last as journals say it
_TIME_OF_DAY = re.compile(r"\d{1,2}:\d{2}")


def parse(
    body: bytes, *, url: str, content_type: str = "", charset_claimed: str | None, source: Source
) -> Parsed:
    """What a feed lists, newest first, at most ``source.max_items``.

    ``url``: where the body came from; relative links are joined to it. Raises Permanent with one
    clause for what is no feed.
    """
    text = charset.decode(body, claimed=charset_claimed)
    if jsonfeed.is_json(text):
        return jsonfeed.parse(text, url=url, source=source)
    if not text.strip():
        raise Permanent("the feed is empty: not one byte of XML")
    if _HTML.match(text):
        raise Permanent(_web_page(text, url, content_type or "no content type"))
    guard.check_xml(text, what="the feed")
    feed = feedparser.parse(
        _as_utf8(text),
        response_headers={
            "content-type": "application/xml; charset=utf-8",
            "content-location": url,
        },
        sanitize_html=False,  # nothing of it is shown: extract reads the words out of it
    )
    if not feed.get("version") and not feed.entries:
        if other := _OTHER.search(text[:2_000]):
            raise Permanent(_INSTEAD[other[1].lower()])
        raise Permanent(f"this is no feed that can be read ({_damage(feed) or 'no RSS or Atom'})")
    return _parsed(feed, url, source)


def _web_page(page: str, url: str, content_type: str) -> str:
    """What came in place of a feed, and where one may be found.

    That is the page itself where it names a feed; else, as an error page does not, the front page.
    """
    if _NAMES_A_FEED.search(page):
        what, cure = "a web page, not a feed", f"`digest sources add {url}`"
    elif _WANTS_A_LOGIN.search(page):
        what = "a web page that asks for a password, not a feed"
        cure = f"give an address that needs no login; `digest sources add {urljoin(url, '/')}`"
    else:
        what, cure = "a web page, not a feed", f"`digest sources add {urljoin(url, '/')}`"
    return f"this is {what} ({content_type}); {cure} looks for its feed"


def _as_utf8(text: str) -> bytes:
    return _XML_START.sub("", characters.spelt(text)).encode("utf-8", errors="replace")


def _damage(feed: Mapping[str, Any]) -> str:
    error = feed.get("bozo_exception")
    harmless = feedparser.exceptions.ThingsNobodyCaresAboutButMe
    if not feed.get("bozo") or error is None or isinstance(error, harmless):
        return ""
    return " ".join(str(error).split())[:120]


def _parsed(feed: Mapping[str, Any], url: str, source: Source) -> Parsed:
    language = (str(feed["feed"].get("language") or "")[:2].lower()) or None
    items: list[FetchedItem] = []
    plain = str(feed.get("version")).startswith("atom")  # RSS never says what a title is
    order = _order(feed)
    several = voices.carries_several(feed["entries"])
    unlinked = empty = 0
    for entry in feed["entries"]:
        item = _item(entry, url, source, language, plain=plain, order=order)
        if item is None:
            unlinked += 1
            continue
        if several and (name := voices.outlet(entry)):
            item = replace(item, source_name=name, title=voices.without(item.title, name))
        empty += item.form is Form.LINK and not item.title
        items.append(item)
    notes: list[str] = []
    if damage := _damage(feed):
        count = f"{len(items)} {'item' if len(items) == 1 else 'items'}"
        notes.append(f"the feed is damaged ({damage}); {count} could be read")
    if unlinked:
        notes.append(harvested.unlinked(unlinked))
    return Parsed(
        items=newest(items, source.max_items),
        undated=sum(item.dated is None for item in items),
        empty=empty,
        title=_title(feed["feed"], plain=plain),
        notes=tuple(notes),
    )


def _item(
    entry: Mapping[str, Any],
    base: str,
    source: Source,
    language: str | None,
    *,
    plain: bool,
    order: str | None,
) -> FetchedItem | None:
    page, file = detours.passed(_link(entry, base)), _file(entry, base)
    link = page or file
    if link is None:
        return None
    fullest = _fullest(entry)
    form, content = _content(entry, fullest) if page else (Form.FRAGMENT, fullest)
    updated = _moment(entry, "updated", order)
    return FetchedItem(
        source=source.id,
        url=link,
        form=form,
        content=content,
        guid=str(entry.get("id") or "")[:500] or None,
        title=_title(entry, plain=plain),
        author=voices.author(entry),
        dated=next(filter(None, (_moment(entry, name, order) for name in _PUBLISHED)), updated),
        image=_image(entry, fullest, link),
        language=str(entry.get("language") or "")[:2].lower() or language,
        tags=_tags(entry),
    )


def _title(said: Mapping[str, Any], *, plain: bool) -> str | None:
    kind = said.get("title_detail", {}).get("type")
    is_text = plain and kind == "text/plain"
    return markup.plain(said.get("title")) if is_text else markup.title(said.get("title"))


def _link(entry: Mapping[str, Any], base: str) -> str | None:
    said = [entry.get("feedburner_origlink"), entry.get("link")]
    said += [
        one.get("href")
        for one in entry.get("links", ())
        if one.get("rel", "alternate") == "alternate"
    ]
    if entry.get("guidislink"):
        said.append(entry.get("id"))
    found = (markup.web(one, base) for one in said)
    # An address that is said to be no link is better than none.
    return next(filter(None, found), None) or markup.web(entry.get("id"), "")


def _file(entry: Mapping[str, Any], base: str) -> str | None:
    """What a podcast's episode without a page leads to. Its notes are all there is to read."""
    enclosed = (one for one in entry.get("links", ()) if one.get("rel") == "enclosure")
    said = [one.get("href") for one in enclosed if not _is_image(one)]
    return next((found for one in said if (found := markup.web(one, base))), None)


def _is_image(link: Mapping[str, Any]) -> bool:
    return str(link.get("type", "")).startswith("image/")


def _fullest(entry: Mapping[str, Any]) -> str:
    """The longest text the entry has; nothing where parsing it would cost too much."""
    said = [*_contents(entry), str(entry.get("summary") or "")]
    fullest = htmltree.unescaped(max(said, key=len))
    return "" if guard.is_too_deep(fullest) else fullest


def _contents(entry: Mapping[str, Any]) -> list[str]:
    return [str(one.get("value") or "") for one in entry.get("content", ())]


def _content(entry: Mapping[str, Any], fullest: str) -> tuple[Form, str]:
    """What the entry tells, and whether it is the article or stands for it."""
    text = markup.words(fullest)
    count = characters.words(text)
    if count == 0:
        return Form.LINK, ""
    enough = (
        FULL_WORDS if fullest in map(htmltree.unescaped, _contents(entry)) else FULL_SUMMARY_WORDS
    )
    whole = count >= enough and not harvested.is_cut_off(text)
    return (Form.FRAGMENT if whole else Form.TEASER), fullest


def _order(feed: Mapping[str, Any]) -> str | None:
    """How the feed means 03/04/2026: by any other of its dates, else by its language."""
    said = [
        str(entry.get(name) or "")[:200]
        for entry in feed["entries"]
        for name in ("published", "updated")
    ]
    return days.order(said, str(feed["feed"].get("language") or ""))


def _moment(entry: Mapping[str, Any], name: str, order: str | None) -> Dated | None:
    said = str(entry.get(name) or "")[:200].strip()
    parsed = entry.get(f"{name}_parsed")
    if not parsed or _MISREAD.search(said):
        return harvested.written(said, order)
    try:
        at = datetime.fromtimestamp(calendar.timegm(parsed), UTC)
    except (ValueError, OverflowError, OSError, TypeError):
        return None
    day_only = not _TIME_OF_DAY.search(said or "00:00")
    return Dated(at=at, source=DateSource.FEED, day_only=day_only)


def _image(entry: Mapping[str, Any], content: str, base: str) -> str | None:
    for found in _images(entry):
        address = markup.web(found, base)
        if address and not markup.is_face(address):
            return address
    return markup.picture(content, base) if "<img" in content else None


def _images(entry: Mapping[str, Any]) -> Iterator[str]:
    media = [one for one in entry.get("media_content", ()) if _shows(one)]
    media.sort(key=lambda one: -_number(one.get("width")))
    yield from (str(one.get("url")) for one in media)
    thumbnails = entry.get("media_thumbnail", ())
    yield from (
        str(one.get("url")) for one in thumbnails if not 0 < _number(one.get("width")) < SMALL
    )
    for one in entry.get("links", ()):
        if one.get("rel") == "enclosure" and _is_image(one):
            yield str(one.get("href"))
    yield str((entry.get("image") or {}).get("href") or "")  # a podcast's


def _shows(media: Mapping[str, Any]) -> bool:
    kind = f"{media.get('medium', '')} {media.get('type', '')}".strip()
    return "image" in kind or (not kind and bool(media.get("url")))


def _number(text: object) -> int:
    return int(str(text)) if str(text).isdigit() else 0


def _tags(entry: Mapping[str, Any]) -> tuple[str, ...]:
    terms = [markup.line(str(one.get("term") or "")) for one in entry.get("tags", ())]
    return tuple(dict.fromkeys(term for term in terms if term and len(term) <= 60))[:MAX_TAGS]

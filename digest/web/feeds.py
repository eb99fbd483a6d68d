"""The archive for programs: Atom (RFC 4287), JSON Feed 1.1, a sitemap, robots.txt."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from urllib.parse import quote
from xml.etree import ElementTree as ET

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from digest.compose.view import direction
from digest.deliver.headers import parsed
from digest.model import Newsletter
from digest.storage import shelf
from digest.storage.shelf import Spine, Volume
from digest.storage.volume import Entry
from digest.web.archive import address, headline, modified, with_archive
from digest.web.desk import Desk, desk_of
from digest.web.kept import Kept, answer, kept

IN_A_FEED = 30  # issues
LOOKED_THROUGH = 200  # issues, for those that have a topic
IN_A_SITEMAP = 50_000  # of the protocol, sitemaps.org
ATOM = "http://www.w3.org/2005/Atom"
SITEMAP = "http://www.sitemaps.org/schemas/sitemap/0.9"
_ANYWHERE = {"cross-origin-resource-policy": "cross-origin", "access-control-allow-origin": "*"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """What both kinds of feed say. ``here``: the page it belongs to; addresses are absolute."""

    title: str
    subtitle: str
    language: str
    author: str
    here: str
    own: str  # where this feed is
    items: tuple[Item, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One issue, or what it told of one topic."""

    id: str
    url: str
    title: str
    summary: str
    html: str
    released_at: datetime
    language: str
    picture: str


async def atom(request: Request) -> Response:
    return await _feed(request, "feed.xml")


async def json_feed(request: Request) -> Response:
    return await _feed(request, "feed.json")


async def sitemap(request: Request) -> Response:
    """Every issue of the newsletters that search engines may know."""
    desk = desk_of(request)

    async def make() -> Kept:
        root = ET.Element("urlset", xmlns=SITEMAP)
        for newsletter in _public(desk):
            spines = await desk.store.read(shelf.spines, newsletter.id, limit=IN_A_SITEMAP)
            places: list[Spine | None] = [*([None] if spines else []), *spines]
            for spine in places[: IN_A_SITEMAP - len(root)]:
                entry = ET.SubElement(root, "url")
                ET.SubElement(entry, "loc").text = address(desk, newsletter, spine)
                ET.SubElement(entry, "lastmod").text = _stamp((spine or spines[0]).released_at)
        return kept(_xml(root), "application/xml", modified=None, headers={})

    found = await desk.library.page("sitemap", make)
    assert found is not None
    return answer(found, request.headers)


async def robots(request: Request) -> Response:
    """Where the sitemap is. Links of mails are not forbidden by name: nobody could list them."""
    desk = desk_of(request)
    said = "User-agent: *\nAllow: /\n"
    if any(_public(desk)):
        said += f"Sitemap: {desk.settings.site.base_url}/sitemap.xml\n"
    return Response(said, 200, {"cache-control": "public, max-age=3600"}, "text/plain")


async def _feed(request: Request, name: str) -> Response:
    desk, newsletter = desk_of(request), with_archive(request)
    topic = request.path_params.get("topic")

    async def make() -> Kept | None:
        volumes = await desk.store.read(
            shelf.volumes, newsletter.id, limit=IN_A_FEED if topic is None else LOOKED_THROUGH
        )
        if topic is not None:
            volumes = [only for one in volumes if (only := _about(one, topic))][:IN_A_FEED]
            if not volumes and topic not in _headings(newsletter):
                return None
        feed = _told(desk, newsletter, volumes, topic, name)
        headers = dict(_ANYWHERE)
        if newsletter.archive == "noindex":
            headers["x-robots-tag"] = "noindex"
        newest = modified(desk, [one.spine for one in volumes])
        if name == "feed.xml":
            return kept(_atom(feed), "application/atom+xml", modified=newest, headers=headers)
        return kept(_json(feed), "application/feed+json", modified=newest, headers=headers)

    found = await desk.library.page((name, newsletter.id, topic), make)
    if found is None:
        raise HTTPException(404)
    return answer(found, request.headers)


def _public(desk: Desk) -> list[Newsletter]:
    return [one for one in desk.settings.newsletters.values() if one.archive == "public"]


def _headings(newsletter: Newsletter) -> dict[str, str]:
    return {heading.topic: heading.title for heading in newsletter.sections}


def _about(volume: Volume, topic: str) -> Volume | None:
    """What an issue told on a topic; None for nothing."""
    entries = tuple(one for one in volume.entries if one.topic == topic)
    return replace(volume, entries=entries) if entries else None


def _told(
    desk: Desk, newsletter: Newsletter, volumes: Sequence[Volume], topic: str | None, name: str
) -> Feed:
    here = address(desk, newsletter)
    about = "" if topic is None else f"/topic/{quote(topic, safe='')}"
    heading = "" if topic is None else _headings(newsletter).get(topic, topic)
    return Feed(
        title=f"{newsletter.title}: {heading}" if heading else newsletter.title,
        subtitle=newsletter.tagline,
        language=newsletter.language,
        author=parsed(newsletter.sender)[0] or desk.settings.site.name,
        here=here,
        own=f"{here}{about}/{name}",
        items=tuple(_item(desk, newsletter, one, topic) for one in volumes),
    )


def _item(desk: Desk, newsletter: Newsletter, volume: Volume, topic: str | None) -> Item:
    spine, first = volume.spine, volume.entries[0] if volume.entries else None
    url = address(desk, newsletter, spine)
    base = desk.settings.site.base_url
    whole = topic is None or first is None
    return Item(
        id=url if topic is None else f"{url}#{quote(topic, safe='')}",
        url=url,
        title=headline(spine) if whole or first is None else first.title,
        summary=spine.preheader if whole or first is None else first.summary,
        html=desk.look.render(
            "entry.html",
            newsletter,
            newsletter.language,
            intro=volume.intro,
            entries=volume.entries,
            direction=direction,
            site_url=base,
        ),
        released_at=spine.released_at,
        language=spine.language,
        picture=_picture(volume.entries, base),
    )


def _picture(entries: Sequence[Entry], base: str) -> str:
    return next((f"{base}/i/{one.picture.hash}.jpg" for one in entries if one.picture), "")


def _atom(feed: Feed) -> str:
    root = ET.Element("feed", {"xmlns": ATOM, "xml:lang": feed.language})
    ET.SubElement(root, "id").text = feed.own
    ET.SubElement(root, "title").text = feed.title
    if feed.subtitle:
        ET.SubElement(root, "subtitle").text = feed.subtitle
    newest = max((one.released_at for one in feed.items), default=datetime(2000, 1, 1, tzinfo=UTC))
    ET.SubElement(root, "updated").text = _stamp(newest)
    ET.SubElement(root, "link", rel="self", type="application/atom+xml", href=feed.own)
    ET.SubElement(root, "link", rel="alternate", type="text/html", href=feed.here)
    ET.SubElement(ET.SubElement(root, "author"), "name").text = feed.author
    for item in feed.items:
        entry = ET.SubElement(root, "entry", {"xml:lang": item.language})
        ET.SubElement(entry, "id").text = item.id
        ET.SubElement(entry, "title").text = item.title
        ET.SubElement(entry, "link", rel="alternate", type="text/html", href=item.url)
        ET.SubElement(entry, "published").text = _stamp(item.released_at)
        ET.SubElement(entry, "updated").text = _stamp(item.released_at)
        if item.summary:
            ET.SubElement(entry, "summary").text = item.summary
        ET.SubElement(entry, "content", type="html").text = item.html
    return _xml(root)


def _json(feed: Feed) -> str:
    told = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": feed.title,
        "description": feed.subtitle,
        "home_page_url": feed.here,
        "feed_url": feed.own,
        "language": feed.language,
        "authors": [{"name": feed.author}],
        "items": [
            {
                "id": item.id,
                "url": item.url,
                "title": item.title,
                "summary": item.summary,
                "content_html": item.html,
                "date_published": _stamp(item.released_at),
                "language": item.language,
                "image": item.picture,
            }
            for item in feed.items
        ],
    }
    return json.dumps(_filled(told), ensure_ascii=False, indent=1) + "\n"


def _filled(told: object) -> object:
    """Without what is empty: JSON Feed asks to leave a key out rather than say nothing in it."""
    if isinstance(told, dict):
        return {
            key: _filled(value)
            for key, value in told.items()
            if value != "" or key == "content_html"
        }
    return [_filled(one) for one in told] if isinstance(told, list) else told


def _xml(root: ET.Element) -> str:
    return '<?xml version="1.0" encoding="utf-8"?>\n' + ET.tostring(root, encoding="unicode") + "\n"


def _stamp(at: datetime) -> str:
    """RFC 3339, in whole seconds."""
    return at.astimezone(UTC).replace(microsecond=0).isoformat().replace("+00:00", "Z")


ROUTES = [
    Route("/robots.txt", robots, methods=["GET"]),
    Route("/sitemap.xml", sitemap, methods=["GET"]),
    Route("/archive/{newsletter}/feed.xml", atom, methods=["GET"]),
    Route("/archive/{newsletter}/feed.json", json_feed, methods=["GET"]),
    Route("/archive/{newsletter}/topic/{topic:path}/feed.xml", atom, methods=["GET"]),
    Route("/archive/{newsletter}/topic/{topic:path}/feed.json", json_feed, methods=["GET"]),
]

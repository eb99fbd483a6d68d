"""A sitemap, a news sitemap or an index of them (sitemaps.org) to addresses and dates. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime

from lxml import etree

from digest import characters, guard
from digest.collect import charset, markup
from digest.collect.decoding import Decoder
from digest.collect.harvested import Parsed, newest
from digest.errors import Permanent
from digest.model import Dated, DateSource, FetchedItem, Form, Source

GZIP = b"\x1f\x8b"
MAX_BYTES = 50_000_000  # what the protocol allows one sitemap, unpacked
MAX_CHILDREN = 5  # sitemaps of an index read at one visit, the freshest first

_URL_LINE = re.compile(r"^https?://\S+$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Index:
    """Sitemaps that an index names, the freshest first."""

    urls: tuple[str, ...]


def parse(body: bytes, *, url: str, charset_claimed: str | None, source: Source) -> Parsed | Index:
    """What a sitemap lists, newest first. Raises Permanent with a clause for what is none."""
    text = charset.decode(_unpacked(body), claimed=charset_claimed)
    if not text.lstrip().startswith("<"):
        return _plain(text, source)
    guard.check_xml(text, what="the sitemap")
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, recover=True, huge_tree=False
    )
    try:
        root = etree.fromstring(characters.spelt(text).encode("utf-8", errors="replace"), parser)
    except etree.XMLSyntaxError as error:
        raise Permanent(f"this is no sitemap that can be read ({error})") from error
    name = _local(root) if root is not None else ""
    if name == "sitemapindex":
        return _index(root, url)
    if name != "urlset":
        raise Permanent("this is XML, but no sitemap (neither urlset nor sitemapindex)")
    items = [item for one in root if _local(one) == "url" and (item := _item(one, url, source))]
    return Parsed(
        items=newest(items, source.max_items),
        undated=sum(item.dated is None for item in items),
    )


def _unpacked(body: bytes) -> bytes:
    if not body.startswith(GZIP):
        return body
    decoder = Decoder("gzip", limit=MAX_BYTES)
    data = b"".join(decoder.feed(body))
    decoder.finish()
    return data


def _plain(text: str, source: Source) -> Parsed:
    lines = [line.strip() for line in text.splitlines()]
    found = [line for line in lines if _URL_LINE.match(line)]
    if not found:
        raise Permanent("this is no sitemap: neither XML nor a list of addresses")
    items = [FetchedItem(source=source.id, url=line, form=Form.LINK) for line in found]
    return Parsed(items=newest(items, source.max_items), undated=len(items))


def _index(root: etree._Element, url: str) -> Index:
    children: list[tuple[datetime, str]] = []
    for one in root:
        if _local(one) != "sitemap":
            continue
        said = _values(one)
        if address := markup.web(said.get("loc"), url):
            dated = _moment(said.get("lastmod", ""))
            children.append((dated.at if dated else datetime.min.replace(tzinfo=UTC), address))
    # Sorting is stable: undated children stay in the index's own order, after the dated ones.
    children.sort(key=lambda child: child[0], reverse=True)
    return Index(urls=tuple(dict.fromkeys(address for _, address in children))[:MAX_CHILDREN])


def _item(element: etree._Element, url: str, source: Source) -> FetchedItem | None:
    said = _values(element)
    address = markup.web(said.get("loc"), url)
    if address is None:
        return None
    published = _moment(said.get("publication_date", ""))
    changed = _moment(said.get("lastmod", ""))
    if changed and not published:
        # When it was last changed: it was published then at the latest.
        changed = Dated(
            at=changed.at, source=DateSource.SITEMAP, exact=False, day_only=changed.day_only
        )
    return FetchedItem(
        source=source.id,
        url=address,
        form=Form.LINK,
        title=markup.title(said.get("title")),
        dated=published or changed,
        updated=changed.at if changed else None,
        language=said.get("language", "")[:2].lower() or None,
        source_name=markup.line(said.get("name")),
    )


def _values(element: etree._Element) -> dict[str, str]:
    """The texts below by local name; the first of each."""
    found: dict[str, str] = {}
    for one in element.iter():
        name, text = _local(one), (one.text or "").strip()
        if name and text:
            found.setdefault(name, text)
    return found


def _local(element: etree._Element) -> str:
    tag = element.tag
    return tag.rpartition("}")[2] if isinstance(tag, str) else ""


def _moment(text: str) -> Dated | None:
    """A W3C date and time."""
    try:
        at = datetime.fromisoformat(text.strip())
        at = at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return Dated(at=at, source=DateSource.SITEMAP, day_only=":" not in text)

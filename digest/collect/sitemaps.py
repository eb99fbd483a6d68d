"""A sitemap, a news sitemap or an index of them (sitemaps.org) to addresses and dates. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from io import BytesIO

from lxml import etree

from digest import characters, guard
from digest.collect import charset, markup
from digest.collect.harvested import Parsed, newest
from digest.errors import Permanent
from digest.model import Dated, DateSource, FetchedItem, Form, Source

MAX_BYTES = 50_000_000  # what the protocol allows one sitemap, unpacked
AT_ONCE = 50_000  # items in memory: as many as the protocol allows one sitemap
MAX_CHILDREN = 5  # sitemaps read at one visit of those that an index names, the freshest first
MAX_DEPTH = 3  # indexes inside one another; the protocol has one, sites have more
MAX_ASKED = 15  # addresses asked for at one visit, with the indexes and what fails

_LINE = re.compile(r"[^\r\n]+")
_URL_LINE = re.compile(r"^https?://\S+$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Index:
    """Sitemaps that an index names, the freshest first."""

    urls: tuple[str, ...]


def parse(body: bytes, *, url: str, charset_claimed: str | None, source: Source) -> Parsed | Index:
    """What a sitemap lists, newest first. Raises Permanent with a clause for what is none."""
    text = charset.decode(body, claimed=charset_claimed)
    if not text.lstrip().startswith("<"):
        return _plain(text, source)
    guard.check_xml(text, what="the sitemap", most=MAX_BYTES)
    try:
        root, entries = _opened(characters.spelt(text))
        if root == "sitemapindex":
            return _index(entries, url)
        if root == "urlset":
            return _newest((_item(said, url, source) for said in entries), source)
    except etree.XMLSyntaxError as error:
        raise Permanent(f"this is no sitemap that can be read ({error})") from error
    raise Permanent("this is XML, but no sitemap (neither urlset nor sitemapindex)")


def _opened(text: str) -> tuple[str, Iterator[dict[str, str]]]:
    """The root's local name, and what each entry below it says; read as they are asked for."""
    events = etree.iterparse(
        BytesIO(text.encode("utf-8", errors="replace")),
        events=("start", "end"),
        tag=[f"{{*}}{name}" for name in ("urlset", "sitemapindex", "url", "sitemap")],
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        recover=True,
        huge_tree=False,
    )
    root = next((element for _, element in events), None)
    if root is None or root.getparent() is not None:
        return "", iter(())
    return _local(root), _entries(root, events)


def _entries(
    root: etree._Element, events: Iterable[tuple[str, etree._Element]]
) -> Iterator[dict[str, str]]:
    entry = "sitemap" if _local(root) == "sitemapindex" else "url"
    for event, element in events:
        if event == "end" and element.getparent() is root and _local(element) == entry:
            yield _values(element)
            element.clear()
            while element.getprevious() is not None:  # what is read is let go
                del root[0]


def _newest(found: Iterable[FetchedItem | None], source: Source) -> Parsed:
    """As ``harvested.newest``, without ever holding many more items than are wanted."""
    most = source.max_items
    items: list[FetchedItem] = []
    undated = 0
    for item in found:
        if item:
            items.append(item)
            undated += item.dated is None
        if len(items) >= max(AT_ONCE, 2 * most):
            items = list(newest(items, most))
    return Parsed(items=newest(items, most), undated=undated)


def _plain(text: str, source: Source) -> Parsed:
    lines = (found[0].strip() for found in _LINE.finditer(text))
    found = (markup.web(line, "") for line in lines if _URL_LINE.match(line))
    parsed = _newest(
        (FetchedItem(source=source.id, url=one, form=Form.LINK) if one else None for one in found),
        source,
    )
    if not parsed.items:
        raise Permanent("this is no sitemap: neither XML nor a list of addresses")
    return parsed


def _index(entries: Iterable[dict[str, str]], url: str) -> Index:
    children: list[tuple[datetime, str]] = []
    for said in entries:
        if address := markup.web(said.get("loc"), url):
            dated = _moment(said.get("lastmod", ""))
            children.append((dated.at if dated else datetime.min.replace(tzinfo=UTC), address))
    # Sorting is stable: undated children stay in the index's own order, after the dated ones.
    children.sort(key=lambda child: child[0], reverse=True)
    return Index(urls=tuple(dict.fromkeys(address for _, address in children))[:MAX_CHILDREN])


def _item(said: dict[str, str], url: str, source: Source) -> FetchedItem | None:
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

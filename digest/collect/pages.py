"""A web page to the feeds it names and the articles it links to. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

from cssselect import SelectorError
from lxml.html import HtmlElement

from digest import guard
from digest.collect import charset, markup
from digest.errors import Misconfigured, Permanent

_FEED_TYPES = frozenset(
    "application/rss+xml application/atom+xml application/feed+json application/rdf+xml "
    "application/json text/xml application/xml".split()
)
_COMMENTS = re.compile(r"comments?(?:/|$|\?)|/comments/", re.IGNORECASE)
_FURNITURE = frozenset("nav footer aside form header".split())
_NOT_ARTICLES = re.compile(
    r"/(?:tags?|topics?|categor(?:y|ies)|authors?|people|users?|login|signin|sign-in|register|"
    r"account|subscribe|subscription|search|about|contact|privacy|terms|legal|imprint|impressum|"
    r"feed|rss|page|help|jobs|careers|cart|shop|newsletters?|cookies?)(?:/|$)",
    re.IGNORECASE,
)
_FILES = re.compile(
    r"\.(?:jpe?g|png|gif|webp|svg|pdf|zip|mp[34]|xml|json|css|js|ico)$", re.IGNORECASE
)
_SLUG = re.compile(r"(?:\w+-){2,}\w+|\d{4}/\d{1,2}|\d{5,}", re.UNICODE)
MIN_TITLE_WORDS = 3
MIN_TITLE = 15  # characters


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    url: str
    title: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """What one look at a page found."""

    title: str | None
    feeds: tuple[str, ...]  # in the page's order
    articles: tuple[Link, ...]


def look(body: bytes, *, url: str, charset_claimed: str | None, select: str | None = None) -> Page:
    """The feeds a page names and the articles it links to.

    ``select``: a CSS selector for the article links, or for elements that hold them; without it
    they are found by where they stand and how they read. Raises Permanent for what is no page,
    Misconfigured for a selector that is none.
    """
    text = charset.decode(body, claimed=charset_claimed)
    guard.check(text, what="the page")
    root = markup.tree(text)
    if root is None:
        raise Permanent("the page is empty")
    base = markup.web(_attribute(root, "//base/@href"), url) or url
    links = _selected(root, select) if select else _likely(root, base, url)
    return Page(
        title=_title(root),
        feeds=tuple(dict.fromkeys(_feeds(root, base))),
        articles=_once(links, base, url),
    )


def _feeds(root: HtmlElement, base: str) -> Iterator[str]:
    for link in root.iter("link"):
        rel = (link.get("rel") or "").lower().split()
        kind = (link.get("type") or "").lower().partition(";")[0].strip()
        href = link.get("href") or ""
        if "alternate" not in rel or kind not in _FEED_TYPES or _COMMENTS.search(href):
            continue
        if kind in ("application/json", "text/xml", "application/xml") and "feed" not in href:
            continue
        if found := markup.web(href, base):
            yield found


def _selected(root: HtmlElement, select: str) -> Iterator[HtmlElement]:
    try:
        chosen = root.cssselect(select)
    except (SelectorError, ValueError) as error:
        raise Misconfigured("select", f"is no CSS selector: {select!r} ({error})") from error
    for element in chosen:
        if element.tag == "a":
            yield element
        else:
            yield from element.iter("a")


def _likely(root: HtmlElement, base: str, url: str) -> Iterator[HtmlElement]:
    site = (urlsplit(url).hostname or "").removeprefix("www.")
    for anchor in root.iter("a"):
        address = markup.web(anchor.get("href"), base)
        if address is None:
            continue
        parts = urlsplit(address)
        host = (parts.hostname or "").removeprefix("www.")
        if host != site and not host.endswith(f".{site}"):
            continue
        if _NOT_ARTICLES.search(parts.path) or _FILES.search(parts.path):
            continue
        if _reads_like_one(anchor, parts.path):
            yield anchor


def _reads_like_one(anchor: HtmlElement, path: str) -> bool:
    title = _words(anchor)
    above = [str(element.tag) for element in anchor.iterancestors()]
    inside = {str(element.tag) for element in anchor.iterdescendants()}
    headed = any(tag in ("h1", "h2", "h3", "h4") for tag in (*above[:4], *inside))
    if headed:
        return len(title) >= MIN_TITLE
    if any(tag in _FURNITURE for tag in above) and "article" not in above:
        return False
    wordy = len(title.split()) >= MIN_TITLE_WORDS or not title.isascii()
    return len(title) >= MIN_TITLE and wordy and bool(_SLUG.search(path))


def _once(anchors: Iterator[HtmlElement], base: str, url: str) -> tuple[Link, ...]:
    """One link per address, with the fullest words any of its anchors had."""
    found: dict[str, str] = {}
    here = url.partition("#")[0].rstrip("/")
    for anchor in anchors:
        address = markup.web(anchor.get("href"), base)
        if address is None:
            continue
        address = address.partition("#")[0]
        if address.rstrip("/") == here:
            continue
        title = _words(anchor)
        if len(title) > len(found.get(address, "")) or address not in found:
            found[address] = title
    return tuple(Link(url=address, title=title) for address, title in found.items())


def _words(anchor: HtmlElement) -> str:
    heads = list(anchor.iter("h1", "h2", "h3", "h4"))
    element = heads[0] if heads else anchor
    return " ".join(str(element.text_content()).split())


def _title(root: HtmlElement) -> str | None:
    named = _attribute(root, "//meta[@property='og:site_name']/@content")
    found = root.xpath("//title//text()")
    said = named or (" ".join(map(str, found)) if isinstance(found, list) else "")
    return " ".join(said.split())[:200] or None


def _attribute(root: HtmlElement, path: str) -> str:
    found = root.xpath(path)
    return str(found[0]) if isinstance(found, list) and found else ""

"""A FetchedItem to the Article it tells, or the reason it tells none. Pure.

Runs in a worker that can be killed: pages come from strangers.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from html import unescape
from typing import assert_never

import htmldate
import trafilatura
from lxml.html import HtmlElement

from digest import characters, days, guard, htmltree
from digest.curate import (
    boxes,
    cleaning,
    consent,
    dates,
    flow,
    fragments,
    furniture,
    languages,
    metadata,
    paragraphs,
    plaintext,
    titles,
    urls,
    walls,
    words,
)
from digest.curate.metadata import Metadata
from digest.errors import Permanent
from digest.model import Article, Dated, DateSource, FetchedItem, Form

MIN_WORDS = 25  # of a page; fewer and the feed's own words are the better text
SHORT = 100  # words; so few are believed of a page only where they are about what the feed says
ABOUT, ENOUGH = 0.15, 4  # of the feed's terms, if it has enough: an error or a wall shares fewer
MUCH_LESS = 0.6  # of the words that the page's own JSON-LD holds: then that is the better text
MAX_TEXT = 200_000  # characters kept of one article

_TAG = re.compile(r"</?[a-zA-Z][^<>]*>")

logging.getLogger("trafilatura").setLevel(logging.CRITICAL)
logging.getLogger("htmldate").setLevel(logging.CRITICAL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Unreadable:
    """There is no article here; ``reason`` is one sentence."""

    url: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Draft:
    """What one way of reading found."""

    text: str
    title: str = ""
    author: str | None = None
    image: str | None = None
    canonical: str | None = None
    language: str | None = None
    dated: tuple[Dated, ...] = ()
    tags: tuple[str, ...] = ()
    is_told: bool = False  # in the feed's words
    is_wall: bool = False  # an error, or a check for robots: nothing of it is kept


def read(
    item: FetchedItem,
    *,
    source_name: str,
    seen: datetime,
    language: str | None = None,
    listed: str | None = None,
) -> Article | Unreadable:
    """The article that ``item`` tells. ``seen``: now. ``language``: what the source is set to.

    ``listed``: the address a source gave, where it led to another; the feed's own words are kept
    there when the page (a login, a front) tells less. Raises Permanent for a page too deep or too
    long to be parsed.
    """
    draft = _draft(item)
    url = _address(item.url, draft, listed)
    text = _cut(draft.text)
    title = cleaning.one_line(draft.title) or _title_of(text)
    if draft.is_wall and not text:
        return Unreadable(url=url, reason="an error, a check or a consent wall came in its place")
    if not text:
        none = "no article text was found on the page"
        return Unreadable(url=url, reason=none if title else "neither a title nor text was found")
    told = f"{title}\n{text}"  # a text of a few words is in the language of its title
    return Article(
        url=url,
        title=title,
        text=text,
        dated=dates.choose([item.dated, *draft.dated, dates.in_address(item.url)], seen=seen),
        first_seen=seen,
        source=item.source,
        source_name=cleaning.one_line(source_name) or urls.host(url),
        author=cleaning.one_line(item.author or draft.author or "") or None,
        image=item.image or draft.image,
        language=language or languages.language_of(told, draft.language, item.language),
        tags=tuple(tag for tag in map(cleaning.one_line, item.tags or draft.tags) if tag),
        fingerprint=cleaning.fingerprint(text),
    )


def _address(url: str, draft: _Draft, listed: str | None) -> str:
    found = urls.believed(draft.canonical or url, url)
    as_listed = (listed and draft.is_told) or urls.is_too_long(found)
    return urls.canonical(listed or url) if as_listed else found


def body(html: str, url: str | None = None) -> str:
    """The article of an HTML page as clean text; empty where there is none."""
    root = _parsed(html)
    if root is None:
        return ""
    said = metadata.read(root, url or "")
    own = (said.title, said.heading, said.page_title)
    title = titles.best(own, heading=said.heading, sites=(said.site,))
    return _without_heading(_body(root, said, url), title, said.heading)


def _draft(item: FetchedItem) -> _Draft:
    match item.form:
        case Form.PAGE:
            return _page(item)
        case Form.TEXT:
            page = plaintext.read(item.content)
            return _Draft(
                text=page.body,
                title=item.title or page.title,
                author=page.author,
                dated=page.dated,
            )
        case Form.MARKDOWN:
            return _markdown(item)
        case Form.FRAGMENT | Form.TEASER:
            guard.check(item.content, what="the item")
            return _Draft(text=fragments.text(item.content), title=item.title or "")
        case Form.LINK:
            return _Draft(text="", title=item.title or "")
        case _ as never:
            assert_never(never)


def _markdown(item: FetchedItem) -> _Draft:
    html = fragments.markdown(item.content)
    guard.check(html, what="the file")
    text = fragments.text(html)
    first, _, rest = text.partition("\n\n")
    if item.title:
        title = item.title
        text = rest if first == cleaning.one_line(title) and rest else text
    elif html.lstrip().startswith("<h"):
        title, text = first, rest
    else:
        title = ""
    return _Draft(text=text, title=title)


def _page(item: FetchedItem) -> _Draft:
    root = _parsed(item.content)
    if root is None:
        return _teaser(item, _Draft(text=""))
    said = metadata.read(root, item.url)
    text = _body(root, said, item.url)
    named = (said.page_title, said.title, said.heading)
    if consent.is_asked(text) or (characters.words(text) < SHORT and walls.is_wall(named)):
        return _teaser(item, _Draft(text="", title=item.title or "", is_wall=True))
    title = _title(item, said)
    draft = _Draft(
        text=_without_heading(text, title, said.heading),
        title=title,
        author=said.author,
        image=said.image,
        canonical=said.canonical,
        language=said.language,
        dated=(*said.dated, *_guessed(item, said)),
        tags=said.tags,
    )
    return _teaser(item, draft)


def _teaser(item: FetchedItem, draft: _Draft) -> _Draft:
    """``draft`` with the feed's own words where the page gave fewer, or speaks of something else.

    Such a page is a wall, a script, an error.
    """
    if not item.teaser or guard.is_too_deep(item.teaser):
        return draft
    told = fragments.text(item.teaser)
    count = characters.words(draft.text)
    if count >= max(MIN_WORDS, characters.words(told)) and (
        count >= SHORT or _is_about(item, told, draft)
    ):
        return draft
    return replace(draft, text=told, title=item.title or draft.title, is_told=True)


def _is_about(item: FetchedItem, told: str, draft: _Draft) -> bool:
    language = draft.language or item.language or "en"
    announced = set(words.tokens(f"{item.title or ''} {told}", language))
    shared = announced & set(words.tokens(draft.text, language))
    return len(announced) < ENOUGH or len(shared) >= ABOUT * len(announced)


def _parsed(html: str) -> HtmlElement | None:
    guard.check(html, what="the page")
    return flow.smoothed(boxes.without(htmltree.tree(html)))


def _body(root: HtmlElement, said: Metadata, url: str | None) -> str:
    """What was extracted; the page's own JSON-LD where that holds much more.

    A page that a script fills in, or that parts its text in many boxes, may carry it whole there.
    """
    found, told = _extracted(root, url), paragraphs.restored(_told(said.body or ""), root)
    # The extractor's last resort is JSON-LD too, but it runs the paragraphs together.
    share = MUCH_LESS if "\n\n" in found else 1.1
    return told if characters.words(found) < share * characters.words(told) else found


def _told(body: str) -> str:
    """The articleBody of JSON-LD: HTML, or text of which every line is a paragraph."""
    body = htmltree.unescaped(body)
    if _TAG.search(body):
        return "" if guard.is_too_deep(body) else fragments.text(body)
    blocks = cleaning.clean("\n\n".join(unescape(body).splitlines())).split("\n\n")
    return "\n\n".join(_without_furniture(blocks))


def _extracted(root: HtmlElement, url: str | None) -> str:
    try:
        document = trafilatura.bare_extraction(
            root, url=url, include_comments=False, include_tables=True, with_metadata=False
        )
    except (ValueError, TypeError, AttributeError, RecursionError) as error:
        raise Permanent(f"the page cannot be read ({type(error).__name__})") from error
    raw = getattr(document, "text", None) or ""
    blocks = paragraphs.restored(cleaning.clean(raw.replace("\n", "\n\n")), root).split("\n\n")
    return "\n\n".join(_without_furniture(map(cleaning.unboxed, blocks)))


def _without_furniture(blocks: Iterable[str]) -> list[str]:
    return [block for block in blocks if block and not furniture.is_certain(block)]


def _title(item: FetchedItem, said: Metadata) -> str:
    sites = (said.site, urls.host(item.url), urls.host(item.url).split(".")[0], item.source_name)
    own = (said.title, said.heading, said.page_title)
    # A feed names its own articles; the words of a link are often shortened or dressed up.
    offered = (item.title, *own) if item.guid or item.teaser else (*own, item.title)
    return titles.best(offered, heading=said.heading, sites=sites)


def _without_heading(text: str, title: str, heading: str | None) -> str:
    first, _, rest = text.partition("\n\n")
    return rest if rest and first in (title, heading) else text


def _guessed(item: FetchedItem, said: Metadata) -> list[Dated]:
    """The day htmldate finds in the markup, where nothing better was said."""
    if said.dated or (item.dated and item.dated.exact):
        return []
    try:
        found = htmldate.find_date(
            item.content, original_date=True, extensive_search=False, url=item.url
        )
    except (ValueError, TypeError, AttributeError, RecursionError, LookupError):
        return []
    dated = dates.moment(found, DateSource.BYLINE) if found else None
    address = dates.in_address(item.url)
    # It looks at the address, too; what stands there is no byline.
    if dated is None or (address and dated.at == address.at):
        return []
    settled = dates.settled(dated, item.content, days.order([], said.language or ""))
    return [settled] if settled else []


def _title_of(text: str) -> str:
    """The first sentence, for a text without a title."""
    first = text.partition("\n\n")[0]
    return first if len(first) <= 120 else f"{first[:119].rsplit(' ', 1)[0]}…"


def _cut(text: str) -> str:
    cut = text[:MAX_TEXT]
    return text if cut == text else cut.rpartition("\n\n")[0] or cut

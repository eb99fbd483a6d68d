"""What a page says of itself: dates, title, author, picture, canonical address. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from urllib.parse import unquote, urljoin

from lxml.html import HtmlElement

from digest import characters, days
from digest.curate import bylines, dates, urls
from digest.curate.cleaning import one_line
from digest.model import Dated, DateSource

MAX_JSON = 500_000  # characters of one JSON-LD block
_PUBLISHED = (
    "article:published_time", "og:article:published_time", "datepublished", "date", "dc.date",
    "dc.date.issued", "dcterms.created", "dcterms.date", "pubdate", "publishdate", "publish-date",
    "sailthru.date", "parsely-pub-date", "cxenseparse:recs:publishtime", "article.published",
    "citation_publication_date", "publication_date",
)  # fmt: skip
_ARTICLES = frozenset(
    "article newsarticle blogposting reportagenewsarticle analysisnewsarticle opinionnewsarticle "
    "backgroundnewsarticle reviewnewsarticle liveblogposting techarticle scholarlyarticle report "
    "socialmediaposting webpage".split()
)
# The name of a file that is no picture of the news: "site_logo_1200x800.png", "default-image.jpg".
_LOGO = re.compile(
    r"(?:^|[^a-z]|(?<=[a-z])(?=L))(?:logos?|LOGOS?|Logos?|logotype)(?![a-z])|placeholder|favicon"
    r"|no[-_]?(?:image|photo|picture)(?![a-z])|(?:default|fallback)[-_](?:image|share|social|og|thumb)"
    r"|^(?:default|fallback|blank)\.|(?:opengraph|og|share|social|site)[-_](?:default|fallback)"
)
_BY = re.compile(r"^(?:by\s+|[\s,;|–—-]+)+", re.IGNORECASE)  # "By Ruth Okafor", ", Observer"
# What systems write where nobody is named.
_NOBODY = frozenset("undefined null none n/a unknown admin administrator anonymous".split())


@dataclass(frozen=True, slots=True, kw_only=True)
class Metadata:
    """All strings but ``body`` are one line; addresses absolute. What was not said is None."""

    title: str | None = None  # og:title and its like
    page_title: str | None = None  # the title element
    heading: str | None = None  # the only h1, or the first
    site: str | None = None
    author: str | None = None
    image: str | None = None
    canonical: str | None = None
    language: str | None = None  # as the page names it, such as "en-GB"
    body: str | None = None  # articleBody of JSON-LD, untouched
    tags: tuple[str, ...] = ()
    dated: tuple[Dated, ...] = field(default=())


def read(root: HtmlElement, url: str) -> Metadata:
    """``url``: where the page came from."""
    meta = _meta(root)
    said = next(iter(_linked_data(root)), {})
    canonical = next(
        (
            one.get("href")
            for one in root.iter("link")
            if "canonical" in (one.get("rel") or "").lower().split()
        ),
        None,
    ) or meta.get("og:url")
    site = _line(meta.get("og:site_name") or _name(said.get("publisher")))
    return Metadata(
        title=_line(meta.get("og:title") or meta.get("twitter:title") or said.get("headline")),
        page_title=_line(_text(root.find(".//title"))),
        heading=_heading(root, url),
        site=site,
        author=_person(_author(meta, said), root, (site, urls.host(url))),
        image=_picture((meta.get("og:image"), meta.get("twitter:image"), _image(said)), url),
        canonical=_web(canonical, url),
        language=_line(_language(root, meta)),
        body=_body_of(said),
        tags=tuple(t for t in (meta.get("article:section"),) if t),
        dated=tuple(_dates(root, meta, said)),
    )


def _meta(root: HtmlElement) -> dict[str, str]:
    """Names and properties in lower case to the first content each has."""
    found: dict[str, str] = {}
    for element in root.iter("meta"):
        name = element.get("property") or element.get("name") or element.get("itemprop") or ""
        content = (element.get("content") or "").strip()
        if name and content:
            found.setdefault(name.strip().lower(), content[:2_000])
    return found


def _linked_data(root: HtmlElement) -> Iterator[dict[str, object]]:
    """The JSON-LD objects that describe an article, the likeliest first."""
    found: list[dict[str, object]] = []
    for element in root.iter("script"):
        if "ld+json" not in (element.get("type") or "").lower():
            continue
        content = (element.text or "").strip()
        if len(content) > MAX_JSON:
            continue
        try:
            found += _objects(json.loads(content, strict=False))
        except (ValueError, RecursionError):
            continue
    named = [one for one in found if _kinds(one) & _ARTICLES]
    named.sort(key=lambda one: ("datePublished" not in one, "webpage" in _kinds(one)))
    yield from named


def _objects(value: object, depth: int = 0) -> list[dict[str, object]]:
    if depth > 4:
        return []
    if isinstance(value, list):
        return [one for part in value[:50] for one in _objects(part, depth + 1)]
    if not isinstance(value, dict):
        return []
    below = [
        one for name in ("@graph", "mainEntity") for one in _objects(value.get(name), depth + 1)
    ]
    return [value, *below]


def _kinds(said: dict[str, object]) -> set[str]:
    kind = said.get("@type")
    return {str(one).lower() for one in (kind if isinstance(kind, list) else [kind])}


def _dates(root: HtmlElement, meta: dict[str, str], said: dict[str, object]) -> Iterator[Dated]:
    linked = [str(said.get(name) or "") for name in ("datePublished", "dateCreated")]
    named = [meta[name] for name in _PUBLISHED if name in meta]
    order = days.order([*linked, *named], _language(root, meta))
    for values, source in ((linked, DateSource.JSON_LD), (named, DateSource.META)):
        found = (dates.moment(value, source, order) for value in values)
        if first := next(filter(None, found), None):
            yield first
    stamps = [one for one in root.iter("time") if one.get("datetime")]
    marked = [
        one for one in stamps if "publish" in f"{one.get('class')} {one.get('itemprop')}".lower()
    ]
    for element in (marked or stamps)[:1]:
        # Several unmarked stamps are a list of other articles as likely as not.
        if (marked or len(stamps) <= 3) and (
            at := dates.moment(element.get("datetime") or "", DateSource.BYLINE, order)
        ):
            yield at


def _person(named: str | None, root: HtmlElement, sites: Iterable[str | None]) -> str | None:
    """Who is named; where that is nobody or the site itself, whom the byline of the page names."""
    if named and named.casefold() not in {site.casefold() for site in sites if site}:
        return named
    is_address = bool(named) and "." in (named or "") and " " not in (named or "")
    return bylines.author(root) or (None if is_address else named)


def _author(meta: dict[str, str], said: dict[str, object]) -> str | None:
    named = _name(said.get("author")) or meta.get("author") or meta.get("article:author")
    line = _line(named)
    if line is None or line.startswith("http") or "@" in line:
        return None
    line = _BY.sub("", line)
    is_name = line.casefold() not in _NOBODY and any(map(str.isalpha, line))
    return line[:120] if is_name else None


def _name(value: object) -> str | None:
    if isinstance(value, list):
        names = [name for one in value[:6] if (name := _name(one))]
        return ", ".join(dict.fromkeys(names)) or None
    if isinstance(value, dict):
        return _name(value.get("name"))
    return value if isinstance(value, str) else None


def _body_of(said: dict[str, object]) -> str | None:
    body = said.get("articleBody")
    return body.strip() or None if isinstance(body, str) else None


def _image(said: dict[str, object]) -> str | None:
    image = said.get("image")
    first = image[0] if isinstance(image, list) and image else image
    found = first.get("url") if isinstance(first, dict) else first
    return found if isinstance(found, str) else None


def _picture(named: Iterable[str | None], url: str) -> str | None:
    """The first that is a picture of something, and not the site's own for every page."""
    found = (_web(one, url) for one in named)
    return next((one for one in found if one and not _is_logo(one)), None)


def _is_logo(address: str) -> bool:
    return bool(_LOGO.search(unquote(address).partition("?")[0].rpartition("/")[2]))


def _heading(root: HtmlElement, url: str) -> str | None:
    """The first h1 that is not the name of the site, which leads to its front."""
    for element in root.iter("h1"):
        line = _line(_text(element))
        if line and not any(_leads_above(one, url) for one in element.iter("a")):
            return line
    return None


def _leads_above(link: HtmlElement, url: str) -> bool:
    """Whether ``link`` leads to the front of the site of ``url``, or to a part above the page."""
    to = _web(link.get("href"), url)
    above = to.partition("?")[0].partition("#")[0].rstrip("/") + "/" if to else ""
    return bool(above) and url.rstrip("/") + "/" != above and url.startswith(above)


def _text(element: HtmlElement | None) -> str | None:
    return str(element.text_content()) if element is not None else None


def _language(root: HtmlElement, meta: dict[str, str]) -> str:
    """The language as the page names it, such as "en-GB"."""
    named = root.get("lang") or root.get("{http://www.w3.org/XML/1998/namespace}lang")
    return named or meta.get("og:locale") or meta.get("content-language") or ""


def _web(address: str | None, base: str) -> str | None:
    if not address:
        return None
    try:
        joined = characters.address(urljoin(base, characters.whole(address.strip())))
    except ValueError:
        return None
    return joined if urls.is_web(joined) else None


def _line(value: object) -> str | None:
    return one_line(value) or None if isinstance(value, str) else None

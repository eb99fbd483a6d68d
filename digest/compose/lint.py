"""An Edition to what is wrong with it: what stops a release, and what only warns. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from email.utils import parseaddr
from html import unescape
from typing import Literal

from digest.compose.issue import PREHEADER_MAX, PREHEADER_MIN, SUBJECT_MAX, SUBJECT_MIN
from digest.model import Edition, Issue, Newsletter
from digest.slots import SLOT_CLOSE, SLOT_OPEN, SLOTS, slot

MAX_HTML_BYTES = 98_000  # Gmail clips at about 102,000, measured after its own rewriting

_SLOT = re.compile(f"{SLOT_OPEN}([^{SLOT_CLOSE}]*){SLOT_CLOSE}?")
_LINK = re.compile(r"<a\b[^>]*?\bhref=\"([^\"]*)\"", re.IGNORECASE)
_IMAGE = re.compile(r"<img\b[^>]*>", re.IGNORECASE)
_LEFT_OVER = re.compile(r"\{\{|\{%|%\}|</?mj-")
_REMOTE = re.compile(
    r"(?:\b(?:src|srcset|background|poster|data)\s*=\s*[\"']?|url\(\s*['\"]?|@import\s+['\"]?"
    r"|<link\b[^>]*\bhref\s*=\s*[\"']?)((?:https?:)?//[^\"')\s>]+)",
    re.IGNORECASE,
)
_MARKUP = re.compile(r"<style\b.*?</style>|<[a-z][^>]*>", re.IGNORECASE | re.DOTALL)
_KINDS = ("https://", "http://", "#", "mailto:", "tel:", SLOT_OPEN)
_SHORTENERS = frozenset("bit.ly t.co goo.gl tinyurl.com ow.ly buff.ly is.gd lnkd.in".split())


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """``stops``: the issue is not released. ``place``: header, html or text."""

    code: str
    level: Literal["stops", "warns"]
    message: str
    place: str


def lint(
    edition: Edition,
    issue: Issue,
    newsletter: Newsletter,
    *,
    base_url: str,
    max_html_bytes: int = MAX_HTML_BYTES,
) -> tuple[Finding, ...]:
    """Every finding, the ones that stop first."""
    found = [
        *_ways_out(edition),
        *_slots(edition, issue),
        *_parts(edition, max_html_bytes),
        *_sender(newsletter),
        *_headline(edition),
        *_links(edition),
        *_pictures(edition, base_url),
        *_in_step(edition, issue),
    ]
    return tuple(sorted(found, key=lambda one: one.level))


def _stop(code: str, message: str, place: str) -> Finding:
    return Finding(code=code, level="stops", message=message, place=place)


def _warn(code: str, message: str, place: str) -> Finding:
    return Finding(code=code, level="warns", message=message, place=place)


def _ways_out(edition: Edition) -> Iterator[Finding]:
    mark = slot("unsubscribe_url")
    linked = any(mark in href for href in _LINK.findall(edition.html))
    if not linked:
        yield _stop("no-unsubscribe", "no link leads to reader.unsubscribe_url", "html")
    if mark not in edition.text:
        yield _stop("no-unsubscribe", "reader.unsubscribe_url is not in it", "text")


def _slots(edition: Edition, issue: Issue) -> Iterator[Finding]:
    told = " ".join(f"{story.lead.title} {story.summary}" for story in issue.stories)
    nothing: frozenset[str] = frozenset()
    for place, content, filled in (
        ("header", edition.subject, nothing),  # one subject for everybody
        ("html", edition.html, SLOTS),
        ("text", edition.text, SLOTS),
    ):
        unknown = {name for name in _SLOT.findall(content) if name not in filled}
        broken = content.count(SLOT_OPEN) != content.count(SLOT_CLOSE)
        if unknown or broken:
            names = ", ".join(sorted(unknown)) or "a mark without its end"
            yield _stop("unresolved-slot", f"nothing fills {names}", place)
        left = next((mark for mark in _LEFT_OVER.findall(content) if mark not in told), None)
        if left:  # a story may well be about templates
            yield _warn("left-over", f"{left!r} was not rendered", place)


def _parts(edition: Edition, most: int) -> Iterator[Finding]:
    size = len(edition.html.encode())
    if size > most:
        yield _stop("too-large", f"{size:,} bytes; Gmail clips what is over {most:,}", "html")
    if not edition.text.strip():
        yield _stop("no-text", "there is no text part", "text")


def _sender(newsletter: Newsletter) -> Iterator[Finding]:
    if "@" not in parseaddr(newsletter.sender)[1]:
        yield _stop("no-from", f"the sender {newsletter.sender!r} has no address", "header")


def _headline(edition: Edition) -> Iterator[Finding]:
    subject, preheader = edition.subject, edition.preheader
    if not SUBJECT_MIN <= len(subject) <= SUBJECT_MAX:
        wanted = f"{SUBJECT_MIN} to {SUBJECT_MAX} read best"
        yield _warn(
            "subject-length", f"the subject has {len(subject)} characters; {wanted}", "header"
        )
    if not PREHEADER_MIN <= len(preheader) <= PREHEADER_MAX:
        wanted = f"{PREHEADER_MIN} to {PREHEADER_MAX} read best"
        said = f"the preheader has {len(preheader)} characters; {wanted}"
        yield _warn("preheader-length", said, "header")
    letters = [c for c in subject if c.isalpha() and c.lower() != c.upper()]
    if len(letters) > 8 and all(c.isupper() for c in letters):
        yield _warn("shouting", "the subject is all capitals", "header")
    if "!!" in subject:
        yield _warn("shouting", "the subject has more than one exclamation mark", "header")


def _links(edition: Edition) -> Iterator[Finding]:
    hrefs = {unescape(href) for href in _LINK.findall(edition.html)}
    plain = sorted(href for href in hrefs if href.startswith("http://"))
    if plain:
        yield _warn("not-https", f"{len(plain)} links are not https, such as {plain[0]}", "html")
    strange = sorted(h for h in hrefs if not h.startswith(_KINDS))
    if strange:
        yield _stop("bad-link", f"a link leads to {strange[0]!r}", "html")
    short = sorted(h for h in hrefs if h.partition("://")[2].partition("/")[0] in _SHORTENERS)
    if short:
        yield _warn("shortener", f"{short[0]} hides where it leads; filters distrust it", "html")


def _pictures(edition: Edition, base_url: str) -> Iterator[Finding]:
    bare = [image for image in _IMAGE.findall(edition.html) if " alt=" not in image]
    if bare:
        yield _warn("no-alt", f"{len(bare)} images have no alt text", "html")
    asked = (url for part in _MARKUP.findall(edition.html) for url in _REMOTE.findall(part))
    foreign = sorted(url for url in asked if not url.startswith(f"{base_url}/"))
    if foreign:
        yield _warn("third-party", f"opening the mail asks another host: {foreign[0]}", "html")


def _in_step(edition: Edition, issue: Issue) -> Iterator[Finding]:
    """HTML and text tell the same stories. Those cut for the byte budget are in neither."""
    html = " ".join(unescape(edition.html).split())
    text = " ".join(edition.text.split())
    for story in issue.stories:
        title = " ".join(story.lead.title.split())
        if (title in html) != (title in text):
            place = "text" if title in html else "html"
            yield _warn("out-of-step", f"“{title}” is missing here", place)

"""An Edition to what is wrong with it: what stops a release, and what only warns. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from html import unescape

from lxml.html import HtmlElement

from digest import htmltree
from digest.compose import legible, links, support
from digest.compose.findings import Finding, stop, warn
from digest.compose.issue import PREHEADER_MAX, PREHEADER_MIN, SUBJECT_MAX, SUBJECT_MIN
from digest.domains import in_dns
from digest.model import Edition, Issue, Newsletter
from digest.slots import SLOT_CLOSE, SLOT_OPEN, SLOTS, slot

__all__ = ["MAX_HTML_BYTES", "Finding", "lint"]

MAX_HTML_BYTES = 98_000  # Gmail clips at about 102,000, measured after its own rewriting
NOTHING_DEAD: Mapping[str, str] = {}

_SLOT = re.compile(f"{SLOT_OPEN}([^{SLOT_CLOSE}]*){SLOT_CLOSE}?")
_LEFT_OVER = re.compile(r"\{\{|\{%|%\}|</?mj-")
_REMOTE = re.compile(
    r"(?:\b(?:src|srcset|background|poster|data)\s*=\s*[\"']?|url\(\s*['\"]?|@import\s+['\"]?"
    r"|<link\b[^>]*\bhref\s*=\s*[\"']?)((?:https?:)?//[^\"')\s>]+)",
    re.IGNORECASE,
)
_ENDS = re.compile(r"</(?:body|html)\s*>", re.IGNORECASE)  # what follows is shown all the same
_MARKUP = re.compile(r"<style\b.*?</style>|<[a-z][^>]*>", re.IGNORECASE | re.DOTALL)


def lint(
    edition: Edition,
    issue: Issue,
    newsletter: Newsletter,
    *,
    base_url: str,
    max_html_bytes: int = MAX_HTML_BYTES,
    dkim_domain: str = "",
    dead: Mapping[str, str] = NOTHING_DEAD,
) -> tuple[Finding, ...]:
    """Every finding, the ones that stop first.

    ``dkim_domain``: who signs, where we do it ourselves. ``dead``: links that were asked for and
    did not answer, with the reason.
    """
    root = htmltree.tree(_ENDS.sub("", edition.html))
    found = [
        *_ways_out(edition, root),
        *_slots(edition, issue),
        *_parts(edition, max_html_bytes),
        *_sender(newsletter, dkim_domain),
        *_headline(edition),
        *_third_parties(edition, base_url),
        *_in_step(edition, issue),
    ]
    if root is not None:
        sheets = "".join(element.text or "" for element in root.iter("style"))
        found += [
            *links.check(root, dead),
            *_pictures(root),
            *_faint(root, sheets),
            *_unsupported(root, sheets),
        ]
    return tuple(sorted(found, key=lambda one: one.level))


def _ways_out(edition: Edition, root: HtmlElement | None) -> Iterator[Finding]:
    mark = slot("unsubscribe_url")
    linked = root is not None and any(mark in link.href for link in links.links(root))
    if not linked:
        yield stop("no-unsubscribe", "no link leads to reader.unsubscribe_url", "html")
    if mark not in edition.text:
        yield stop("no-unsubscribe", "reader.unsubscribe_url is not in it", "text")


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
            yield stop("unresolved-slot", f"nothing fills {names}", place)
        left = next((mark for mark in _LEFT_OVER.findall(content) if mark not in told), None)
        if left:  # a story may well be about templates
            yield warn("left-over", f"{left!r} was not rendered", place)


def _parts(edition: Edition, most: int) -> Iterator[Finding]:
    size = len(edition.html.encode())
    if size > most:
        yield stop("too-large", f"{size:,} bytes; Gmail clips what is over {most:,}", "html")
    if not edition.text.strip():
        yield stop("no-text", "there is no text part", "text")


def _sender(newsletter: Newsletter, dkim_domain: str) -> Iterator[Finding]:
    # The address stands last. parseaddr finds none where a name holds a comma or a bracket.
    _, at, domain = newsletter.sender.lower().rstrip("> ").rpartition("@")
    if not at:
        yield stop("no-from", f"the sender {newsletter.sender!r} has no address", "header")
    elif dkim_domain and not _aligned(in_dns(domain), in_dns(dkim_domain)):
        said = f"From is at {domain} and {dkim_domain} signs; DMARC counts that as unsigned"
        yield warn("not-aligned", said, "header")


def _aligned(sender: str, signer: str) -> bool:
    """Relaxed as in RFC 7489, 3.1.1: one is the other, or lies below it."""
    return sender == signer or sender.endswith(f".{signer}") or signer.endswith(f".{sender}")


def _headline(edition: Edition) -> Iterator[Finding]:
    subject, preheader = edition.subject, edition.preheader
    if not SUBJECT_MIN <= len(subject) <= SUBJECT_MAX:
        wanted = f"{SUBJECT_MIN} to {SUBJECT_MAX} read best"
        yield warn(
            "subject-length", f"the subject has {len(subject)} characters; {wanted}", "header"
        )
    if not PREHEADER_MIN <= len(preheader) <= PREHEADER_MAX:
        wanted = f"{PREHEADER_MIN} to {PREHEADER_MAX} read best"
        said = f"the preheader has {len(preheader)} characters; {wanted}"
        yield warn("preheader-length", said, "header")
    letters = [c for c in subject if c.isalpha() and c.lower() != c.upper()]
    if len(letters) > 8 and all(c.isupper() for c in letters):
        yield warn("shouting", "the subject is all capitals", "header")
    if "!!" in subject:
        yield warn("shouting", "the subject has more than one exclamation mark", "header")


def _third_parties(edition: Edition, base_url: str) -> Iterator[Finding]:
    asked = (url for part in _MARKUP.findall(edition.html) for url in _REMOTE.findall(part))
    foreign = sorted(url for url in asked if not url.startswith(f"{base_url}/"))
    if foreign:
        yield warn("third-party", f"opening the mail asks another host: {foreign[0]}", "html")


def _pictures(root: HtmlElement) -> Iterator[Finding]:
    images = list(root.iter("img"))
    mute = [image for image in images if image.get("alt") is None]
    if mute:
        yield warn("no-alt", f"{_images(mute)} no alt text", "html")
    loose = [image for image in images if not (image.get("width") or "").isdigit()]
    if loose:
        said = f"{_images(loose)} no attribute width, and full size in Outlook"
        yield warn("no-width", said, "html")


def _images(some: list[HtmlElement]) -> str:
    return f"{len(some)} images have" if some[1:] else "an image has"


def _faint(root: HtmlElement, sheets: str) -> Iterator[Finding]:
    faint = legible.faint(root, sheets)
    for scheme in legible.SCHEMES:
        own = [one for one in faint if one.scheme == scheme]
        if own:
            worst = own[0]
            text = _SLOT.sub("…", worst.text)[:40]
            more = f"; {len(own) - 1} more pairs" if len(own) > 1 else ""
            said = (
                f"{scheme}: {worst.colour} on {worst.ground} has a contrast of "
                f"{worst.contrast:.1f}, WCAG asks for 4.5 (“{text}”){more}"
            )
            yield warn("faint", said, "html")


def _unsupported(root: HtmlElement, sheets: str) -> Iterator[Finding]:
    for feature in support.unsupported(root, sheets):
        who = " and ".join(filter(None, [", ".join(feature.lacking[:-1]), feature.lacking[-1]]))
        said = f"{feature.name}: {who} lack it; take {feature.instead} ({feature.source})"
        yield warn("unsupported", said, "html")


def _in_step(edition: Edition, issue: Issue) -> Iterator[Finding]:
    """HTML and text tell the same stories. Those cut for the byte budget are in neither."""
    # Without blanks: a line of Chinese or Japanese breaks where there is none.
    html, text = "".join(unescape(edition.html).split()), "".join(edition.text.split())
    for story in issue.stories:
        title = "".join(story.lead.title.split())
        if (title in html) != (title in text):
            place = "text" if title in html else "html"
            yield warn("out-of-step", f"“{story.lead.title}” is missing here", place)

"""The links of a mail to what is wrong with them: dead ends, disguises, distrust. Pure.

Whether a link is dead is asked elsewhere, by the polite client; the answers are handed in.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

import idna
from lxml.html import HtmlElement

from digest.compose.findings import Finding, stop, warn
from digest.slots import SLOT_OPEN

KINDS = ("https://", "http://", "#", "mailto:", "tel:", SLOT_OPEN)
SHORTENERS = frozenset(
    "bit.ly t.co goo.gl tinyurl.com ow.ly buff.ly is.gd lnkd.in cutt.ly rb.gy shorturl.at t.ly "
    "tiny.cc v.gd bl.ink rebrand.ly dlvr.it trib.al fb.me s.id tr.im soo.gd".split()
)

# What nobody sees and what turns a line around; joiners and accents are words' own affair.
_UNSEEN = re.compile(r"[\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")
_ADDRESS = re.compile(
    r"(?:https?://)?(?P<host>(?:[\w-]+\.)+[^\W\d_]{2,}(?::\d+)?)(?:[/?#]\S*)?", re.IGNORECASE
)
# Cyrillic and Greek letters that print as Latin ones (UTS 39; the small letters hosts are made of).
_TWINS = frozenset("аеорсухіјѕԁһӏԛԝον")


@dataclass(frozen=True, slots=True)
class Link:
    """Where a link leads and what it shows."""

    href: str
    shown: str


def links(root: HtmlElement) -> list[Link]:
    """Every link of the mail, in order."""
    return [
        Link(element.get("href") or "", "".join(element.itertext()).strip())
        for element in root.iter("a")
        if "href" in element.attrib
    ]


def check(root: HtmlElement, dead: Mapping[str, str]) -> Iterator[Finding]:
    """``dead``: address to the reason why, for those that did not answer."""
    found = links(root)
    hrefs = sorted({link.href for link in found})
    names = {element.get("id") for element in root.iter() if element.get("id")}
    yield from _leading_nowhere(hrefs, names)
    yield from _distrusted(hrefs)
    yield from _disguised(found)
    yield from dead_ends(hrefs, dead)


def dead_ends(hrefs: Iterable[str], dead: Mapping[str, str]) -> Iterator[Finding]:
    """One finding for those of ``hrefs`` that are ``dead``."""
    gone = [href for href in hrefs if href in dead]
    if gone:
        more = f", and {len(gone) - 1} more" if len(gone) > 1 else ""
        yield warn("dead-link", f"{gone[0]} is dead ({dead[gone[0]]}){more}", "html")


def host(address: str) -> str:
    """The host of an address without ``www.``, as it stands there; empty where there is none."""
    try:
        return (urlsplit(address).hostname or "").removeprefix("www.")
    except ValueError:
        return ""


def looks_alike(name: str) -> bool:
    """Whether a part of the host ``name`` reads as Latin letters and is not.

    A part all of twins is a word of its own script below a domain of that script.
    """
    parts = _decoded(name).split(".")
    foreign = parts[-1].isascii()
    return any(_is_mixed(part) or (foreign and _is_twin(part)) for part in parts)


def _leading_nowhere(hrefs: list[str], names: set[str | None]) -> Iterator[Finding]:
    strange = [href for href in hrefs if not href.startswith(KINDS)]
    if strange:
        yield stop("bad-link", f"a link leads to {strange[0]!r}", "html")
    hostless = [
        href for href in hrefs if href.startswith(("https://", "http://")) and not host(href)
    ]
    if hostless:
        yield stop("bad-link", f"a link leads to {hostless[0]!r}, which names no host", "html")
    lost = [href for href in hrefs if href.startswith("#") and href[1:] not in names]
    if lost:
        yield warn("lost-anchor", f"nothing in the mail is named {lost[0][1:]!r}", "html")


def _distrusted(hrefs: list[str]) -> Iterator[Finding]:
    plain = [href for href in hrefs if href.startswith("http://")]
    if plain:
        some = f"{len(plain)} links are not https, such as" if plain[1:] else "a link is not https:"
        yield warn("not-https", f"{some} {plain[0]}", "html")
    short = [href for href in hrefs if host(href) in SHORTENERS]
    if short:
        yield warn("shortener", f"{short[0]} hides where it leads; filters distrust it", "html")


def _disguised(found: list[Link]) -> Iterator[Finding]:
    for link in found:
        shown = _ADDRESS.fullmatch(_UNSEEN.sub("", link.shown))
        if shown and host(link.href) and host(f"https://{shown['host']}") != host(link.href):
            message = f"a link shows {shown['host']} and leads to {host(link.href)}"
            yield warn("link-text", message, "html")
            break
    unseen = [link for link in found if _UNSEEN.search(link.href) or _hides(link)]
    if unseen:
        place = host(unseen[0].href) or unseen[0].href
        message = f"a link to {_UNSEEN.sub('', place)} has characters in it that nobody sees"
        yield warn("unseen-characters", message, "html")
    alike = [link.href for link in found if looks_alike(host(link.href))]
    if alike:
        name = host(alike[0])
        message = f"{_decoded(name)} looks like another host; it is {_encoded(name)}"
        yield warn("look-alike", message, "html")


def _hides(link: Link) -> bool:
    """Whether what it shows is an address with something unseen in it."""
    bare = _UNSEEN.sub("", link.shown)
    return bare != link.shown and _ADDRESS.fullmatch(bare) is not None


def _is_mixed(part: str) -> bool:
    scripts = {unicodedata.name(c, "").partition(" ")[0] for c in part if c.isalpha()}
    return "LATIN" in scripts and bool(scripts & {"CYRILLIC", "GREEK", "ARMENIAN", "CHEROKEE"})


def _is_twin(part: str) -> bool:
    letters = {c for c in part if c.isalpha()}
    return bool(letters) and letters <= _TWINS


def _decoded(name: str) -> str:
    try:
        return idna.decode(name)
    except (idna.IDNAError, UnicodeError):
        return name


def _encoded(name: str) -> str:
    try:
        return idna.encode(name).decode("ascii")
    except (idna.IDNAError, UnicodeError):
        return ascii(name)

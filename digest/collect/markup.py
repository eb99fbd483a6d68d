"""A piece of HTML from a feed to its words, links and picture. Pure."""

from __future__ import annotations

import html
import re
from urllib.parse import urljoin, urlsplit

from lxml import etree
from lxml.html import HtmlElement

from digest import characters, htmltree

_SILENT = ("script", "style", "noscript", "template", "iframe", "object", "svg", "form")
_BLOCKS = frozenset(
    "p div br li ul ol h1 h2 h3 h4 h5 h6 tr td table blockquote pre section article header footer "
    "figure figcaption hr dt dd".split()
)
# What titles are marked up with. Any other "<" is the title's own: Vec<T>, <div>, a < b.
_NO_MARKUP = re.compile(
    r"<(?!/?(?:a|abbr|b|br|cite|code|del|em|font|i|ins|mark|p|q|s|small|span|strong|sub|sup|tt|u|wbr)"
    r"(?:\s[^<>]*)?/?>|!--)",
    re.IGNORECASE,
)
_WRAPPED = re.compile(r"\s*<(h[1-6]|div|center)\b[^<>]*>(.*)</\1\s*>\s*", re.IGNORECASE | re.DOTALL)
_PICTURE = re.compile(r"<img\b(?=[^<>]*\ssrc\s*=)[^<>]*>", re.IGNORECASE)
_ALT = re.compile(r"\salt\s*=\s*(?:\"([^\"]*)\"|'([^']*)')", re.IGNORECASE)
# Escaped once too often: "the council&#8217;s". What "&lt;" shows may be meant.
_REFERENCE = re.compile(
    r"&(?:#\d{2,7}|#x[0-9a-f]{2,6}|amp|quot|apos|[lr][sd]quo|[mn]dash|hellip"
    r"|[a-z]{1,2}(?:acute|grave|circ|uml|cedil|tilde|ring|slash|lig));",
    re.IGNORECASE,
)
_MAILBOX = re.compile(  # jo@a.example (Jo Lee); Jo Lee (jo@a.example)
    r"(?:mailto:)?[^\s@]+@[^\s@]+(?:\s*\(([^()]*)\))?|([^@]*?)\s*[(\[][^\s@]+@[^\s@]+[)\]]"
)
# How browsers and players hand an address to a feed reader: feed://a.example, feed:https://a.example
_FEED_SCHEME = re.compile(r"(?:feed|itpc|pcast):(?:(?=https?://)|//)", re.IGNORECASE)
_FACE = r"gravatar\.com/avatar/|//avatars\d*\.githubusercontent\.com/"  # the author's
# Pixels that count readers; and what is no picture of the news: faces, emoji and badges.
_DATA_IMAGE = re.compile(
    r"pixel|spacer|blank|transparent|1x1|tracking|beacon"
    rf"|{_FACE}|/core/emoji/|//img\.shields\.io/",
    re.IGNORECASE,
)
_OF_A_FACE = re.compile(_FACE, re.IGNORECASE)


def tree(markup: str) -> HtmlElement | None:
    """The document or fragment as a tree, scripts and styles gone; None where there is nothing."""
    root = htmltree.tree(markup)
    if root is not None:
        for element in list(root.iter(*_SILENT)):
            if element is not root:
                element.drop_tree()
    return root


def words(markup: str) -> str:
    """The text of a piece of HTML in one line."""
    if "<" not in markup and "&" not in markup:
        return " ".join(markup.split())
    root = tree(markup)
    if root is None:
        return ""  # nothing but comments or processing instructions
    return " ".join(_flow(root).split())


def line(markup: str | None) -> str | None:
    """A name as one line of plain text; None where nothing is left."""
    return words(markup or "") or None


def person(said: str | None) -> str | None:
    """An author's name without the e-mail address that RSS puts before it; None for one alone."""
    found = _MAILBOX.fullmatch(line(said) or "")
    return line(found[1] or found[2]) if found else line(said)


def title(markup: str | None) -> str | None:
    """As ``line``, but only the tags that titles use are markup; others are words of it.

    An element around the whole of it and a picture in it are markup, too.
    """
    said = markup or ""
    wrapped = _WRAPPED.fullmatch(said)
    said = _PICTURE.sub(_alternative, wrapped[2] if wrapped else said)
    return _resolved(line(_NO_MARKUP.sub("&lt;", said)))


def plain(text: str | None) -> str | None:
    """A title that is text and no markup, in one line; half the feeds escape it all the same."""
    return _resolved(" ".join(html.unescape(text or "").split()))


def _resolved(title: str | None) -> str | None:
    said = _REFERENCE.sub(lambda found: html.unescape(found[0]), title or "")
    return " ".join(said.split()) or None


def _alternative(image: re.Match[str]) -> str:
    alt = _ALT.search(image[0])
    return f" {alt[1] or alt[2] or ''} " if alt else " "


def picture(markup: str, base: str) -> str | None:
    """The first image that is not a tracking pixel, as an absolute URL."""
    root = tree(markup)
    if root is None:
        return None
    for image in root.iter("img"):
        source = image.get("src") or image.get("data-src") or ""
        if _is_pixel(image) or _DATA_IMAGE.search(source):
            continue
        if found := web(source, base):
            return found
    return None


def is_face(address: str) -> bool:
    """Whether a picture is the author's, as blogs and code hosts send it with each item."""
    return bool(_OF_A_FACE.search(address))


def for_the_web(url: str) -> str:
    """``feed://`` and its kin are http, which the host takes to https; any other address stays."""
    found = _FEED_SCHEME.match(url)
    if not found:
        return url
    rest = url[found.end() :]
    return rest if rest.lower().startswith(("http://", "https://")) else f"http://{rest}"


def web(href: str | None, base: str) -> str | None:
    """``href`` as an absolute http(s) URL, what is unseen in it escaped; None for all else."""
    said = for_the_web((href or "").strip())
    if not said or len(said) > 4_000:
        return None
    try:
        joined = urljoin(base, "".join(said.split("\n")).replace("\r", "").replace("\t", ""))
        parts = urlsplit(joined)
        if parts.scheme in ("http", "https") and parts.hostname:
            return characters.address(joined)
    except ValueError:
        return None
    return None


def _flow(root: HtmlElement) -> str:
    parts: list[str] = []
    for event, element in etree.iterwalk(root, events=("start", "end")):
        if not isinstance(element.tag, str):
            continue
        if event == "start":
            parts.append(" " if element.tag in _BLOCKS else "")
            parts.append(element.text or "")
        else:
            parts.append(" " if element.tag in _BLOCKS else "")
            parts.append((element.tail or "") if element is not root else "")
    return "".join(parts)


def _is_pixel(image: HtmlElement) -> bool:
    return any((image.get(side) or "").strip() in ("0", "1", "2") for side in ("width", "height"))

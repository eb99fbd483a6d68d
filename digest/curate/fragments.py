"""An article's own HTML, or its Markdown, to clean text: one paragraph a block. Pure."""

from __future__ import annotations

import html
import re

from lxml import etree
from lxml.html import HtmlElement
from markdown_it import MarkdownIt

from digest import characters
from digest.curate import flow, furniture
from digest.curate.cleaning import clean
from digest.curate.sentences import is_complete
from digest.htmltree import tree

WRAPPED = 40  # characters of a line; a shorter one was not wrapped
CREDIT_WORDS = 10  # around the two links of such a line
_BREAK = "\x1e"  # a br; no text holds it, since it counts as white space

_TWICE = re.compile(r"&#0?(?:34|3[89]|82[0-3]\d);")  # quotes and dashes, escaped once too often
_MORE = re.compile(r"(?<=[.!?…»”\"])\s*\[[^\W\d]{2,12}(?: [^\W\d]{2,12}){0,2}\]$")  # "[mehr]"
_SILENT = frozenset(
    "script style noscript template iframe object embed svg form button input select textarea nav "
    "figure figcaption audio video canvas head title aside".split()
)
# "wp-caption-text", "image_caption"; what merely has one ("has-caption") may be the article.
_CAPTION = re.compile(
    r"(?:^|\s)(?!(?:has|with|no|without)[-_])(?:[\w-]*[-_])?caption(?:[-_]text)?(?:\s|$)"
)
_BLOCKS = frozenset(
    "p div li ul ol h1 h2 h3 h4 h5 h6 tr table blockquote pre section article header footer main "
    "hr dt dd dl body address center details summary".split()
)


def text(markup: str) -> str:
    """The words of a fragment, scripts and captions and furniture gone.

    Also gone is a last line that only links its own page and the front of its site, as blog systems
    end the entries of a feed in every language: "The post X appeared first on Y."
    """
    root = tree(markup)
    if root is None:
        return ""
    flow.without_marks(root)
    credit = _credit(root)
    if credit is root:
        return ""
    if credit is not None:
        credit.drop_tree()
    parts: list[str] = []
    _walk(root, parts)
    words = _TWICE.sub(lambda found: html.unescape(found[0]), "".join(parts))
    blocks = [_MORE.sub("", block) for block in clean(_unwrapped(words)).split("\n\n")]
    return "\n\n".join(block for block in blocks if block and not furniture.is_certain(block))


def markdown(source: str) -> str:
    """Markdown (CommonMark, HTML in it allowed) as HTML."""
    return str(MarkdownIt("commonmark", {"html": True}).enable("table").render(source))


def _credit(root: HtmlElement) -> HtmlElement | None:
    last = next(reversed(list(root.iter("p"))), None)
    said = str(last.text_content()).strip() if last is not None else ""
    if last is None or not said or not str(root.text_content()).rstrip().endswith(said):
        return None
    links = list(last.iter("a"))
    if len(links) != 2 or not _is_front(links[1].get("href") or "", links[0].get("href") or ""):
        return None
    linked = sum(characters.words(str(link.text_content())) for link in links)
    return last if characters.words(said) <= linked + CREDIT_WORDS else None


def _is_front(site: str, page: str) -> bool:
    """Whether ``page`` lies below ``site``, which is a site's front or a part of it."""
    front = site.partition("?")[0].rstrip("/") + "/"
    return front.count("/") >= 3 and page.startswith(front) and len(page) > len(front)


def _walk(root: HtmlElement, parts: list[str]) -> None:
    skipped: HtmlElement | None = None
    for event, element in etree.iterwalk(root, events=("start", "end")):
        tag = element.tag if isinstance(element.tag, str) else ""
        if event == "start":
            if skipped is None and element is not root and _is_silent(element, tag):
                skipped = element
            if skipped is None:
                parts.append(_mark(tag))
                parts.append(_flow(element.text))
            continue
        if event == "end" and skipped is None:
            parts.append("\n\n" if tag in _BLOCKS else "")
        if element is skipped:
            skipped = None
            # A caption or script between two words must not glue them together.
            parts.append(" ")
        if skipped is None and element is not root:
            parts.append(_flow(element.tail))


def _is_silent(element: HtmlElement, tag: str) -> bool:
    return tag in _SILENT or bool(tag and _CAPTION.search(element.get("class") or ""))


def _mark(tag: str) -> str:
    if tag in _BLOCKS:
        return "\n\n"
    return _BREAK if tag == "br" else ""


def _unwrapped(said: str) -> str:
    """Lines parted by ``br`` as paragraphs, or as one where they only wrap what goes on."""
    first, *rest = said.split(_BREAK)
    wraps = any(line.strip()[:1].islower() for line in rest)
    whole = [first]
    for line in rest:
        before = whole[-1].rpartition("\n\n")[2].strip()
        is_wrapped = wraps and len(before) >= WRAPPED
        goes_on = is_wrapped or (line.strip()[:1].islower() and len(before.split()) >= 3)
        ends = not before or before.endswith(":") or is_complete(before)
        whole.append(f" {line}" if goes_on and not ends else f"\n\n{line}")
    return "".join(whole)


def _flow(said: str | None) -> str:
    """Text between tags: line breaks in the source mean nothing."""
    return re.sub(r"\s+", " ", said) if said else ""

"""An article's own HTML, or its Markdown, to clean text: one paragraph a block. Pure."""

from __future__ import annotations

import re

from lxml import etree
from lxml.html import HtmlElement
from markdown_it import MarkdownIt

from digest.curate import furniture
from digest.curate.cleaning import clean
from digest.curate.sentences import is_complete
from digest.htmltree import tree

WRAPPED = 40  # characters of a line; a shorter one was not wrapped
_BREAK = "\x1e"  # a br; no text holds it, since it counts as white space

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
    """The words of a fragment, scripts and captions and furniture gone."""
    root = tree(markup)
    if root is None:
        return ""
    parts: list[str] = []
    _walk(root, parts)
    blocks = clean(_unwrapped("".join(parts))).split("\n\n")
    return "\n\n".join(block for block in blocks if block and not furniture.is_certain(block))


def markdown(source: str) -> str:
    """Markdown (CommonMark, HTML in it allowed) as HTML."""
    return str(MarkdownIt("commonmark", {"html": True}).enable("table").render(source))


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

"""HTML from a stranger to a tree, comments and control characters gone. Pure."""

from __future__ import annotations

import html
import re

from lxml import etree
from lxml import html as lxml_html
from lxml.html import HtmlElement

_XML_START = re.compile(r"^\s*<\?xml[^>]{0,300}\?>")
_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")

_ELEMENT = re.compile(r"</?[a-zA-Z][^<>]*>")
_NAMES = (
    "p|div|br|a|b|strong|i|em|u|span|ul|ol|li|img|h[1-6]|blockquote|figure|table|section|article"
)
_ESCAPED_START = re.compile(rf"\s*&lt;(?:{_NAMES})\b[^<>]{{0,2000}}?&gt;", re.IGNORECASE)
_ESCAPED_END = re.compile(rf"&lt;(?:/(?:{_NAMES})|br\s*/?)\s*&gt;\s*$", re.IGNORECASE)


def unescaped(markup: str) -> str:
    """``markup`` that was escaped once too often as the HTML it was; any other as it is.

    It has no element, and begins or ends with an escaped one; what shows code has both kinds.
    """
    if "&lt;" not in markup or _ELEMENT.search(markup):
        return markup
    is_html = _ESCAPED_START.match(markup) or _ESCAPED_END.search(markup[-200:])
    return html.unescape(markup) if is_html else markup


def tree(markup: str) -> HtmlElement | None:
    """A document or fragment as a tree; None where there is nothing to read.

    Ask ``guard`` first: a tree of hostile depth is costly to build.
    """
    bare = _XML_START.sub("", _CONTROLS.sub("", markup))
    if not bare.strip():
        return None
    # Comments part the text of one element in two (React writes them between words).
    parser = lxml_html.HTMLParser(remove_comments=True, remove_pis=True, encoding="utf-8")
    try:
        root = lxml_html.fromstring(bare.encode("utf-8", errors="replace"), parser=parser)
    except (etree.ParserError, etree.XMLSyntaxError, ValueError):
        return None
    return root if isinstance(root, HtmlElement) and isinstance(root.tag, str) else None

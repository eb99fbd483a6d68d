"""A page to the page whose text flows: its lines unbroken, the marks of footnotes gone. Pure.

A line break in the source is a space to who reads the page; to the extractor it may part two
paragraphs. "[1]" stands behind a full stop, and hides it from who looks for the end of a sentence.
"""

from __future__ import annotations

import re

from lxml.html import HtmlElement

_AS_WRITTEN = frozenset("pre textarea code script style".split())
_PRE = re.compile(r"white-space\s*:\s*(?:pre|break)", re.IGNORECASE)
_BROKEN = re.compile(r"[^\S\n]*\n\s*")
_BRACKETED = re.compile(r"\[[^\[\]]{1,30}\]")  # "[1]", "[note 2]", "[citation needed]"
_MARK = re.compile(r"\[(?:\d{1,3}|[a-z])\]|\d{1,3}|[*†‡§]{1,3}|[↑↩]\ufe0e?")
_TO_NOTE = re.compile(r"^#.|#_?(?:cite[_-]?note|foot-?note|fn|ftn|edn)")
_EDIT = re.compile(r"(?:^|\s)(?:mw-)?editsection(?:\s|$)")


def smoothed(root: HtmlElement | None) -> HtmlElement | None:
    """``root`` itself, changed in place."""
    return None if root is None else _unbroken(without_marks(root))


def without_marks(root: HtmlElement) -> HtmlElement:
    """``root`` itself without the links to its footnotes, or to edit a section."""
    for element in list(root.iter("sup", "a", "span")):
        if element is not root and element.getparent() is not None and _is_mark(element):
            element.drop_tree()
    return root


def _unbroken(root: HtmlElement) -> HtmlElement:
    """``root`` itself with a space for each line break; a blank line, and what is ``pre``, stay."""
    kept = {below for element in root.iter() if _is_kept(element) for below in element.iter()}
    for element in root.iter():
        if element.text and element not in kept:
            element.text = _BROKEN.sub(_space, element.text)
        if element.tail and element.getparent() not in kept:
            element.tail = _BROKEN.sub(_space, element.tail)
    return root


def _space(broken: re.Match[str]) -> str:
    return broken[0] if broken[0].count("\n") > 1 else " "


def _is_kept(element: HtmlElement) -> bool:
    return element.tag in _AS_WRITTEN or bool(_PRE.search(element.get("style") or ""))


def _is_mark(element: HtmlElement) -> bool:
    if element.tag == "span":
        return bool(_EDIT.search(element.get("class") or ""))
    said = "".join(str(element.text_content()).split())
    if element.tag == "sup":
        return bool(_BRACKETED.fullmatch(said))
    return bool(_TO_NOTE.search(element.get("href") or "") and _MARK.fullmatch(said))

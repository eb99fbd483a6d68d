"""A page to the page without what nobody reads as its article: templates, boxes to sign up. Pure.

A box to sign up for a newsletter often stands amid the paragraphs and reads like one of them. It
is known by its form, which asks for an e-mail address, and by the name of what stands around it.
"""

from __future__ import annotations

import re

from lxml.html import HtmlElement

from digest import characters

MOST_WORDS = 60  # of a box; what holds more is the page, which some systems wrap in a form
_NAMED = re.compile(r"newsletter|sign-?up|subscri|opt-?in|mailing|mailchimp|e-?mail", re.IGNORECASE)
_EMAIL = re.compile(r"e-?mail", re.IGNORECASE)
_WHOLE = frozenset("html body main article".split())


def without(root: HtmlElement | None) -> HtmlElement | None:
    """``root`` itself, changed in place."""
    if root is None:
        return None
    for template in list(root.iter("template")):
        _drop(template, root)
    for form in list(root.iter("form")):
        if any(map(_asks_for_an_address, form.iter("input"))) and _is_small(form):
            _drop(_box(form), root)
    return root


def _box(form: HtmlElement) -> HtmlElement:
    """The outermost small element around ``form`` that is named for what it is."""
    found = form
    for above in form.iterancestors():
        if above.tag in _WHOLE or not _is_small(above):
            break
        if _NAMED.search(" ".join((above.get("class") or "", above.get("id") or ""))):
            found = above
    return found


def _asks_for_an_address(field: HtmlElement) -> bool:
    kind = (field.get("type") or "text").lower()
    named = " ".join(field.get(name) or "" for name in ("name", "id", "placeholder"))
    return kind == "email" or (kind == "text" and bool(_EMAIL.search(named)))


def _is_small(element: HtmlElement) -> bool:
    return characters.words(str(element.text_content())) <= MOST_WORDS


def _drop(element: HtmlElement, root: HtmlElement) -> None:
    if element is not root and element.getparent() is not None:
        element.drop_tree()

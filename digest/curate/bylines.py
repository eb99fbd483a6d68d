"""A page to the author its byline names, known by how the markup calls it. Pure.

It is asked where neither JSON-LD nor a meta element names anybody.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from lxml.html import HtmlElement

from digest.curate.cleaning import one_line

LONGEST = 100  # characters of a byline, its date and "min read" included
MANY = 5  # different names: a list of articles, each with its own

_SURE = re.compile(r"(?:^|\s)author(?:\s|$)")
# "post-author", "byline__name", "author-name"; not "authors-page", "author-bio", "authority".
_NAMED = re.compile(
    r"(?:^|[\s_-])(?:by-?line|author|writer)s?(?:[_-]+(?:names?|links?|text|data|wrap(?:per)?)\w*)?"
    r"(?:\s|$)|(?:^|[\s_-])author-?name|authorName"
)
_PERSON = re.compile(
    r"/(?:authors?|contributors?|writers?|by|autor(?:en|es)?|auteurs?|autori)/[^/?#]+/?$"
)
# Where the names of others stand: comments, other articles, what customers say.
_ELSEWHERE = re.compile(
    r"comment|related|sidebar|recommend|testimonial|quote|footer|popular|trending|latest|teaser|"
    r"(?:^|[\s_-])nav|menu|reply|respond",
    re.IGNORECASE,
)
_OUTSIDE = frozenset("aside footer nav blockquote figure form".split())
_LEAD = re.compile(
    r"^(?:(?:written|posted|published|reported|story|article|words?)\s+)?"
    r"(?:by|von|par|por|di|door|av|af|przez|автор|text|author|autorin|autore?|auteur|作者|文)s?"
    r"\s*[:：|]?\s+",
    re.IGNORECASE,
)
# What follows a name: a day, a site, a trade.
_PARTING = re.compile(
    r"\s*[|•·/–—]|\s-(?:\s|$)|,?\s(?:on|am|le|el|il)\s(?=\d|[A-Z]\w+\s\d)|,\s"
    r"|\s(?=(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day\b)|\s(?:Senior|Staff|Chief|Correspondent|"
    r"Reporter|Writer|Columnist|Contributor)\b"
)
_WORD = re.compile(r"[^\W\d_][^\W\d_.'’‑-]*(?:['’.‑-][^\W\d_]+)*\.?")
_SMALL = frozenset("al & and bin da de del den der di dos du e el et i la le ter van von y".split())
_NO_NAME = re.compile(
    r"\b(?:about|articles?|authors?|by|posts?|more|read|view|contributors?|published|updated|"
    r"profile|written|follow|share|login|menu|home|editors?|editorial|news|staff|team|min|comments?|email|"
    r"edited|website|work|with|us|bio|admin|administrator|unknown|anonymous|guest|name|reviewed|desk|"
    r"see|all)\b",
    re.IGNORECASE,
)


def author(root: HtmlElement) -> str | None:
    """The first name that is marked as the author's; None where none is, or those of many."""
    for tells in (_says_so, _is_called_so, _leads_to_one):
        names = list(dict.fromkeys(_names(root, tells)))
        if names:
            return names[0] if len(names) <= MANY else None
    return None


def _names(root: HtmlElement, tells: Callable[[HtmlElement], bool]) -> Iterator[str]:
    heading = next(root.iter("h1"), None)
    around = set(heading.iterancestors()) if heading is not None else {root}
    for element in root.iter():
        if not isinstance(element.tag, str) or not tells(element):
            continue
        name = _name(one_line(" ".join(map(str, element.itertext()))))
        if name and not _is_elsewhere(element, around):
            yield name


def _says_so(element: HtmlElement) -> bool:
    return any(_SURE.search(element.get(name) or "") for name in ("rel", "itemprop"))


def _is_called_so(element: HtmlElement) -> bool:
    return bool(_NAMED.search(element.get("class") or ""))


def _leads_to_one(element: HtmlElement) -> bool:
    return element.tag == "a" and bool(_PERSON.search(element.get("href") or ""))


def _is_elsewhere(element: HtmlElement, around: set[HtmlElement]) -> bool:
    """Whether it stands in what holds others' names. What is ``around`` the heading does not."""
    return any(
        above.tag in _OUTSIDE
        or _ELSEWHERE.search(f"{above.get('class') or ''} {above.get('id') or ''}")
        for above in element.iterancestors()
        if above not in around and above.tag not in ("html", "body")
    )


def _name(said: str) -> str | None:
    """``said`` without "By" and the day, if that is the name of a person or two."""
    if len(said) > LONGEST:
        return None
    line = _PARTING.split(_LEAD.sub("", said, count=1), maxsplit=1)[0].strip(" ,;:.-")
    words = line.split()
    is_name = 2 <= len(words) <= 8 and all(
        word.lower() in _SMALL or (_WORD.fullmatch(word) and not word[0].islower())
        for word in words
    )
    return line if is_name and not _NO_NAME.search(line) else None

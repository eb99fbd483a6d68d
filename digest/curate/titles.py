"""The titles a page offers to the article's own, the site's name taken off. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from digest import characters
from digest.curate.cleaning import one_line

_UNSPACED = r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]"
# "桥梁开放--时政--人民网", "桥梁开放_新华网": signs without spaces part what has none.
_PARTING = re.compile(
    r"\s+(?:[|·•»«›‹–—-]|--+)\s+|\s+::\s+|\s*\|\s*"
    rf"|(?<={_UNSPACED})(?:-{{1,3}}|[_｜：—–])(?={_UNSPACED})"
)
# What a site calls its parts: "CNN Politics", "BBC News".
_PART = re.compile(
    r"\s(?:news|online|tv|radio|politics|business|sports?|world|travel|opinion|culture|health|"
    r"science|tech|money|style|entertainment|magazine|nachrichten|noticias|actualités|новости)$"
)
MAX_TITLE = 300
MIN_TITLE_WORDS = 2
HOST_LETTERS = 4  # of a name that is found in the address of a site; shorter ones are words, too


def best(
    offered: Iterable[str | None], *, heading: str | None = None, sites: Iterable[str | None] = ()
) -> str:
    """The first of ``offered`` that says something, without the site's name. May be empty.

    ``heading``: the page's h1. A title that is the heading plus more is cut down to it. ``sites``:
    names the site goes by.
    """
    head = one_line(heading or "")
    called = [name for name in sites if name]
    names = {_key(name) for name in called}
    hosts = [_labels(name) for name in called if "." in name and " " not in name]
    for title in offered:
        line = _without_site(one_line(title or ""), head, names, hosts)[:MAX_TITLE].strip()
        if line and _key(line) not in names:
            return line
    return head[:MAX_TITLE]


def parts(title: str) -> tuple[str, str]:
    """What stands before the first parting of a title, and behind the last; both may be all."""
    found = list(_PARTING.finditer(title))
    return (title[: found[0].start()], title[found[-1].end() :]) if found else (title, title)


def _without_site(title: str, heading: str, names: set[str], hosts: Sequence[list[str]]) -> str:
    if (
        characters.words(heading) >= MIN_TITLE_WORDS
        and _key(heading) not in names
        and not _is_host(heading, hosts)
        and _is_more_than(title, heading)
    ):
        return heading
    found = list(_PARTING.finditer(title))
    first, last = parts(title)
    if found and (
        _key(last) in names
        or _key(_PART.sub("", last.casefold())) in names
        or _is_host(last, hosts)
    ):
        return _once(title[: found[-1].start()])
    if found and _key(first) in names:
        return title[found[0].end() :]
    return title


def _once(title: str) -> str:
    """Some systems write a title twice: "The bridge is open | The bridge is open"."""
    first, last = parts(title)
    return first if first == last else title


def _labels(host: str) -> list[str]:
    """The names an address is made of, without what it ends in: "blog", "rustlang"."""
    labels = [re.sub(r"\W", "", label) for label in host.casefold().split(".")[:-1]]
    return [label for label in labels if label not in ("www", "co", "com", "org")]


def _is_host(part: str, hosts: Sequence[list[str]]) -> bool:
    """Whether the words of ``part`` make up the name of a host: "Rust Blog" blog.rust-lang.org."""
    words = re.findall(r"\w+", re.sub(r"['’]s\b|\.(?:com|org|net)$", "", part.casefold()))
    said = "".join(words)
    if len(said) < HOST_LETTERS:
        return False
    return any(
        said in labels
        or (
            len(words) > 1
            and all(any(word in label for label in labels) for word in words)
            and len(said) > len("".join(labels)) / 2
        )
        for labels in hosts
    )


def _is_more_than(title: str, heading: str) -> bool:
    """Whether ``title`` is ``heading`` with something parted from it, before or after."""
    ends = [found.span() for found in _PARTING.finditer(title)]
    after = title.startswith(heading) and any(start == len(heading) for start, _ in ends)
    before = title.endswith(heading) and any(end == len(title) - len(heading) for _, end in ends)
    return after or before


def _key(name: str) -> str:
    return re.sub(r"\W+|^the\s|\.(?:com|org|net|co\.uk)$", "", name.casefold())

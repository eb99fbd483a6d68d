"""A mail's HTML to the features in it that a wide-spread mail program does not know. Pure.

What is known lies in support.toml, each row with the page of caniemail it was taken from.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from lxml.html import HtmlElement

from digest.compose import css

CLIENTS = ("Gmail", "Outlook", "Apple Mail", "Yahoo")


@dataclass(frozen=True, slots=True, kw_only=True)
class Feature:
    """``stands``: what is left where it is lacking; empty where the mail suffers."""

    name: str
    kind: str  # element | property | at | value | source
    pattern: re.Pattern[str]
    lacking: tuple[str, ...]  # of CLIENTS
    instead: str
    stands: str
    source: str


@cache
def features() -> tuple[Feature, ...]:
    rows = tomllib.loads(Path(__file__).with_suffix(".toml").read_text("utf-8"))["feature"]
    return tuple(_feature(row) for row in rows)


def unsupported(root: HtmlElement, sheets: str) -> Iterator[Feature]:
    """Each feature that is used, lacking somewhere and missed there, in the table's order."""
    used = _used(root, sheets)
    for feature in features():
        if not feature.stands and any(feature.pattern.search(one) for one in used[feature.kind]):
            yield feature


def _feature(row: dict[str, str | list[str]]) -> Feature:
    kind, _, sought = str(row["find"]).partition(" ")
    if kind == "property":
        name, _, value = sought.partition(" ")
        sought = rf"^{name}[\w-]*:{value}"
    elif kind == "element":
        sought = rf"^{sought}$"
    return Feature(
        name=str(row["name"]),
        kind=kind,
        pattern=re.compile(sought),
        lacking=tuple(row["lacking"]),
        instead=str(row.get("instead", "")),
        stands=str(row.get("stands", "")),
        source=str(row["source"]),
    )


def _used(root: HtmlElement, sheets: str) -> dict[str, frozenset[str]]:
    """What the mail uses, by the kind of the table's rows."""
    tags: set[str] = set()
    inline: set[str] = set()
    sources: set[str] = set()
    for element in root.iter("*"):
        tags.add(str(element.tag))
        style = element.get("style")
        if style and not css.is_hidden(style):  # a preheader is hidden by all means there are
            inline.add(style)
        if source := element.get("src"):
            sources.add(source)
    said = [one for style in inline for one in css.declarations(style)]
    said += [one for body in re.findall(r"\{([^{}]*)\}", sheets) for one in css.declarations(body)]
    return {
        "element": frozenset(tags),
        "property": frozenset(f"{name}:{value}" for name, value in said),
        "value": frozenset(value for _, value in said),
        "at": frozenset(re.findall(r"@([\w-]+[^{]*)\{", sheets)),
        "source": frozenset(sources),
    }

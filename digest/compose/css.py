"""The style of a mail, inline and in its style elements, as declarations and rules. Pure.

Enough of CSS to hold a mail against what mail programs make of it, no more: selectors of tags,
classes and ids, one below the other. What is beyond that is left out, as many of them do.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

# What Outlook's web and phones put on an element whose colours they changed.
OUTLOOK = re.compile(r"\[data-ogs[cb]\]")

_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
_MEDIA = re.compile(r"@media([^{]*)\{((?:[^{}]*\{[^{}]*\})*)[^{}]*\}")
_RULE = re.compile(r"([^{}]+)\{([^{}]*)\}")
_COMPOUND = re.compile(r"(?P<tag>[a-z][a-z0-9]*)?(?P<rest>(?:[.#][\w-]+)*)", re.IGNORECASE)
_HIDDEN = {"display": "none", "visibility": "hidden", "mso-hide": "all"}
_HEX = re.compile(r"#([0-9a-f]{3}|[0-9a-f]{6})", re.IGNORECASE)
_RGB = re.compile(r"rgb\(\s*(\d{1,3})\s*,\s*(\d{1,3})\s*,\s*(\d{1,3})\s*\)", re.IGNORECASE)
_NAMED = {
    "white": "#ffffff", "black": "#000000", "red": "#ff0000", "gray": "#808080",
    "grey": "#808080", "silver": "#c0c0c0", "blue": "#0000ff", "yellow": "#ffff00",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Compound:
    """One step of a selector: a tag (or none) with classes and ids."""

    tag: str
    classes: frozenset[str]
    ids: frozenset[str]

    def matches(self, tag: str, classes: frozenset[str], own_id: str) -> bool:
        return (
            (not self.tag or self.tag == tag)
            and self.classes <= classes
            and (not self.ids or self.ids == {own_id})
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """``steps``: from the outermost element inwards. ``weight`` decides between two rules."""

    steps: tuple[Compound, ...]
    said: Mapping[str, str]
    weight: tuple[int, int, int, int]  # ids, classes, tags, place in the style
    outlook: bool  # holds only where Outlook has put its attributes


@dataclass(frozen=True, slots=True, kw_only=True)
class Style:
    """The rules that always hold, and those for a reader in the dark."""

    always: tuple[Rule, ...]
    dark: tuple[Rule, ...]


def declarations(style: str) -> Iterator[tuple[str, str]]:
    """Property and value of each declaration, lower case."""
    for part in style.split(";"):
        name, colon, value = part.partition(":")
        if colon:
            yield name.strip().lower(), value.strip().lower()


@functools.lru_cache(maxsize=2048)
def inline(style: str) -> Mapping[str, str]:
    """The declarations of a style attribute; a mail repeats the same few."""
    return dict(declarations(style))


def is_hidden(style: str) -> bool:
    """Whether an element with this style attribute shows nothing."""
    said = inline(style)
    return any(said.get(name) == value for name, value in _HIDDEN.items())


@functools.lru_cache(maxsize=256)
def colour(value: str) -> str | None:
    """``#rrggbb`` of a CSS colour; None for what is no plain colour (transparent, a gradient)."""
    value = value.replace("!important", "").strip()
    if found := _HEX.fullmatch(value):
        digits = found[1] if len(found[1]) == 6 else "".join(c * 2 for c in found[1])
        return f"#{digits.lower()}"
    if found := _RGB.fullmatch(value):
        red, green, blue = (min(255, int(one)) for one in found.groups())
        return f"#{red:02x}{green:02x}{blue:02x}"
    return _NAMED.get(value)


@functools.lru_cache(maxsize=64)
def style(sheets: str) -> Style:
    """The rules in ``sheets``, the content of all style elements; an edition's are all alike."""
    sheets = _COMMENT.sub("", sheets)
    dark = "".join(
        inner for query, inner in _MEDIA.findall(sheets) if "prefers-color-scheme" in query
    )
    return Style(always=tuple(_rules(_MEDIA.sub("", sheets))), dark=tuple(_rules(dark)))


def _rules(sheet: str) -> Iterator[Rule]:
    for place, (selectors, body) in enumerate(_RULE.findall(sheet)):
        said = dict(declarations(body))
        for selector in selectors.split(","):
            bare, outlook = OUTLOOK.subn("", selector)
            steps = _steps(bare)
            if steps:
                yield Rule(
                    steps=steps, said=said, weight=_weight(steps, place), outlook=bool(outlook)
                )


def _steps(selector: str) -> tuple[Compound, ...]:
    steps = []
    for part in selector.replace(">", " ").split():
        found = _COMPOUND.fullmatch(part)
        if not found or not part:
            return ()
        names = re.findall(r"([.#])([\w-]+)", found["rest"])
        steps.append(
            Compound(
                (found["tag"] or "").lower(),
                frozenset(name for mark, name in names if mark == "."),
                frozenset(name for mark, name in names if mark == "#"),
            )
        )
    return tuple(steps)


def _weight(steps: tuple[Compound, ...], place: int) -> tuple[int, int, int, int]:
    return (
        sum(len(step.ids) for step in steps),
        sum(len(step.classes) for step in steps),
        sum(bool(step.tag) for step in steps),
        place,
    )

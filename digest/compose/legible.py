"""A mail's HTML to the texts in it that are too faint for their ground, in each scheme. Pure.

The colours are computed as a mail program computes them: inherited, inline, and for a reader in
the dark overruled by the rules of ``prefers-color-scheme`` or by those for Outlook.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from lxml.html import HtmlElement

from digest.compose import colours, css
from digest.compose.css import Rule, Style

SCHEMES = ("light", "dark", "Outlook's dark")

_UNSEEN = frozenset("head style script title template".split())
_LINK = "#0000ee"  # of a link that nobody gave a colour


@dataclass(frozen=True, slots=True)
class Faint:
    """``scheme``: one of SCHEMES. ``contrast``: 1 to 4.5."""

    scheme: str
    text: str
    colour: str
    ground: str
    contrast: float


@dataclass(frozen=True, slots=True)
class _Look:
    """``ground`` None: a picture or a gradient, about which nothing is known."""

    colour: str
    ground: str | None


def faint(root: HtmlElement, sheets: str) -> list[Faint]:
    """The faintest first; each pair of colours once a scheme. ``sheets``: all style elements."""
    style = css.style(sheets)
    found: dict[tuple[str, str, str], Faint] = {}
    for scheme in SCHEMES:
        rules = _rules(style, scheme)
        if rules is None:
            continue
        for text, look in _Walk(rules, _paper(scheme)).texts(root):
            if look.ground is None:
                continue
            ratio = colours.contrast(look.colour, look.ground)
            if ratio < colours.MIN_CONTRAST:
                one = Faint(scheme, text, look.colour, look.ground, ratio)
                found.setdefault((scheme, look.colour, look.ground), one)
    return sorted(found.values(), key=lambda one: one.contrast)


def _rules(style: Style, scheme: str) -> Sequence[Rule] | None:
    """The rules of a scheme; None where the mail says nothing about the dark."""
    plain = [rule for rule in style.always if not rule.outlook]
    if scheme == "light":
        return plain
    dark = style.dark if scheme == "dark" else [rule for rule in style.always if rule.outlook]
    return [*plain, *dark] if dark else None


def _paper(scheme: str) -> _Look:
    return _Look("#000000", "#ffffff") if scheme == "light" else _Look("#ffffff", "#121212")


class _Walk:
    """One scheme's way through the tree, each element's look from its parent's and its own."""

    def __init__(self, rules: Sequence[Rule], paper: _Look) -> None:
        self._paper = paper
        self._by_key: dict[str, list[Rule]] = {}
        # A mail has thousands of elements and few places: each is looked up in the rules once.
        self._ruled_at: dict[tuple[_Place, _Known], _Place] = {}
        for rule in rules:
            if not {"color", "background", "background-color"} & rule.said.keys():
                continue
            last = rule.steps[-1]
            key = next(iter(sorted(last.classes)), "") or last.tag
            self._by_key.setdefault(f".{key}" if last.classes else key, []).append(rule)

    def texts(self, root: HtmlElement) -> Iterator[tuple[str, _Look]]:
        top = _Place((), {}, {})
        waiting: list[tuple[HtmlElement, _Look, _Place]] = [(root, self._paper, top)]
        while waiting:
            element, around, above = waiting.pop()
            if not isinstance(element.tag, str) or element.tag in _UNSEEN:
                continue
            if css.is_hidden(element.get("style") or ""):
                continue
            place = self._place(_known(element), above)
            look = self._look(element, place, around)
            if element.tag == "img" and element.get("alt"):
                yield element.get("alt", ""), look  # it stands in the place of the picture
            if element.text and not element.text.isspace():
                yield " ".join(element.text.split()), look
            for child in element:
                if child.tail and not child.tail.isspace():
                    yield " ".join(child.tail.split()), look
            waiting.extend((child, look, place) for child in reversed(element))

    def _place(self, known: _Known, above: _Place) -> _Place:
        found = self._ruled_at.get((above, known))
        if found is None:
            weak, strong = self._ruled(known, above.path)
            found = _Place((*above.path, known), weak, strong)
            self._ruled_at[above, known] = found
        return found

    def _look(self, element: HtmlElement, place: _Place, around: _Look) -> _Look:
        weak, strong = place.weak, place.strong
        said = {**_attributes(element), **weak, **css.inline(element.get("style") or ""), **strong}
        colour = css.colour(said.get("color", "")) or (
            _LINK
            if place.path[-1].tag == "a" and "color" not in said and element.get("href")
            else None
        )
        fill = said.get("background-color") or said.get("background", "")
        pictured = "url(" in said.get("background", "") or "gradient(" in fill
        ground = None if pictured else (css.colour(fill) or around.ground)
        return _Look(colour or around.colour, ground)

    def _ruled(
        self, known: _Known, above: tuple[_Known, ...]
    ) -> tuple[dict[str, str], dict[str, str]]:
        """What rules say of an element: weaker than its own style, and stronger."""
        keys = [known.tag, *(f".{name}" for name in known.classes)]
        rules = [rule for key in keys for rule in self._by_key.get(key, ())]
        weak: dict[str, str] = {}
        strong: dict[str, str] = {}
        for rule in sorted(rules, key=lambda one: one.weight):
            if _applies(rule, known, above):
                for name, value in rule.said.items():
                    (strong if "!important" in value else weak)[name] = value
        return weak, strong


@dataclass(frozen=True, slots=True)
class _Known:
    tag: str
    classes: frozenset[str]
    own_id: str


@dataclass(frozen=True, slots=True, eq=False)
class _Place:
    """An element's tag, classes and id below those of its ancestors, and what rules say there.

    Equal only to itself: there is one for all elements that are alike.
    """

    path: tuple[_Known, ...]
    weak: Mapping[str, str]  # than the element's own style
    strong: Mapping[str, str]


def _known(element: HtmlElement) -> _Known:
    classes = frozenset((element.get("class") or "").split())
    return _Known(str(element.tag), classes, element.get("id") or "")


def _attributes(element: HtmlElement) -> dict[str, str]:
    """What the attributes of old say: ``bgcolor``, and ``color`` of a font element."""
    said = {"background-color": element.get("bgcolor"), "color": element.get("color")}
    return {name: value.lower() for name, value in said.items() if value}


def _applies(rule: Rule, known: _Known, above: tuple[_Known, ...]) -> bool:
    *outer, last = rule.steps
    if not last.matches(known.tag, known.classes, known.own_id):
        return False
    left = list(outer)
    for one in reversed(above):
        if left and left[-1].matches(one.tag, one.classes, one.own_id):
            left.pop()
    return not left

"""A config.toml while it is being read: wrong values are taken out, their problems kept. Pure."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Iterator
from datetime import date, datetime, time

from digest import slots
from digest.config.document import Document, Table
from digest.config.positions import Key
from digest.config.problems import Problem, Wrong, shown
from digest.config.shape import HTTP_KEYS, ROOT, Fields, Leaf, Listed, Named, Shape, guess, unknown

# A mail header and a log line end at any of these; only an address may have several lines.
SEVERAL_LINES = {"postal_address", "intro"}
# TOML's own times and dates are meant at these; anywhere else at a text without its quotes.
TIMED, DATED = {"hour"}, {"start"}


class Draft:
    """One problem a key: what has been found wrong is gone for every later rule."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.tree: Table = copy.deepcopy(document.tree)
        self.problems: list[Problem] = []
        self.wrong: set[Key] = set()  # had a problem, or is what a mistaken key was meant to be
        self.written_as: dict[Key, Key] = {}  # collect.http.x <- collect.x

    def problem(self, key: Key, words: str) -> None:
        """Note what is wrong with ``key`` and take its value out."""
        self.note(key, words)
        self.wrong.add(key)
        match self.value(key[:-1]):
            case dict() as table:
                table.pop(key[-1], None)

    def note(self, key: Key, words: str) -> None:
        """Note what is wrong with a name; what it names is looked at all the same."""
        written = self.written_as.get(key, key)
        self.problems.append(self.document.problem(written, words))

    def value(self, key: Key) -> object:
        """What is at ``key``; None where nothing is."""
        return _at(self.tree, key)

    def line(self, key: Key) -> int:
        return self.document.layout.line(self.written_as.get(key, key))

    def as_written(self, key: Key) -> object:
        """What the file itself has at ``key``."""
        return _at(self.document.tree, self.written_as.get(key, key))

    def text(self, key: Key) -> str | None:
        value = self.value(key)
        return value if isinstance(value, str) else None

    def put(self, key: Key, value: object) -> None:
        """Give ``key`` a value; its table or list must be there."""
        match self.value(key[:-1]), key[-1]:
            case dict() as table, name:
                table[name] = value
            case list() as elements, int() as index:
                elements[index] = value
            case _:
                raise AssertionError(key)

    def matching(self, pattern: Key) -> Iterator[tuple[Key, object]]:
        """Every key like ``pattern`` with its value; ``*`` is any name or list element."""
        yield from list(_matching(self.tree, pattern, ()))

    def apply(self, pattern: Key, rule: Callable[[object], object]) -> None:
        """Replace each matching value by what ``rule`` makes of it, or note why it cannot."""
        for key, value in self.matching(pattern):
            try:
                self.put(key, rule(value))
            except Wrong as wrong:
                self.problem(key, str(wrong))


def _at(here: object, key: Key) -> object:
    for part in key:
        match here, part:
            case dict(), _:
                here = here.get(part)
            case list(), int():
                here = here[part] if part < len(here) else None
            case _:
                return None
    return here


def _matching(here: object, pattern: Key, key: Key) -> Iterator[tuple[Key, object]]:
    if not pattern:
        yield key, here
        return
    first, rest = pattern[0], pattern[1:]
    if isinstance(here, dict):
        for name, below in here.items():
            if first in ("*", name):
                yield from _matching(below, rest, (*key, name))
    if isinstance(here, list) and first == "*":
        for index, below in enumerate(here):
            yield from _matching(below, rest, (*key, index))


def take_in(document: Document) -> Draft:
    """A draft without the keys that config.toml does not have and without unusable values."""
    draft = Draft(document)
    _hoist_http(draft)
    _known_keys(draft, ROOT, ())
    _usable_values(draft, (), draft.tree)
    return draft


def _hoist_http(draft: Draft) -> None:
    """``[collect] allow_private`` is short for ``[collect.http] allow_private``; so with all."""
    collect = draft.tree.get("collect")
    if not isinstance(collect, dict):
        return
    for name in [name for name in collect if name in HTTP_KEYS]:
        http = collect.setdefault("http", {})
        if not isinstance(http, dict):
            return
        if name in http:
            draft.problem(
                ("collect", name), f"is also set as collect.http.{name}; keep one of them"
            )
            continue
        http[name] = collect.pop(name)
        draft.written_as["collect", "http", name] = ("collect", name)


def _known_keys(draft: Draft, shape: Shape, key: Key) -> None:
    here = draft.value(key)
    match shape, here:
        case Fields(of), dict():
            names = tuple(part for part in key if isinstance(part, str))
            for name in list(here):
                if name in of:
                    _known_keys(draft, of[name], (*key, name))
                    continue
                draft.problem(
                    (*key, name), unknown(name, shape, names, is_table=_is_table(here[name]))
                )
                if meant := guess(name, shape):
                    draft.wrong.add((*key, meant))
        case Named(each), dict():
            for name in list(here):
                _known_keys(draft, each, (*key, name))
        case Listed(each), list():
            for index in range(len(here)):
                _known_keys(draft, each, (*key, index))
        case Leaf(), dict():
            draft.problem(key, "is a table, but takes one value; write KEY = VALUE")


def _is_table(value: object) -> bool:
    return isinstance(value, dict) or (
        isinstance(value, list) and value != [] and _is_table(value[0])
    )


def _usable_values(draft: Draft, key: Key, here: object) -> None:
    if isinstance(here, dict):
        for name, below in list(here.items()):
            _usable_values(draft, (*key, name), below)
    elif isinstance(here, list):
        for index, below in enumerate(here):
            _usable_values(draft, (*key, index), below)
    elif words := _unusable(here, str(key[-1])):
        draft.problem(key, words)


def _unusable(value: object, name: str) -> str | None:
    if isinstance(value, float) and not math.isfinite(value):
        return f"is {shown(value)}; write a finite number"
    if (isinstance(value, datetime | date) and name not in DATED) or (
        isinstance(value, time) and name not in TIMED
    ):
        return f'is a date or time; if text is meant, write "{shown(value)}"'
    if not isinstance(value, str):
        return None
    if name in SEVERAL_LINES:
        value = value.replace("\r\n", "").replace("\n", "")
    if not (character := slots.unshown(value)):
        return None
    if character in slots.MARKS:
        return f"holds U+{ord(character):04X}, which Digest keeps for itself; remove it"
    what = "a line break" if character in "\r\n\u2028\u2029" else "a control character"
    return f"holds {what}; write it on one line of plain text"

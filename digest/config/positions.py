"""TOML text to where each key stands: its line and the span of its value. Pure.

``tomllib`` says what a file means and forgets where; an error that names a line needs both. The
scanner trusts the text to be valid TOML and stops quietly where it is not, so that what was read
up to a mistake can still be told.
"""

from __future__ import annotations

import contextlib
import re
import tomllib
from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass

Key = tuple[str | int, ...]  # ("collect", "sources", 0, "name")

_BARE = re.compile(r"[A-Za-z0-9_-]+")
_BASIC = re.compile(r'"(?:[^"\\\n]|\\.)*"')
_LITERAL = re.compile(r"'[^'\n]*'")
_LONG_BASIC = re.compile(r'"""(?:[^"\\]|\\.|"{1,2}(?!"))*"{3,5}', re.DOTALL)
_LONG_LITERAL = re.compile(r"'''.*?'{3,5}", re.DOTALL)
_SCALAR = re.compile(r"[^,\]}#\r\n]+")
_BLANK = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_SPACE = re.compile(r"[ \t]*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """``text[start:end]`` is the value (of a table: its header); ``line`` is where its key is."""

    line: int
    start: int
    end: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """A ``[table]`` or ``[[table]]`` line; ``end`` is the end of the last line that is its own."""

    key: Key
    line: int
    start: int
    end: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Twice:
    """A key or table that is given a second time."""

    key: Key
    line: int
    first: int
    table: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    places: Mapping[Key, Place]
    headers: tuple[Header, ...]
    twice: Twice | None
    unfinished: int | None  # the line of the key whose value could not be read to its end

    def line(self, key: Key) -> int:
        """The line of ``key``, or of the nearest table or list around it; 1 where there is none."""
        while key:
            if place := self.places.get(key):
                return place.line
            key = key[:-1]
        return 1


def layout(text: str) -> Layout:
    """Where every key, table and list element of ``text`` stands."""
    scanner = _Scanner(text)
    with contextlib.suppress(_Stop):
        scanner.document()
    return Layout(
        places=scanner.places,
        headers=tuple(scanner.headers),
        twice=scanner.twice,
        unfinished=scanner.unfinished,
    )


class _Stop(Exception):
    """The text is no TOML from here on."""


class _Scanner:
    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.places: dict[Key, Place] = {}
        self.headers: list[Header] = []
        self.twice: Twice | None = None
        self.unfinished: int | None = None
        self._starts = [0, *(match.end() for match in re.finditer("\n", text))]
        self._counts: dict[Key, int] = {}  # elements so far of each [[array of tables]]
        self._opened: dict[Key, int] = {}  # [table] -> line
        self._set: dict[Key, int] = {}  # key = value -> line

    def document(self) -> None:
        table: Key = ()
        while self._skip(_BLANK) < len(self.text):
            if self.text[self.at] == "[":
                table = self._header()
            else:
                self.unfinished = self._line(self.at)
                self._pair(table)
                self._extend()
                self.unfinished = None

    def _header(self) -> Key:
        start = self.at
        marks = 2 if self.text.startswith("[[", start) else 1
        self.at += marks
        parts = self._dotted()
        self._expect("]" * marks)
        place = Place(line=self._line(start), start=start, end=self.at)
        key = self._resolved(parts, place, array=marks == 2)
        if marks == 1:
            self._note_twice(self._opened, key, place.line, table=True)
        self.places.setdefault(key, place)
        self.headers.append(Header(key=key, line=place.line, start=start, end=self._line_end()))
        return key

    def _resolved(self, parts: Key, place: Place, *, array: bool) -> Key:
        """The key a header means: below an array of tables, its newest element."""
        key: Key = ()
        for depth, part in enumerate(parts, 1):
            key = (*key, part)
            self.places.setdefault(key, place)
            if array and depth == len(parts):
                self._counts[key] = self._counts.get(key, 0) + 1
            if key in self._counts:
                key = (*key, self._counts[key] - 1)
        return key

    def _pair(self, table: Key) -> None:
        start = self.at
        key = (*table, *self._dotted())
        self._skip(_SPACE)
        self._expect("=")
        self._skip(_SPACE)
        line = self._line(start)
        self._note_twice(self._set, key, line, table=False)
        for depth in range(len(table) + 1, len(key)):
            self.places.setdefault(key[:depth], Place(line=line, start=start, end=start))
        self._value(key, line)

    def _value(self, key: Key, line: int) -> None:
        start = self.at
        opening = self.text[start : start + 3]
        match opening[:1]:
            case "":
                raise _Stop
            case "[":
                self._array(key)
            case "{":
                self._inline(key)
            case '"':
                self._token(_LONG_BASIC if opening == '"""' else _BASIC)
            case "'":
                self._token(_LONG_LITERAL if opening == "'''" else _LITERAL)
            case _:
                self.at = start + len(self._token(_SCALAR).rstrip())
        self.places.setdefault(key, Place(line=line, start=start, end=self.at))

    def _array(self, key: Key) -> None:
        self.at += 1
        index = 0
        while True:
            self._skip(_BLANK)
            if self._take("]"):
                return
            self._value((*key, index), self._line(self.at))
            index += 1
            self._skip(_BLANK)
            if not self._take(","):
                self._expect("]")
                return

    def _inline(self, key: Key) -> None:
        self.at += 1
        while True:
            self._skip(_BLANK)
            if self._take("}"):
                return
            self._pair(key)
            self._skip(_BLANK)
            if not self._take(","):
                self._expect("}")
                return

    def _dotted(self) -> Key:
        parts: list[str] = []
        while True:
            self._skip(_SPACE)
            quote = self.text[self.at : self.at + 1]
            if quote in ('"', "'"):
                raw = self._token(_BASIC if quote == '"' else _LITERAL)
                parts.append(_unquoted(raw))
            else:
                parts.append(self._token(_BARE))
            self._skip(_SPACE)
            if not self._take("."):
                return tuple(parts)

    def _token(self, pattern: re.Pattern[str]) -> str:
        found = pattern.match(self.text, self.at)
        if found is None:
            raise _Stop
        self.at = found.end()
        return found.group()

    def _skip(self, pattern: re.Pattern[str]) -> int:
        found = pattern.match(self.text, self.at)
        assert found is not None  # both patterns match nothing at all
        self.at = found.end()
        return self.at

    def _take(self, mark: str) -> bool:
        taken = self.text.startswith(mark, self.at)
        self.at += len(mark) if taken else 0
        return taken

    def _expect(self, mark: str) -> None:
        if not self._take(mark):
            raise _Stop

    def _note_twice(self, seen: dict[Key, int], key: Key, line: int, *, table: bool) -> None:
        if key in seen and self.twice is None:
            self.twice = Twice(key=key, line=line, first=seen[key], table=table)
        seen[key] = line

    def _extend(self) -> None:
        """The pair just read belongs to the newest header: its own lines reach to here."""
        if self.headers:
            last = self.headers[-1]
            self.headers[-1] = Header(
                key=last.key, line=last.line, start=last.start, end=self._line_end()
            )

    def _line(self, offset: int) -> int:
        return bisect_right(self._starts, offset)

    def _line_end(self) -> int:
        """Just past the newline that ends the current line."""
        newline = self.text.find("\n", self.at)
        return len(self.text) if newline < 0 else newline + 1


def _unquoted(raw: str) -> str:
    try:
        return str(tomllib.loads(f"k = {raw}")["k"])
    except tomllib.TOMLDecodeError as error:
        raise _Stop from error

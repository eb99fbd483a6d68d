"""Bytes of a CSV file to its records with their line numbers, in bounded memory. Pure.

A line or record longer than 64 KiB is refused, not read; a quote that is never closed costs the
line it is on and not the rest of the file.
"""

from __future__ import annotations

import codecs
import csv
import re
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

MOST_BYTES = 64 * 1024
MOST_LINES = 20  # in one quoted cell
_DELIMITERS = ",;\t|"
# A line of a list of addresses (RFC 5322, 3.4): its quotes are not those of CSV.
_NAMED = re.compile(r'\s*"[^"]*"\s*<[^<>"]+>\s*[,;]?\s*')
_TOO_LONG = f"The line is longer than {MOST_BYTES:,} bytes."


class Line(NamedTuple):
    """One physical line without its end; numbered from 1."""

    number: int
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Malformed:
    """What could not be read. ``reason`` never quotes the line: it may hold an address."""

    line: int
    reason: str


class Record(NamedTuple):
    """The cells of one record, and the line it begins on."""

    line: int
    cells: list[str]


def split(
    blocks: Iterable[bytes], guessed: Callable[[int], object] | None = None
) -> Iterator[Line | Malformed]:
    """Blocks of a file to its lines, each decoded by itself: UTF-8, else cp1252.

    ``guessed`` is told the number of each of the latter: another encoding may have been meant.
    A UTF-16 or UTF-8 byte order mark is believed. Lines end with LF, CRLF or CR.
    """
    number = 0
    for raw in _raw(_as_utf8(blocks)):
        number += 1
        if raw is None or len(raw) > MOST_BYTES:
            yield Malformed(line=number, reason=_TOO_LONG)
            continue
        try:
            text = raw.decode()
        except UnicodeDecodeError:
            text = raw.decode("cp1252", "replace")
            if guessed:
                guessed(number)
        yield Line(number, text.rstrip("\r\n"))


def records(lines: Iterable[Line | Malformed]) -> Iterator[Record | Malformed]:
    """Lines to records. The delimiter is the one the first line has most of; blank lines pass."""
    waiting: deque[Line | Malformed] = deque()
    source = iter(lines)
    delimiter = ""
    while True:
        line = waiting.popleft() if waiting else next(source, None)
        if line is None:
            return
        if isinstance(line, Malformed):
            yield line
            continue
        if not line.text.strip():
            continue
        if not delimiter and line.text[:4].lower() == "sep=" and len(line.text) == len("sep=;"):
            delimiter = line.text[-1]  # what Excel writes and reads above the header
            continue
        delimiter = delimiter or max(_DELIMITERS, key=line.text.count)
        if '"' not in line.text:
            yield Record(line.number, line.text.split(delimiter))
            continue
        yield _quoted(line, delimiter, source, waiting)


def _quoted(
    first: Line,
    delimiter: str,
    source: Iterator[Line | Malformed],
    waiting: deque[Line | Malformed],
) -> Record | Malformed:
    """A record with quotes, which may go on over several lines; what it does not use waits."""
    if _NAMED.fullmatch(first.text):
        return Record(first.number, [first.text])
    taken: list[Line | Malformed] = []
    text = first.text
    while text.count('"') % 2 and len(taken) < MOST_LINES and len(text) <= MOST_BYTES:
        more = waiting.popleft() if waiting else next(source, None)
        if more is None:
            break
        taken.append(more)
        if isinstance(more, Malformed):
            break
        text = f"{text}\n{more.text}"
    try:
        if text.count('"') % 2:
            raise csv.Error("open quote")
        if len(text) > MOST_BYTES:
            return Malformed(line=first.number, reason=_TOO_LONG)
        return Record(first.number, next(csv.reader([text], delimiter=delimiter, strict=True)))
    except csv.Error:
        waiting.extendleft(reversed(taken))
        return Malformed(line=first.number, reason="A quote is not closed, or not doubled.")


def _as_utf8(blocks: Iterable[bytes]) -> Iterator[bytes]:
    source = iter(blocks)
    first = next(source, b"")
    for mark, name in ((codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be")):
        if first.startswith(mark):
            decoder = codecs.getincrementaldecoder(name)("replace")
            yield decoder.decode(first[len(mark) :]).encode("utf-8", "replace")
            for block in source:
                yield decoder.decode(block).encode("utf-8", "replace")
            return
    yield first.removeprefix(codecs.BOM_UTF8)
    yield from source


def _raw(blocks: Iterable[bytes]) -> Iterator[bytes | None]:
    """Lines with their ends; None stands for one that is too long to keep."""
    rest = b""
    dropped = False
    for block in blocks:
        pieces = (rest + block).splitlines(keepends=True)
        # A lone CR at the end may be half of a CRLF: it waits for the next block.
        rest = pieces.pop() if pieces and not pieces[-1].endswith(b"\n") else b""
        for piece in pieces:
            yield None if dropped else piece
            dropped = False
        if len(rest) > MOST_BYTES:
            dropped, rest = True, b""
    if rest or dropped:
        yield None if dropped else rest

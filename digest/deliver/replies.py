"""Bytes of an SMTP server to its replies, bounded in every direction (RFC 5321, 4.2). Pure."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator
from typing import TypeAlias

from digest.deliver.outcome import Accepted, Deferred, Refused, Stage

MAX_LINE = 2048  # RFC 5321 allows 512; some servers say more
MAX_LINES = 64
MAX_TEXT = 500  # of the words we keep
LF = 10  # as a byte: to look for one as bytes takes seven times as long

Reply: TypeAlias = tuple[int, bytes]  # its code, and its lines joined by LF

_ENHANCED = re.compile(r"([245]\.\d{1,3}\.\d{1,3})(?:\s+|$)")
CLOSING = 421  # RFC 5321, 4.2.1: the server closes whatever it is asked


class Garbled(Exception):
    """The server does not speak SMTP any more; the text says how we know."""


class ReplyReader:
    """Collects bytes as they come and hands out whole replies."""

    __slots__ = ("_lines", "_rest")

    def __init__(self) -> None:
        self._rest = b""
        self._lines: list[bytes] = []

    @property
    def between(self) -> bool:
        """Is no reply begun and not ended?"""
        return not (self._rest or self._lines)

    def feed(self, data: bytes) -> Iterator[Reply]:
        """The replies that ``data`` completes, in order; what came before garbage counts.

        Raises Garbled. Must be read to its end.
        """
        lines = (self._rest + data).split(b"\n")
        self._rest = lines.pop()
        for line in lines:
            if not _well_formed(line):
                raise Garbled(f"it said {words(line[:80])!r}")
            if line[3:4] != b"-" and not self._lines:
                yield int(line[:3]), line
                continue
            self._lines.append(line)
            if line[:3] != self._lines[0][:3]:
                raise Garbled("the lines of one reply have different codes")
            if len(self._lines) > MAX_LINES:
                raise Garbled("its reply does not end")
            if line[3:4] != b"-":
                whole, self._lines = b"\n".join(self._lines), []
                yield int(line[:3]), whole
        if len(self._rest) > MAX_LINE:
            raise Garbled("a line of its reply does not end")


def is_ok(line: bytes) -> bool:
    """Is this one line (its CRLF is cut off) that accepts a message in the usual way?"""
    return line[:4] == b"250 " and LF not in line and len(line) <= MAX_LINE


def is_turn(data: bytes) -> bool:
    """Are these four replies, as nearly always: accepted, Ok, Ok, go on?

    They are the answer to one write: the dot, and MAIL, RCPT, DATA of the message that follows.
    Anything else ReplyReader must look at.
    """
    lines = data.split(b"\r\n")
    return (
        len(lines) == 5
        and not lines[4]
        and lines[0][:4] == lines[1][:4] == lines[2][:4] == b"250 "
        and lines[3][:4] == b"354 "
        and data.count(b"\n") == 4
        and len(data) <= MAX_LINE
    )


def _well_formed(line: bytes) -> bool:
    code = line[:3]
    return (
        len(code) == 3
        and code.isdigit()
        and b"2" <= code[:1] <= b"5"
        and line[3:4] in (b" ", b"-", b"\r", b"")
        and len(line) <= MAX_LINE
    )


def said(raw: bytes) -> tuple[str, str]:
    """The enhanced status code (RFC 3463; empty where there is none) and the words, on one line."""
    if LF not in raw:
        text = words(raw[4:])
        first, _, rest = text.partition(" ")
        return (first, rest.lstrip()) if _is_enhanced(first) else ("", text)
    texts = [line[4:] for line in raw.split(b"\n")]
    text = words(b" ".join(text.strip() for text in texts))
    found = _ENHANCED.match(text)
    if found is None:
        return "", text
    # Each line of a reply repeats the code (RFC 2034, 4).
    return found[1], text.replace(f" {found[1]} ", " ")[found.end() :]


@functools.lru_cache(maxsize=64)  # a relay says the same one again and again
def _is_enhanced(word: str) -> bool:
    return _ENHANCED.fullmatch(word) is not None


def words(raw: bytes) -> str:
    """What a server said as one bounded line without control characters."""
    text = raw[: 4 * MAX_TEXT].decode("utf-8", "replace").strip()
    if not text.isprintable():
        text = "".join(c if c.isprintable() else " " for c in text).strip()
    return text[:MAX_TEXT]


def accepted(reply: Reply) -> Accepted:
    """A 2xx after the dot."""
    code, raw = reply
    return Accepted(code, *said(raw))


def verdict(reply: Reply) -> Accepted | Deferred | Refused:
    """What became of a message, by the reply to its end."""
    return accepted(reply) if reply[0] < 300 else failure(reply, Stage.END)


def failure(reply: Reply, stage: Stage) -> Deferred | Refused:
    """A reply that is no success: 5xx refuses, all else defers."""
    code, raw = reply
    enhanced, text = said(raw)
    return (Refused if code >= 500 else Deferred)(code, enhanced, text, stage)

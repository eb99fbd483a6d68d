"""Text to quoted-printable in pieces that can be joined anywhere (RFC 2045, 6.7). Pure.

A piece for a personal slot is fenced by soft line breaks, so that no escape is ever split and no
line grows beyond 76 characters whatever is filled in. A dot never begins a line: it is ``=2E``,
so SMTP has nothing to stuff.
"""

from __future__ import annotations

import functools
import re

SOFT = b"=\r\n"
LINE = 75  # and the soft break's own sign makes 76

_LITERAL = {code: bytes([code]) for code in range(33, 127) if code != 61} | {32: b" ", 9: b"\t"}
_CODES = tuple(_LITERAL.get(code, b"=%02X" % code) for code in range(256))
_HARD = re.compile(r"\r\n|\r|\n")
_PLAIN = re.compile(r"[ -<>-~]*[!-<>-~]")  # as names and links mostly are: stands for itself


def body(text: str) -> bytes:
    """``text`` with CRLF line ends; what it is joined to may follow after SOFT or CRLF."""
    return b"\r\n".join(_line(line) for line in _HARD.split(text))


@functools.lru_cache(maxsize=16)  # a link stands in the text and in the HTML
def slot(value: str) -> bytes:
    """A filled slot between its fences. Line ends in ``value`` become spaces."""
    return SOFT + _line(_HARD.sub(" ", value)) + SOFT


def _line(text: str) -> bytes:
    """One line of text to encoded lines of at most 75 characters, parted by soft breaks."""
    if _PLAIN.fullmatch(text):
        plain = text.encode("ascii")
        pieces = [plain[at : at + LINE] for at in range(0, len(plain), LINE)]
        if not any(piece.startswith((b".", b"F")) for piece in pieces):
            return SOFT.join(pieces)
    codes = [_CODES[byte] for byte in text.encode("utf-8", "replace")]
    if codes and codes[-1] in (b" ", b"\t"):
        codes[-1] = b"=20" if codes[-1] == b" " else b"=09"
    whole = b"".join(codes)
    if len(whole) <= LINE and not whole.startswith((b".", b"F")):
        return whole
    lines: list[bytes] = []
    line: list[bytes] = []
    room = LINE
    for code in codes:
        if len(code) > room:
            lines.append(b"".join(line))
            line, room = [], LINE
        if not line:
            code = _first(code)
        line.append(code)
        room -= len(code)
    lines.append(b"".join(line))
    return SOFT.join(lines)


def _first(code: bytes) -> bytes:
    # "." would have to be stuffed; "From " is changed by old mailboxes.
    return {b".": b"=2E", b"F": b"=46"}.get(code, code)

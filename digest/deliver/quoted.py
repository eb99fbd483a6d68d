"""Text to quoted-printable in pieces that can be joined anywhere (RFC 2045, 6.7). Pure.

A piece for a personal slot is fenced by soft line breaks, so that no escape is ever split and no
line grows beyond 76 characters whatever is filled in. A dot never begins a line: it is ``=2E``,
so SMTP has nothing to stuff.
"""

from __future__ import annotations

import binascii
import re
from collections.abc import Sequence
from operator import itemgetter

SOFT = b"=\r\n"
_FENCED = b"=\r\n%b=\r\n"
LINE = 75  # and the soft break's own sign makes 76

_SPECIAL = re.compile(rb"[^\t !-<>-~]")  # the rest stands for itself
_SIGN = ord("=")
_HARD = re.compile(r"\r\n|\r|\n")
# At a line's beginning: "." would have to be stuffed, "From " is changed by old mailboxes.
_MOVED = {b".": b"=2E", b"F": b"=46"}
_BEGINS = tuple(_MOVED)
_MOVES = re.compile(rb"[.F]")


def body(text: str) -> bytes:
    """``text`` with CRLF line ends; what it is joined to may follow after SOFT or CRLF."""
    return b"\r\n".join(_line(line) for line in _HARD.split(text))


def slot(value: str) -> bytes:
    """A filled slot between its fences. Line ends in ``value`` become spaces."""
    return _FENCED % filling(value)


def filling(value: str) -> bytes:
    """What stands between the fences of a slot."""
    raw = value.encode("utf-8", "replace")
    if value.isprintable() and (
        len(raw) <= LINE // 3 or (len(raw) < LINE - 2 and value.isascii() and "=" not in value)
    ):
        line = binascii.b2a_qp(raw, istext=True)  # as _line, in C; so short it is never folded
        if not line.startswith(_BEGINS):
            return line
    return _line(_HARD.sub(" ", value))


def fillings(values: Sequence[str]) -> list[bytes]:
    """``filling`` of each; what is short and simple is encoded in one go."""
    joined = "\n".join(values)
    if joined.replace("\n", "").isprintable():
        whole = b"\n" + binascii.b2a_qp(joined.encode(), istext=True)  # as _line, in C
        _, *lines = whole.split(b"\n")
        if len(lines) == len(values):  # else one was folded, or had a line end of its own
            if max(map(len, lines)) <= LINE and b"\n." not in whole and b"\nF" not in whole:
                return lines
            return [
                filling(value) if len(line) > LINE or line.startswith(_BEGINS) else line
                for value, line in zip(values, lines, strict=True)
            ]
    return list(map(filling, values))


def links(beginning: bytes, ends: Sequence[bytes]) -> list[bytes]:
    """``filling`` of what all begin with and each of ``ends``, all of it visible ASCII without
    a ``=``, as most links are."""
    cut = LINE - len(beginning)
    if cut < 0 or not beginning or beginning.startswith(_BEGINS):
        return [_plain(beginning + end) for end in ends]
    begun = beginning.replace(b"%", b"%%")
    lengths = set(map(len, ends))
    if max(lengths, default=0) <= cut:
        return list(map((begun + b"%b").__mod__, ends))
    if min(lengths) <= cut or max(lengths) > cut + LINE - 2:
        return [_plain(beginning + end) for end in ends]
    # All are folded once, as nearly always.
    folded = begun + b"%b" + SOFT + b"%b"
    heads, rests = itemgetter(slice(cut)), itemgetter(slice(cut, None))
    made = list(map(folded.__mod__, zip(map(heads, ends), map(rests, ends), strict=True)))
    for moved in _MOVES.finditer(bytes(map(itemgetter(cut), ends))):  # may not begin a line
        end = ends[moved.start()]
        made[moved.start()] = folded % (end[:cut], _MOVED[moved[0]] + end[cut + 1 :])
    return made


def _plain(value: bytes) -> bytes:
    return SOFT.join(_cut(value))


def _line(text: str) -> bytes:
    """One line of text to encoded lines of at most 75 characters, parted by soft breaks."""
    encoded = _SPECIAL.sub(_escape, text.encode("utf-8", "replace"))
    if encoded.endswith((b" ", b"\t")):
        encoded = encoded[:-1] + b"=%02X" % encoded[-1]
    return SOFT.join(_cut(encoded))


def _escape(special: re.Match[bytes]) -> bytes:
    return b"=%02X" % special[0][0]


def _cut(encoded: bytes) -> list[bytes]:
    """Encoded text to lines, each as long as can be; no escape is cut."""
    lines: list[bytes] = []
    at = 0
    while at < len(encoded) or not lines:
        line, to = b"", at + LINE
        if encoded[at : at + 1] in _MOVED:
            line = _MOVED[encoded[at : at + 1]]
            at, to = at + 1, to - len(line) + 1
        if to < len(encoded):  # an escape begins with its sign and is of three characters
            to -= 1 if encoded[to - 1] == _SIGN else 2 if encoded[to - 2] == _SIGN else 0
        lines.append(line + encoded[at:to])
        at = to
    return lines

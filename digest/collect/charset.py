"""Bytes and what they claim to be to text; claims are tried, not trusted. Pure."""

from __future__ import annotations

import codecs
import contextlib
import re

from charset_normalizer import from_bytes

from digest import characters
from digest.collect import alphabets

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
# UTF-16 without its mark, as XML 1.0 (F.1) tells it by the first two characters.
_UNMARKED = ((b"<\0?\0", "utf-16-le"), (b"\0<\0?", "utf-16-be"))
_DECLARED = re.compile(
    rb"<\?xml[^>]{0,200}encoding\s*=\s*[\"']([\w.:-]{2,40})"
    rb"|<meta[^>]{0,200}charset\s*=\s*[\"']?\s*([\w.:-]{2,40})",
    re.IGNORECASE,
)
# What these names mean on the web is the Windows superset (WHATWG Encoding Standard).
_MEANT = {"iso8859-1": "cp1252", "ascii": "cp1252", "iso8859-9": "cp1254", "gb2312": "gb18030"}
# Codecs of Python's that decode almost anything, and in which no page is written.
_NO_CHARSETS = frozenset(("idna", "punycode", "unicode-escape", "raw-unicode-escape"))
# What pages are written in; the others (Mac, DOS, EBCDIC) only make guesses worse.
_ON_THE_WEB = (
    "cp1252 cp1251 koi8_r cp1250 cp1253 cp1254 cp1255 cp1256 cp1257 cp1258 iso8859_2 cp874 "
    "shift_jis euc_jp gb18030 big5 euc_kr"
).split()
_WHOLE_PER_CUT = 4  # characters beyond ASCII; by chance no other encoding has as many
_GUESSED_FROM = 60_000  # bytes; a guess needs no more, and it is slow


def decode(body: bytes, *, claimed: str | None = None) -> str:
    """``body`` as text without NUL. ``claimed``: what the header said. Never raises.

    A body that is valid UTF-8 and not plain ASCII is UTF-8 whatever it claims, and so is one with
    a scratch; a claim under which it does not decode is a lie; the last resort replaces.
    """
    return characters.whole(_decoded(body, claimed))


def _decoded(body: bytes, claimed: str | None) -> str:
    for mark, name in _BOMS:
        if body.startswith(mark):
            return body[len(mark) :].decode(name, errors="replace")
    for start, name in _UNMARKED:
        if body.startswith(start):
            return body.decode(name, errors="replace")
    declared = _DECLARED.search(body[:2048])
    inside = next((group for group in declared.groups() if group), b"") if declared else b""
    claims = [name for name in (_known(claimed), _known(inside.decode("ascii"))) if name]
    if body.isascii():
        # ISO-2022-JP and UTF-7 hide in ASCII; only the first is believed.
        escaped = [name for name in claims if name.startswith("iso2022")]
        return body.decode(escaped[0] if escaped else "ascii", errors="replace")
    with contextlib.suppress(UnicodeDecodeError):
        return body.decode("utf-8")
    almost = body.decode("utf-8", errors="replace")
    cuts = almost.count("\ufffd")
    beyond = len(almost) - len(almost.encode("ascii", errors="ignore"))
    if beyond >= (1 + _WHOLE_PER_CUT) * cuts:
        return almost  # UTF-8 with a scratch, such as a cut in the middle of a character
    for name in claims:
        try:
            return body.decode(name)
        except (UnicodeError, LookupError):
            continue
    if "utf-8" in claims and cuts * 200 < len(almost):
        return almost
    return body.decode(_guessed(body[:_GUESSED_FROM]), errors="replace")


def _guessed(body: bytes) -> str:
    guess = from_bytes(body, cp_isolation=_ON_THE_WEB).best()
    name = guess.encoding if guess else "cp1252"
    return (alphabets.encoding(body) or name) if name in alphabets.LATIN else name


def _known(name: str | None) -> str | None:
    try:
        found = codecs.lookup((name or "").strip()).name
    except (LookupError, ValueError):
        return None
    return _MEANT.get(found, found) if found not in _NO_CHARSETS else None

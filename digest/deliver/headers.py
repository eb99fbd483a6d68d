"""Header values to header lines of RFC 5322, encoded and folded. Pure.

Nothing that could end a line gets in: a title with a line break in it is one line of text here.
"""

from __future__ import annotations

import binascii
import functools
import re
import string
from collections.abc import Sequence
from email.errors import HeaderParseError
from email.header import Header, decode_header, make_header
from itertools import starmap

from digest.domains import in_dns
from digest.errors import Misconfigured

FOLD = 76
NAME = FOLD - 12
_ALWAYS_FITS = 25  # bytes that binascii never folds, all of them escaped
_FITS = NAME - len("=?utf-8?q??=")
_UNTIDY = re.compile(r"  | \n|\n ")
_UNSEEN = re.compile(r"[\x00-\x1f\x7f\x85\u2028\u2029\ud800-\udfff]+")
_ADDRESS = r'[^<>@\s"]+@[^<>@\s"]+'
_QUOTED = r'"(?:[^"\\]|\\.)*"'
_MAILBOX = re.compile(
    rf'(?P<name>(?:{_QUOTED}|[^"<>@])*)<(?P<angled>{_ADDRESS})>|(?P<bare>{_ADDRESS})'
)
_PIECE = re.compile(rf'{_QUOTED}|[^"]+')
_ENCODED = r"=\?[^?\s]+\?[bqBQ]\?[^?\s]*\?="
_ENCODED_WORDS = re.compile(rf"{_ENCODED}(?: +{_ENCODED})*")
_WORD_LITERAL = {ord(c): c for c in string.ascii_letters + string.digits + "-!*+/"} | {32: "_"}
_WORD_CODES = tuple(_WORD_LITERAL.get(code, f"={code:02X}") for code in range(256))
_ATOM_WORDS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?: [A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")


def line(name: str, value: str) -> bytes:
    """``Name: value`` and its CRLF; the value is plain text, encoded where it must be."""
    value = one_line(value)
    # A literal =?..?= would be decoded by readers, so it is encoded once more.
    charset = "us-ascii" if value.isascii() and "=?" not in value else "utf-8"
    header = Header(value, charset=charset, header_name=name, maxlinelen=FOLD)
    return _joined(name, header.encode(linesep="\r\n"))


def structured(name: str, *parts: str) -> bytes:
    """``Name: part, part``, folded between the parts, which are well-formed already."""
    text = name + ": " + ",\r\n ".join(parts)
    return text.encode("utf-8") + b"\r\n"


def mailbox(name: str, address: str) -> str:
    """``Name <address>`` for a structured header; the name quoted or encoded where it must be."""
    name = one_line(name)
    if not name:
        return address
    if not name.isascii() and (word := _one_word(name)):
        return f"{word} <{address}>"
    if _ATOM_WORDS.fullmatch(name) and "=?" not in name and len(name) <= FOLD:
        return f"{name} <{address}>"
    if name.isascii() and "=?" not in name and len(name) <= FOLD:
        quoted = name.replace("\\", "\\\\").replace('"', '\\"')
        return f'"{quoted}" <{address}>'
    words = Header(name, charset="utf-8", maxlinelen=NAME).encode(linesep="\r\n")
    return f"{words} <{address}>"


def mailboxes(names: Sequence[str], addresses: Sequence[str]) -> list[bytes]:
    """``mailbox`` of each, as octets; in half the time where all are words of Latin letters."""
    whole = "\n".join(["", *names, ""])
    if _is_latin(whole.replace("\n", " ")) and not _UNTIDY.search(whole):
        _, *words, _ = binascii.b2a_qp(whole.encode(), header=True).split(b"\n")
        if len(words) == len(names):  # else one was folded
            some = zip(names, words, addresses, strict=True)
            return list(starmap(_of_letters, some))
    return [mailbox(*both).encode() for both in zip(names, addresses, strict=True)]


def _of_letters(name: str, word: bytes, address: str) -> bytes:
    """``mailbox`` of a name of letters; ``word`` is the name in quoted-printable."""
    if name.isascii():
        if name and len(name) <= FOLD:
            return f"{name} <{address}>".encode()
    elif len(word) <= _FITS and len(word) <= (len(name) + 3) // 3 * 4:  # else perhaps in base64
        return b"=?utf-8?q?%b?= <%b>" % (word, address.encode())
    return mailbox(name, address).encode()


@functools.lru_cache(maxsize=64)
def parsed(sender: str) -> tuple[str, str]:
    """A ``Name <address>`` of the configuration to its name and address.

    The domain is by its name in the DNS: our own address needs no SMTPUTF8 (RFC 6531) then.
    Raises Misconfigured for what is no mailbox.
    """
    # Not the standard library's parsers: for them an unquoted comma begins another mailbox.
    match = _MAILBOX.fullmatch(one_line(sender))
    if match is None:
        raise Misconfigured("sender", f"{sender!r} has no address; write Name <name@example.org>")
    name = "".join(map(_piece, _PIECE.findall(match["name"] or "")))
    local, _, domain = (match["angled"] or match["bare"]).partition("@")
    return " ".join(filter(None, name.split(" "))), f"{local}@{in_dns(domain)}"


def one_line(text: str) -> str:
    """``text`` without anything that could begin another line."""
    if not text.isprintable():
        text = _UNSEEN.sub(" ", text)
    return text.strip()


def _piece(text: str) -> str:
    """A piece of a name as a reader sees it: without its quotes (RFC 5322, 3.2.4), or decoded."""
    if text.startswith('"'):
        return re.sub(r"\\(.)", r"\1", text[1:-1])
    return _ENCODED_WORDS.sub(_decoded, text)


def _decoded(words: re.Match[str]) -> str:
    try:
        return one_line(str(make_header(decode_header(words[0]))))
    except (HeaderParseError, LookupError, ValueError):
        return words[0]  # only looks like encoded words of RFC 2047


def _one_word(text: str) -> str:
    """``text`` as one encoded word (RFC 2047), the shorter of its two kinds; empty: too long.

    What email.header writes, in a twentieth of its time: one is written for every reader.
    """
    raw = text.encode("utf-8")
    if 4 * len(raw) > 3 * NAME:
        return ""
    if len(raw) <= _ALWAYS_FITS and _is_letters(text):
        quoted = binascii.b2a_qp(raw, header=True).decode("ascii")  # does what is below, in C
    else:
        quoted = "".join([_WORD_CODES[byte] for byte in raw])
    if len(quoted) <= (len(raw) + 2) // 3 * 4:
        word = f"=?utf-8?q?{quoted}?="
    else:
        word = f"=?utf-8?b?{binascii.b2a_base64(raw, newline=False).decode('ascii')}?="
    return word if len(word) <= NAME else ""


def _is_letters(text: str) -> bool:
    """Letters, digits and spaces: what binascii encodes as RFC 2047 wants it."""
    return text.replace(" ", "").isalnum()


def _is_latin(text: str) -> bool:
    """Such, and all of them in the first 256: of others base64 is often the shorter."""
    try:
        text.encode("latin-1")
    except UnicodeEncodeError:
        return False
    return _is_letters(text)


def _joined(name: str, value: str) -> bytes:
    return f"{name}: {value}".encode() + b"\r\n"

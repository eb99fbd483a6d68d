"""A message and keys to its DKIM-Signature lines (RFC 6376, 8301, 8463). Pure.

The header is always relaxed; the body relaxed or simple. Signing with RSA costs most of a
millisecond of CPU, so dispatch calls this in processes of its own; everything here is picklable.
"""

from __future__ import annotations

import base64
import functools
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, NamedTuple

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key

from digest.domains import in_dns
from digest.errors import Misconfigured

RSA_BITS = 2048

# Signed where present. Those of TWICE are named once more, so that none can be added later.
SIGNED = (
    "from to subject date message-id reply-to list-id list-unsubscribe list-unsubscribe-post "
    "mime-version content-type content-language auto-submitted"
).split()
TWICE = ("from", "subject")

_NAMES = tuple(name.encode() for name in SIGNED)
_WANTED = frozenset(_NAMES)
_PADDING, _SHA256 = padding.PKCS1v15(), hashes.SHA256()


class Body(StrEnum):
    """How the body is made canonical: relaxed forgives changed blanks, simple is quicker."""

    RELAXED = "relaxed"
    SIMPLE = "simple"


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """A private key (PEM, PKCS 8: RSA of 2048 bits or more, or Ed25519) and where its half is."""

    domain: str  # A-labels (RFC 6376, 3.5)
    selector: str  # the record is at SELECTOR._domainkey.DOMAIN
    pem: bytes = field(repr=False)


class Shared:
    """The hash of what the bodies of an edition begin with, computed once and copied."""

    def __init__(self, prefix: bytes = b"") -> None:
        # Line ends at the very end may yet turn out to be those that do not count.
        self.prefix = prefix.rstrip(b"\r\n")
        self._hash = hashlib.sha256(self.prefix)

    def digest(self, pieces: Sequence[bytes]) -> bytes:
        """SHA-256 of a canonical body in ``pieces``; that of the prefix is not computed again."""
        at = 0
        for number, piece in enumerate(pieces):
            rest = self.prefix[at : at + len(piece)]
            if not piece.startswith(rest):
                break
            at += len(piece)
            if at >= len(self.prefix):
                state = self._hash.copy()
                state.update(memoryview(piece)[len(rest) :])
                return _hashed(state, pieces[number + 1 :])
        return _hashed(hashlib.sha256(), pieces)


def _hashed(state: hashlib._Hash, pieces: Sequence[bytes]) -> bytes:
    for piece in pieces:
        state.update(piece)
    return state.digest()


def sign(
    message: bytes | Sequence[bytes],
    keys: Sequence[Key],
    *,
    at: int,
    body: Body = Body.RELAXED,
    shared: Shared | None = None,
) -> bytes:
    """The header lines to put before ``message`` (CRLF line ends), one signature a key.

    ``message``: whole or in parts. ``at``: seconds since the epoch. Raises Misconfigured for a key
    that cannot sign.
    """
    parts = (message,) if isinstance(message, bytes) else message
    return seal(prepared(parts, body=body, shared=shared), keys, at=at, body=body)


class Prepared(NamedTuple):
    """What of a message is signed: its canonical header lines, their names, the body's hash."""

    lines: bytes
    names: str
    body_hash: str


def prepared(parts: Sequence[bytes], *, body: Body, shared: Shared | None = None) -> Prepared:
    """All of signing but the keys' work."""
    head, pieces = split(parts, body)
    hashed = (shared or Shared()).digest(pieces)
    fields = _fields(head)
    lines = [name + b":" + fields[name] + b"\r\n" for name in _NAMES if name in fields]
    names = [name for name in SIGNED if name.encode() in fields]
    names += [name for name in TWICE if name in names]
    return Prepared(b"".join(lines), ":".join(names), _base64(hashed))


def seal(message: Prepared, keys: Sequence[Key], *, at: int, body: Body) -> bytes:
    """The header lines, one signature a key."""
    tail = f"{at};\r\n h={message.names};\r\n bh={message.body_hash}"
    return b"".join([_signature(key, message.lines, tail, body) for key in keys])


def split(parts: Sequence[bytes], body: Body) -> tuple[bytes, list[bytes]]:
    """The header without its last line end, and the canonical body in pieces.

    A long part that many messages share is made canonical once (``_canonical`` remembers it).
    """
    head, there, rest = parts[0].partition(b"\r\n\r\n")
    following = list(parts[1:])
    while not there and following:
        head, there, rest = (head + following.pop(0)).partition(b"\r\n\r\n")
    pieces = [rest, *following]
    if any(piece.endswith((b" ", b"\t", b"\r")) for piece in pieces[:-1]):
        pieces = [b"".join(pieces)]  # blanks or a line end that run on into the next
    if body is Body.RELAXED:
        pieces = [_canonical(piece) for piece in pieces[:-1]] + [_blanks(pieces[-1], last=True)]
    return head, _ended(pieces, body)


def _ended(pieces: list[bytes], body: Body) -> list[bytes]:
    """Without the empty lines at the end, and with one line end there."""
    while pieces:
        stripped = _without_empty_lines(pieces.pop())
        if stripped:
            pieces.append(stripped)
            break
    if not pieces and body is Body.RELAXED:
        return []
    return [*pieces, b"\r\n"]


def generate_rsa() -> bytes:
    """A new RSA key of 2048 bits, PEM."""
    return _pem(generate_private_key(65537, RSA_BITS))


def generate_ed25519() -> bytes:
    """A new Ed25519 key, PEM. Few receivers verify it alone: sign with RSA, too."""
    return _pem(Ed25519PrivateKey.generate())


def record(key: Key) -> tuple[str, str]:
    """The name and the text of the TXT record that lets receivers verify ``key``."""
    private = _load(key)
    if isinstance(private, Ed25519PrivateKey):
        half = private.public_key().public_bytes_raw()
    else:
        half = private.public_key().public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        )
    return (
        f"{key.selector}._domainkey.{key.domain}",
        f"v=DKIM1; k={algorithm(key)}; p={_base64(half)}",
    )


def algorithm(key: Key) -> str:
    """``rsa`` or ``ed25519``. Raises Misconfigured for a key that cannot sign."""
    return "ed25519" if isinstance(_load(key), Ed25519PrivateKey) else "rsa"


def kind(key: Key) -> str:
    """What a key is, in words. Raises Misconfigured for one that cannot sign."""
    private = _load(key)
    return "Ed25519" if isinstance(private, Ed25519PrivateKey) else f"RSA, {private.key_size} bits"


def vouches(domain: str, sender: str) -> bool:
    """Whether DMARC counts a signature of ``domain`` for an address (RFC 7489, 3.1.1, relaxed)."""
    host = in_dns(sender.rpartition("@")[2].rstrip("> "))
    return host == domain or host.endswith(f".{domain}") or domain.endswith(f".{host}")


def _signature(key: Key, lines: bytes, tail: str, body: Body) -> bytes:
    private = _load(key)
    value = (
        f"v=1; a={algorithm(key)}-sha256; c=relaxed/{body}; d={key.domain};\r\n"
        f" s={key.selector}; t={tail};\r\n b="
    ).encode()
    signed = lines + b"dkim-signature:" + _unfolded(value).strip(b" ")
    if isinstance(private, Ed25519PrivateKey):
        raw = private.sign(hashlib.sha256(signed).digest())  # RFC 8463, 3: of the hash
    else:
        raw = private.sign(signed, _PADDING, _SHA256)
    text = _base64(raw)
    pieces = [text[at : at + 72] for at in range(0, len(text), 72)]
    return b"DKIM-Signature: " + value + "\r\n ".join(pieces).encode() + b"\r\n"


def _fields(head: bytes) -> dict[bytes, bytes]:
    """The fields of SIGNED in their relaxed form; of several with one name the last."""
    found = {}
    for line in _unfolded(head).split(b"\r\n"):
        name, there, value = line.partition(b":")
        if there and (plain := name.rstrip(b" ").lower()) in _WANTED:
            found[plain] = value.strip(b" ")
    return found


def _unfolded(text: bytes) -> bytes:
    return _one_blank(text.replace(b"\t", b" ").replace(b"\r\n ", b" "))


def _one_blank(text: bytes) -> bytes:
    while b"  " in text:
        text = text.replace(b"  ", b" ")
    return text


def _blanks(text: bytes, *, last: bool = False) -> bytes:
    """Runs of blanks as one, and none before a line end or at the very end."""
    text = _one_blank(text.replace(b"\t", b" ")).replace(b" \r\n", b"\r\n")
    return text.removesuffix(b" ") if last else text


_canonical = functools.lru_cache(maxsize=32)(_blanks)


def _without_empty_lines(text: bytes) -> bytes:
    end = len(text)
    while text.endswith(b"\r\n", 0, end):
        end -= 2
    return text[:end]


def _base64(raw: bytes) -> str:
    return base64.b64encode(raw).decode("ascii")


def _pem(private: RSAPrivateKey | Ed25519PrivateKey) -> bytes:
    return private.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


@functools.lru_cache(maxsize=32)
def _load(key: Key) -> RSAPrivateKey | Ed25519PrivateKey:
    where = f"the DKIM key {key.selector!r} of {key.domain}"
    try:
        private: Any = serialization.load_pem_private_key(key.pem, None)
    except (ValueError, TypeError) as error:
        raise Misconfigured(
            where, "is no private key in PEM; make one with `digest dkim keygen`"
        ) from error
    if isinstance(private, Ed25519PrivateKey):
        return private
    if not isinstance(private, RSAPrivateKey) or private.key_size < RSA_BITS:
        raise Misconfigured(where, f"must be RSA of {RSA_BITS} bits or more, or Ed25519")
    return private

"""A message and keys to its DKIM-Signature lines (RFC 6376, 8301, 8463). Pure.

The header is always relaxed; the body relaxed or simple. Signing with RSA costs most of a
millisecond of CPU, so dispatch calls this in processes of its own; everything here is picklable.
"""

from __future__ import annotations

import base64
import functools
import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key

from digest.errors import Misconfigured

RSA_BITS = 2048

# Signed where present. Those of TWICE are named once more, so that none can be added later.
SIGNED = (
    "from to subject date message-id reply-to list-id list-unsubscribe list-unsubscribe-post "
    "mime-version content-type content-language auto-submitted"
).split()
TWICE = ("from", "subject")

_FIELD = re.compile(rb"([!-9;-~]+)[ \t]*:((?:[^\r]|\r\n[ \t]|\r(?!\n))*)\r\n")
_BLANKS = re.compile(rb"[ \t]+")
_BLANKS_AT_END = re.compile(rb"[ \t]+(?=\r\n)")


class Body(StrEnum):
    """How the body is made canonical: relaxed forgives changed blanks, simple is quicker."""

    RELAXED = "relaxed"
    SIMPLE = "simple"


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """A private key (PEM, PKCS 8: RSA of 2048 bits or more, or Ed25519) and where its half is."""

    domain: str
    selector: str  # the record is at SELECTOR._domainkey.DOMAIN
    pem: bytes = field(repr=False)


class Shared:
    """The hash of what the bodies of an edition begin with, computed once (simple bodies)."""

    def __init__(self, prefix: bytes) -> None:
        # Line ends at the very end may yet turn out to be those that do not count.
        self.prefix = prefix.rstrip(b"\r\n")
        self._hash = hashlib.sha256(self.prefix)

    def digest(self, body: bytes) -> bytes:
        """SHA-256 of a canonical body; that of the shared prefix is not computed again."""
        if not body.startswith(self.prefix):
            return hashlib.sha256(body).digest()
        state = self._hash.copy()
        state.update(memoryview(body)[len(self.prefix) :])
        return state.digest()


def sign(
    message: bytes,
    keys: Sequence[Key],
    *,
    at: int,
    body: Body = Body.RELAXED,
    shared: Shared | None = None,
) -> bytes:
    """The header lines to put before ``message`` (CRLF line ends), one signature a key.

    ``at``: seconds since the epoch. Raises Misconfigured for a key that cannot sign.
    """
    head, _, text = message.partition(b"\r\n\r\n")
    canonical = _relaxed_body(text) if body is Body.RELAXED else _simple_body(text)
    hashed = shared.digest(canonical) if shared else hashlib.sha256(canonical).digest()
    fields = {name.lower(): value for name, value in _FIELD.findall(head + b"\r\n")}
    present = [name for name in SIGNED if name.encode() in fields]
    lines = b"".join(
        name.encode() + b":" + _relaxed(fields[name.encode()]) + b"\r\n" for name in present
    )
    names = ":".join([*present, *(name for name in TWICE if name in present)])
    return b"".join(
        _signature(key, lines, f"{at};\r\n h={names};\r\n bh={_base64(hashed)}", body)
        for key in keys
    )


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
        kind, half = "ed25519", private.public_key().public_bytes_raw()
    else:
        kind = "rsa"
        half = private.public_key().public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        )
    return f"{key.selector}._domainkey.{key.domain}", f"v=DKIM1; k={kind}; p={_base64(half)}"


def _signature(key: Key, lines: bytes, tail: str, body: Body) -> bytes:
    private = _load(key)
    kind = "ed25519" if isinstance(private, Ed25519PrivateKey) else "rsa"
    value = (
        f"v=1; a={kind}-sha256; c=relaxed/{body}; d={key.domain};\r\n"
        f" s={key.selector}; t={tail};\r\n b="
    ).encode()
    signed = lines + b"dkim-signature:" + _relaxed(value)
    if isinstance(private, Ed25519PrivateKey):
        raw = private.sign(hashlib.sha256(signed).digest())  # RFC 8463, 3: of the hash
    else:
        raw = private.sign(signed, padding.PKCS1v15(), hashes.SHA256())
    text = _base64(raw)
    pieces = [text[at : at + 72] for at in range(0, len(text), 72)]
    return b"DKIM-Signature: " + value + "\r\n ".join(pieces).encode() + b"\r\n"


def _relaxed(value: bytes) -> bytes:
    return _BLANKS.sub(b" ", value.replace(b"\r\n", b"")).strip(b" ")


def _relaxed_body(text: bytes) -> bytes:
    text = _BLANKS_AT_END.sub(b"", _BLANKS.sub(b" ", text) + b"\r\n")
    stripped = _without_empty_lines(text)
    return stripped + b"\r\n" if stripped else b""


def _simple_body(text: bytes) -> bytes:
    return _without_empty_lines(text) + b"\r\n"


def _without_empty_lines(text: bytes) -> bytes:
    while text.endswith(b"\r\n"):
        text = text[:-2]
    return text


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

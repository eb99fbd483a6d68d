"""Whether a webhook's request really comes from the provider it names. Pure.

Each provider signs in a way of its own; every comparison takes the same time, wrong or right.
"""

from __future__ import annotations

import base64
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.hashes import SHA1, SHA256
from cryptography.hazmat.primitives.serialization import load_der_public_key

SOON = timedelta(minutes=5)  # how old, or how far ahead of our clock, a signed request may be
MAILGUN_RETRIES = timedelta(hours=9)  # it repeats the same request for eight hours
# A region, and nothing else: sns.s3.amazonaws.com is a stranger's bucket by the name of sns.
_REGION = r"[a-z]{2,4}(?:-[a-z]{2,12}){1,3}-\d{1,2}"
_SNS = rf"https://sns\.{_REGION}\.amazonaws\.com(?:\.cn)?/"
_CERTIFICATE = re.compile(rf"{_SNS}SimpleNotificationService-\w{{1,64}}\.pem")
_SUBSCRIBE = re.compile(rf"{_SNS}\?\S{{1,2000}}")
_STAMPED = re.compile(r"t=(\d{1,12}),v1=([0-9a-f]{64})")
# What SNS signs, in this order, of a notification and of the rest.
_NOTIFICATION = ("Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type")
_CONFIRMATION = (
    "Message",
    "MessageId",
    "SubscribeURL",
    "Timestamp",
    "Token",
    "TopicArn",
    "Type",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Seals:
    """What each provider proves itself with; empty: its requests are not taken."""

    ses_topics: tuple[str, ...] = ()  # ARNs: Amazon signs anybody's topic
    postmark: str = field(default="", repr=False)
    sendgrid: str = field(default="", repr=False)  # the public key, DER in base64
    mailgun: str = field(default="", repr=False)
    generic: str = field(default="", repr=False)


def is_certificate(url: str) -> bool:
    """Whether a URL is where Amazon keeps the certificates of SNS."""
    return bool(_CERTIFICATE.fullmatch(url))


def is_confirmation(url: str) -> bool:
    """Whether a URL is Amazon's own for confirming a subscription."""
    return bool(_SUBSCRIBE.fullmatch(url))


def sns(message: Mapping[str, object], pem: bytes, now: datetime) -> bool:
    """Whether SNS signed a message with the key of the certificate ``pem``."""
    names = _NOTIFICATION if message.get("Type") == "Notification" else _CONFIRMATION
    said = "".join(f"{name}\n{message[name]}\n" for name in names if message.get(name) is not None)
    try:
        certificate = x509.load_pem_x509_certificate(pem)
        key = certificate.public_key()
        signature = base64.b64decode(str(message.get("Signature")), validate=True)
        alive = certificate.not_valid_before_utc <= now <= certificate.not_valid_after_utc
        if not alive or not isinstance(key, rsa.RSAPublicKey):
            return False
        # Version 1 is Amazon's default until a topic is told otherwise.
        version = message.get("SignatureVersion")
        by = SHA256() if version == "2" else SHA1() if version == "1" else None  # noqa: S303 -- theirs
        if by is None:
            return False
        key.verify(signature, _bytes(said), padding.PKCS1v15(), by)
    except (ValueError, InvalidSignature):
        return False
    return True


def is_sendgrid_key(public_key: str) -> bool:
    """Whether it is a key that SendGrid could sign with."""
    return _sendgrid_key(public_key) is not None


def sendgrid(public_key: str, *, signature: str, timestamp: str, body: bytes) -> bool:
    """Whether SendGrid signed a request: ECDSA over the timestamp and the body."""
    key = _sendgrid_key(public_key)
    if key is None:
        return False
    try:
        sealed = base64.b64decode(signature, validate=True)
        key.verify(sealed, _bytes(timestamp) + body, ec.ECDSA(SHA256()))
    except (ValueError, InvalidSignature):
        return False
    return True


def mailgun(key: str, *, timestamp: str, token: str, signature: str, now: datetime) -> bool:
    """Whether Mailgun signed a token. It does not sign the body: take each token only once."""
    said = hmac.digest(key.encode(), _bytes(f"{timestamp}{token}"), "sha256").hex()
    genuine = hmac.compare_digest(said.encode(), _bytes(signature.lower()))
    return genuine and _is_timely(timestamp, now, MAILGUN_RETRIES)


def generic(secret: str, *, header: str, body: bytes, now: datetime) -> bool:
    """Whether ``t=UNIX,v1=HEX`` is the HMAC-SHA256 of ``UNIX.BODY``, made a moment ago."""
    shape = _STAMPED.fullmatch(header)
    if shape is None:
        return False
    said = hmac.digest(secret.encode(), shape[1].encode() + b"." + body, "sha256").hex()
    return hmac.compare_digest(said, shape[2]) and _is_timely(shape[1], now, SOON)


def password(secret: str, given: str) -> bool:
    """Whether ``given`` is the secret."""
    return hmac.compare_digest(secret.encode(), _bytes(given))


def basic(header: str) -> str:
    """The password of an ``Authorization: Basic`` header; empty where there is none."""
    kind, _, word = header.partition(" ")
    try:
        said = base64.b64decode(word.strip(), validate=True).decode()
    except ValueError:
        return ""
    return said.partition(":")[2] if kind.lower() == "basic" else ""


def _sendgrid_key(public_key: str) -> ec.EllipticCurvePublicKey | None:
    try:
        key = load_der_public_key(base64.b64decode(public_key, validate=True))
    except (ValueError, UnsupportedAlgorithm):
        return None
    return key if isinstance(key, ec.EllipticCurvePublicKey) else None


def _bytes(text: str) -> bytes:
    """A stranger's text, halves of characters (which JSON can hold) and all."""
    return text.encode("utf-8", "surrogatepass")


def _is_timely(timestamp: str, now: datetime, window: timedelta) -> bool:
    if not timestamp.isascii() or not timestamp.isdigit() or len(timestamp) > 11:
        return False
    return -SOON <= now - datetime.fromtimestamp(int(timestamp), UTC) <= window

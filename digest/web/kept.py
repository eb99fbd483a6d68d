"""Bytes that are made once and sent often: validators, 304, gzip (RFC 9110, RFC 9111). Pure."""

from __future__ import annotations

import gzip
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime

from starlette.datastructures import Headers
from starlette.responses import Response

FRESH = "public, max-age=60"  # seconds: how long a withdrawn issue may be seen in a cache
_SMALL = 600  # bytes: below it gzip saves no packet


@dataclass(frozen=True, slots=True)
class Kept:
    """An answer with 200. ``modified``: aware, whole seconds; None where nobody can say."""

    body: bytes
    packed: bytes  # gzip; empty where it does not pay
    tag: str  # of the body; packed it has another: they are not the same bytes
    modified: datetime | None
    headers: Mapping[str, str] = field(default_factory=dict)


def kept(text: str, kind: str, *, modified: datetime | None, headers: Mapping[str, str]) -> Kept:
    """``text`` as it will be sent as ``kind``, a media type; ``headers`` are its own."""
    body = text.encode()
    packed = gzip.compress(body, 9, mtime=0) if len(body) > _SMALL else b""
    told = {
        "cache-control": FRESH,
        "content-type": f"{kind}; charset=utf-8",
        "vary": "accept-encoding, accept-language",
        **headers,
    }
    if modified:
        modified = modified.astimezone(UTC).replace(microsecond=0)
        told["last-modified"] = format_datetime(modified, usegmt=True)
    tag = hashlib.sha256(body).hexdigest()[:20]
    return Kept(body, packed, tag, modified, told)


def answer(page: Kept, asked: Headers) -> Response:
    """The page, or 304 for who has it already."""
    packs = bool(page.packed) and _takes_gzip(asked.get("accept-encoding", ""))
    tag = f'"{page.tag}-gz"' if packs else f'"{page.tag}"'
    headers = {**page.headers, "etag": tag}
    if _is_known(page, asked):
        del headers["content-type"]
        return Response(status_code=304, headers=headers)
    if packs:
        headers["content-encoding"] = "gzip"
    return Response(page.packed if packs else page.body, headers=headers)


def _is_known(page: Kept, asked: Headers) -> bool:
    """RFC 9110 section 13.2.2: a tag decides alone; only without one the date does."""
    said = asked.get("if-none-match")
    if said is not None:
        found = re.findall(r'(?:W/)?"([^"]*)"', said)
        return said.strip() == "*" or page.tag in found or f"{page.tag}-gz" in found
    since = asked.get("if-modified-since")
    if since is None or page.modified is None:
        return False
    try:
        # Exactly ours, as we said it: what was withdrawn can make the newest date an older one.
        return parsedate_to_datetime(since) == page.modified
    except (ValueError, TypeError):  # no date, or one without a zone: as if it were not there
        return False


def _takes_gzip(accepted: str) -> bool:
    """Whether ``accepted`` (RFC 9110 section 12.5.3) takes gzip; nothing said is a no."""
    weights = {"gzip": 0.0}
    for part in accepted.lower().split(","):
        name, _, parameters = part.partition(";")
        found = re.search(r"\bq\s*=\s*([0-9.]+)", parameters)
        try:
            weights[name.strip()] = float(found[1]) if found else 1.0
        except ValueError:
            weights[name.strip()] = 0.0
    return max(weights["gzip"], weights.get("x-gzip", 0.0)) > 0 or (
        "gzip" not in accepted.lower() and weights.get("*", 0.0) > 0
    )

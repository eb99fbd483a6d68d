"""Where a form was sent from: may that site send it? Pure.

Follows the Fetch Metadata and Origin rules that browsers keep: a page of another site cannot make
them say anything else. A request with neither header is no browser's, and no browser's reader is
used by it: RFC 8058 one-click requests of mailbox providers are such.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from urllib.parse import urlsplit

OPAQUE = "null"  # what a page with Referrer-Policy: no-referrer says


def may_send(headers: Mapping[str, str], allowed: Sequence[str], *, token: bool) -> bool:
    """Whether a request that writes may come from where it says it does.

    ``allowed``: origins that may, whatever Host says of us; ``token``: the address holds the proof,
    so an opaque origin (our own page without a referrer, in a browser without Sec-Fetch-Site) will
    do.
    """
    site = headers.get("sec-fetch-site", "")
    origin = headers.get("origin", "").lower()
    if site in ("same-origin", "none"):
        return True
    if origin in allowed:
        return True
    if site:
        return False
    if not origin:
        return True
    if origin == OPAQUE:
        return token
    try:
        return urlsplit(origin).netloc == headers.get("host", "").lower()
    except ValueError:  # no browser says http://[
        return False

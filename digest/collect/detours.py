"""The address of a service that only passes its visitors on to the address it passes them to. Pure.

An alert or a search lists its finds that way, and lets no program follow: robots.txt forbids it.
"""

from __future__ import annotations

import re
from urllib.parse import parse_qs, urlsplit

from digest.collect import markup

# What passes on by host and path, and the parameters that may hold the address.
_SERVICES = (
    (re.compile(r"(?:www\.)?google\.(?:com?\.)?[a-z]{2,3}/url"), ("url", "q")),
    (re.compile(r"(?:www\.)?bing\.com/news/apiclick\.aspx"), ("url",)),
    (re.compile(r"(?:www\.)?youtube\.com/redirect"), ("q",)),
    (re.compile(r"lm?\.facebook\.com/l\.php"), ("u",)),
    (re.compile(r"(?:www\.|html\.)?duckduckgo\.com/l/"), ("uddg",)),
)


def passed(url: str | None) -> str | None:
    """Where ``url`` leads; ``url`` itself where it is no such address, or says not where."""
    try:
        parts = urlsplit(url or "")
        place = f"{parts.hostname or ''}{parts.path}".lower()
        asked = next((names for service, names in _SERVICES if service.fullmatch(place)), ())
        said = parse_qs(parts.query) if asked else {}
    except ValueError:
        return url
    found = (markup.web(said[name][0], "") for name in asked if name in said)
    return next(filter(None, found), url)

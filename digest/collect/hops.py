"""A URL and a Location to the URL asked next, or why to stop; credentials kept apart. Pure."""

from __future__ import annotations

import re
from base64 import b64encode
from dataclasses import dataclass
from urllib.parse import SplitResult, unquote, urldefrag, urljoin, urlsplit, urlunsplit

MAX_HOPS = 10
REDIRECTS = frozenset({301, 302, 303, 307, 308})
PERMANENT = frozenset({301, 308})
MAX_LENGTH = 8_000  # of a URL; beyond it servers refuse and reports become unreadable

_PORTS = {"http": 80, "https": 443}
_UNDECODED = re.compile("[\udc80-\udcff]")  # bytes of a header that were not UTF-8


@dataclass(frozen=True, slots=True, kw_only=True)
class Stop:
    """Why a URL is not asked; ``why`` is a clause."""

    status: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Hop:
    """A URL fit to be asked, and whom to say we are there."""

    url: str  # without credentials and fragment
    scheme: str
    host: str  # lower case
    port: int
    credentials: str = ""  # user:password, still percent-encoded

    @property
    def origin(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        at_home = self.port == _PORTS[self.scheme]
        return f"{self.scheme}://{host}" + ("" if at_home else f":{self.port}")

    @property
    def authorization(self) -> str | None:
        """The Authorization header, where there are credentials."""
        if not self.credentials:
            return None
        user, _, password = self.credentials.partition(":")
        said = f"{unquote(user)}:{unquote(password)}".encode()
        return f"Basic {b64encode(said).decode('ascii')}"

    @property
    def signed(self) -> str:
        """The URL with its credentials, as the operator would write it."""
        if not self.credentials:
            return self.url
        return self.url.replace("://", f"://{self.credentials}@", 1)


def first(url: str) -> Hop | Stop:
    """Where a question for ``url`` goes, unless it is no http(s) URL with a host."""
    try:
        parts = urlsplit(urldefrag(url.strip()).url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return Stop(status="bad URL", why="it is not a valid URL; check its spelling")
    if parts.scheme not in _PORTS:
        return Stop(status="bad URL", why="only http and https URLs are fetched")
    if not host or re.search(r"[\s\x00-\x1f\x7f]", host):
        return Stop(status="bad URL", why="it names no host")
    if len(url) > MAX_LENGTH:
        return Stop(status="bad URL", why=f"it is longer than {MAX_LENGTH} characters")
    return Hop(
        url=urlunsplit(parts._replace(netloc=_place(parts))),
        scheme=parts.scheme,
        host=host.rstrip("."),
        port=_PORTS[parts.scheme] if port is None else port,
        credentials=parts.netloc.rpartition("@")[0],
    )


def onward(hop: Hop, location: str | None) -> Hop | Stop:
    """Where a redirect from ``hop`` leads.

    Credentials go on to the same origin, or to its https twin; what a Location brings along is
    not used. A step down from https to http is followed, without credentials: half the old web
    does it, and the result says where it came from.
    """
    if not location or not location.strip():
        return Stop(status="bad redirect", why="it redirects without saying where")
    try:
        joined = urljoin(hop.url, _UNDECODED.sub(_percent, location.strip()))
    except ValueError:
        return Stop(status="bad redirect", why="it redirects to something that is not a URL")
    target = first(joined)
    if isinstance(target, Stop):
        return Stop(status="bad redirect", why=f"it redirects to {masked(joined)!r}: {target.why}")
    trusted = target.origin == hop.origin or is_upgrade(hop.url, target.url)
    return Hop(
        url=target.url,
        scheme=target.scheme,
        host=target.host,
        port=target.port,
        credentials=hop.credentials if trusted else "",
    )


def is_permanent(hop: Hop, target: Hop, status: int) -> bool:
    """Whether a source may come to live at ``target``: never on a less protected line."""
    return status in PERMANENT and not (hop.scheme == "https" and target.scheme == "http")


def is_upgrade(old: str, new: str) -> bool:
    """Whether ``new`` is ``old`` on https and otherwise the same."""
    a, b = first(old), first(new)
    if isinstance(a, Stop) or isinstance(b, Stop):
        return False
    at_home = (a.scheme, b.scheme, a.port, b.port) == ("http", "https", 80, 443)
    return at_home and a.host == b.host and _target(a.url) == _target(b.url)


def bare(url: str) -> str:
    """``url`` as an answer names it: without credentials and fragment."""
    hop = first(url)
    return hop.url if isinstance(hop, Hop) else masked(url)


def masked(url: str) -> str:
    """``url`` for a sentence: credentials hidden, control characters gone, not endless."""
    shown = re.sub(r"(?<=//)[^/?#]*@", "***@", url)
    shown = "".join(c if c.isprintable() else "�" for c in shown)
    return shown if len(shown) <= 300 else shown[:299] + "…"


def _place(parts: SplitResult) -> str:
    return parts.netloc.rpartition("@")[2]


def _target(url: str) -> tuple[str, str]:
    parts = urlsplit(url)
    return parts.path or "/", parts.query


def _percent(match: re.Match[str]) -> str:
    return f"%{ord(match[0]) - 0xDC00:02X}"

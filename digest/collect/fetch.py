"""The Fetch port: one question to the world, and the answers it may give. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """One GET. ``crawl``: a page for readers, so robots.txt is asked first (feeds are for us)."""

    url: str
    etag: str | None = None
    last_modified: str | None = None
    crawl: bool = False
    accept: str = "*/*"
    max_bytes: int = 0  # what the body may have, where that is more than other bodies may


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """A 2xx with its body, decompressed."""

    url: str  # where the body came from, after redirects
    body: bytes
    status: int = 200
    content_type: str = ""  # lower case, without parameters
    charset: str | None = None  # as the header claims; it may lie
    etag: str | None = None
    last_modified: str | None = None
    moved_to: str | None = None  # set when every hop was permanent (301, 308)
    fresh_until: datetime | None = None  # Cache-Control or Expires, capped at a month


@dataclass(frozen=True, slots=True, kw_only=True)
class NotModified:
    """304: what we have is still right."""

    url: str
    moved_to: str | None = None
    fresh_until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed:
    """No body. ``status`` is short ("404", "timed out"), ``reason`` one sentence with the URL."""

    url: str
    status: str
    reason: str
    gone: bool = False  # 410: do not come back
    temporary: bool = True  # trying again may help
    retry_at: datetime | None = None  # what Retry-After asked for, capped at a month


Answer = Fetched | NotModified | Failed


class Fetch(Protocol):
    """Asks the world; never raises for what a host does, only answers."""

    async def __call__(self, ask: Ask) -> Answer: ...

"""A robots.txt, or its absence, to what it allows (RFC 9309). Pure."""

from __future__ import annotations

from dataclasses import dataclass

from protego import Protego

from digest.collect.fetch import Answer, Failed, Fetched, NotModified

TOKEN = "Digest"  # noqa: S105 -- the product token we answer to in robots.txt
MAX_BYTES = 500 * 1024  # RFC 9309, 2.5


@dataclass(frozen=True, slots=True)
class Rules:
    """What one origin allows us. ``unread``: why we could not find out, and so ask nothing."""

    parser: Protego | None = None
    unread: str | None = None

    def allows(self, url: str) -> bool:
        return self.parser is None or bool(self.parser.can_fetch(url, TOKEN))

    @property
    def delay(self) -> float | None:
        """Seconds it asks for between two questions."""
        said = self.parser.crawl_delay(TOKEN) if self.parser else None
        return float(said) if said else None


def rules(answer: Answer) -> Rules:
    """No robots.txt (4xx) allows everything; one that cannot be read allows nothing for now.

    A 2xx that failed had a check for robots in its place: the page itself will tell.
    """
    match answer:
        case Fetched(body=body):
            return Rules(Protego.parse(body[:MAX_BYTES].decode("utf-8", errors="replace")))
        case NotModified():
            return Rules()
        case Failed(status=status, reason=reason):
            if status.startswith(("2", "4")) and status != "429":
                return Rules()
            return Rules(unread=reason)

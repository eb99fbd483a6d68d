"""What was seen of issues, mail and sources, for whoever judges it. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from digest.checkup.verdict import Check


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceHealth:
    name: str
    succeeded_at: datetime | None
    visited_at: datetime | None
    failures: int  # in a row
    error: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LastIssue:
    """The last issue of a newsletter at a cadence, and how many it did not reach.

    ``failed``: refused; ``returned``: sent, and came back as failed for good; ``stale``: too late
    for about so many.
    """

    issue: int
    newsletter: str
    cadence: str
    period: str
    audience: int
    failed: int
    returned: int = 0
    stale: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Missing:
    """A period that has no issue by misfortune. ``trying``: it is tried again."""

    newsletter: str
    cadence: str
    period: str
    reason: str
    trying: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """An issue that waits for the editor; ``release_by`` None: for as long as it takes."""

    issue: int
    newsletter: str
    due: datetime
    release_by: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Unfinished:
    """An issue whose release was begun ``since`` and is not over."""

    issue: int
    newsletter: str
    since: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Behind:
    """An issue that was due long ago and of which much waits still.

    ``waits``: of its ``audience``, so many at least; ``said``: a relay's last answer, or nothing.
    """

    issue: int
    newsletter: str
    due: datetime
    waits: int
    audience: int
    said: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RelayHealth:
    """``refused``: its words when it refused us, and is not used. ``rests``: in a row, the last of
    them ``until`` then."""

    name: str
    refused: str
    rests: int
    until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What was seen. ``settled``: (newsletter, cadence) to the periods that have an issue, or have
    none on purpose. ``since``: when its calendar was begun; what was due before is nobody's."""

    settled: Mapping[tuple[str, str], frozenset[str]] = field(default_factory=dict)
    since: Mapping[tuple[str, str], datetime] = field(default_factory=dict)
    missing: tuple[Missing, ...] = ()
    waiting: tuple[Waiting, ...] = ()
    unfinished: tuple[Unfinished, ...] = ()
    first_due: datetime | None = None  # when the first message that waits could have left
    behind: tuple[Behind, ...] = ()
    relays: tuple[RelayHealth, ...] = ()
    lasts: tuple[LastIssue, ...] = ()
    complaints: int = 0  # in the last seven days ...
    written_to: int = 0  # ... and the messages of these days
    sources: tuple[SourceHealth, ...] = ()
    free_bytes: int | None = None
    checks: tuple[Check, ...] = ()  # of the doctor

"""How far a dispatch is, for whoever shows it. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from digest.deliver.office import Tally


@dataclass(slots=True, kw_only=True)
class Progress:
    """How far it is. ``troubles``: why relays are not used now, a sentence each; ``unserved``:
    why some of what is due is not sent here, likewise; ``late``: how many of the skipped nobody
    came to in time."""

    tally: Tally = field(default_factory=Tally)
    ready: int = 0
    flying: int = 0
    late: int = 0
    waiting: int | None = None  # how many are left for another time, once it has ended
    connections: int = 0
    waits_until: datetime | None = None  # when relays that have had their limit go on
    troubles: list[str] = field(default_factory=list)
    unserved: list[str] = field(default_factory=list)

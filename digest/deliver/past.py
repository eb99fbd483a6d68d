"""What relays and domains have had, beyond the life of one worker: the port to where it is kept."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from digest.deliver.lines import Lines


class Past(Protocol):
    """Kept by services/paces.py. Each may raise DigestError where the database cannot be used."""

    async def recall(self, lines: Lines, now: datetime) -> None:
        """Give ``lines`` what was kept, once, before anything leaves."""

    async def keep(self, lines: Lines, now: datetime) -> None:
        """Keep what has left by relays with limits. Called often; cheap where there is nothing."""

    async def keep_domains(self, lines: Lines, now: datetime) -> None:
        """Keep which domains want caution. Called now and then, and at the end."""

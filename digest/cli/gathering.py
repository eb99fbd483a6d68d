"""Visit a newsletter's sources before an issue is made of them, with progress on the terminal."""

from __future__ import annotations

from typing import Protocol

from digest import wiring
from digest.cli.progress import SourceProgress
from digest.clock import Clock
from digest.collect.fetch import Fetch
from digest.config.settings import Settings
from digest.isolation import Isolate
from digest.model import Newsletter, SourceReport
from digest.services.gather import gather
from digest.storage.database import Store
from digest.wiring import Dice


class Visitor(Protocol):
    """What visiting needs: wiring's World and Tools have it."""

    @property
    def fetch(self) -> Fetch: ...

    @property
    def isolate(self) -> Isolate: ...

    @property
    def clock(self) -> Clock: ...

    @property
    def dice(self) -> Dice: ...


async def gathered(
    settings: Settings, newsletter: Newsletter, store: Store, visitor: Visitor, *, quiet: bool
) -> tuple[SourceReport, ...]:
    """Visit the sources that are due and keep what they bring in ``store``."""
    sources = wiring.sources_of(settings, newsletter)
    with SourceProgress(len(sources), quiet=quiet) as progress:
        return await gather(
            store,
            sources,
            fetch=visitor.fetch,
            isolate=visitor.isolate,
            clock=visitor.clock,
            dice=visitor.dice,
            folder=settings.folder,
            progress=progress,
        )

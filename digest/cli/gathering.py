"""Visit sources, with progress on the terminal."""

from __future__ import annotations

from collections.abc import Sequence

from digest.cli.progress import SourceProgress
from digest.config.settings import Settings
from digest.model import Source, SourceReport
from digest.services.gather import gather
from digest.storage.database import Store
from digest.wiring import Tools, World


async def gathered(
    settings: Settings,
    sources: Sequence[Source],
    store: Store,
    visitor: World | Tools,
    *,
    quiet: bool,
) -> tuple[SourceReport, ...]:
    """Visit the sources that are due and keep what they bring in ``store``."""
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

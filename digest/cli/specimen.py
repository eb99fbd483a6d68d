"""The sample paper as a newsletter's next issue: a mail to look at before there are sources."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from digest import wiring
from digest.cli.gathering import gathered
from digest.collect import sample
from digest.compose.prepared import Prepared
from digest.config.settings import Settings
from digest.model import Newsletter, Source, SourceId, SourceKind
from digest.services.publish import draft
from digest.wiring import World

SAMPLE = Source(
    id=SourceId(sample.SCHEME),
    kind=SourceKind.SAMPLE,
    location=sample.SCHEME,
    name="Sample paper",
)


async def draft_of(
    settings: Settings, newsletter: Newsletter, world: World, folder: Path
) -> Prepared:
    """The draft of the sample paper, in the newsletter's own clothes."""
    imprint = replace(wiring.imprint(settings, media=folder / "media"), sources={SAMPLE.id: SAMPLE})
    dressed = replace(newsletter, sources=(), topics=(), min_stories=1)
    async with wiring.store_at(folder / "sample.db") as store:
        await gathered(settings, (SAMPLE,), store, world, quiet=True)
        return await draft(store, dressed, imprint, isolate=world.isolate, clock=world.clock)

"""The steps of ``digest send --dry-run``, in order: seed, gather, prepare, rehearse."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from digest import wiring
from digest.choices import Choice
from digest.cli import limits
from digest.cli.gathering import gathered
from digest.config.secret import make_and_read
from digest.config.settings import Settings
from digest.errors import Misconfigured
from digest.model import SourceReport
from digest.services.links import check_links
from digest.services.publish import MEMORY, prepare
from digest.services.rehearse import Rehearsed, rehearse
from digest.storage import audience as audience_table
from digest.storage import rehearsal as seeding
from digest.storage.database import Store

DATABASE = "rehearsal.db"
MADE = frozenset(
    {"index.html", "report.json", "editions", "proof", "messages", "media"}
    | {DATABASE + suffix for suffix in ("", "-wal", "-shm", "-journal")}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What the operator asked for on the command line."""

    newsletter: str
    out: Path | None
    at: datetime | None
    since: datetime | None
    collect: bool
    check_links: bool = False


async def rehearsal(settings: Settings, asked: Asked, *, quiet: bool) -> Rehearsed:
    """Rehearse one issue into the output folder. The database is only read."""
    newsletter = settings.newsletters[asked.newsletter]
    out = emptied(asked.out or settings.folder / "rehearsal" / asked.newsletter)
    ring = make_and_read(settings.folder)
    people = await Store.open_read_only(settings.storage.url)
    try:
        async with (
            wiring.store_at(out / DATABASE) as store,
            wiring.world(settings, at=asked.at) as world,
        ):
            now = world.clock()
            if people:
                await seeding.seed(people, store, now - MEMORY)
            reports: tuple[SourceReport, ...] = ()
            if asked.collect:
                sources = wiring.sources_of(settings, newsletter)
                reports = await gathered(settings, sources, store, world, quiet=quiet)
            choices: dict[Choice, int] = {}
            if people:
                choices = await people.read(
                    audience_table.choices, newsletter.id, newsletter.cadence.value, now
                )
            prepared = await prepare(
                store,
                newsletter,
                wiring.imprint(settings, media=out / "media"),
                fetch=world.fetch,
                isolate=world.isolate,
                clock=world.clock,
                since=asked.since,
                choices=choices,
            )
            if people and prepared.issue:
                said = await limits.notes(settings, people, sum(choices.values()), now)
                prepared = replace(prepared, notes=(*prepared.notes, *said))
            if asked.check_links:
                base_url = settings.site.base_url
                prepared = await check_links(prepared, world.fetch, base_url=base_url)
            return await rehearse(
                people, prepared, wiring.postmark(settings, newsletter, ring), reports, out=out
            )
    finally:
        if people:
            await people.close()


def emptied(out: Path) -> Path:
    """``out`` as an empty folder. An earlier rehearsal is cleared.

    Raises Misconfigured where it holds anything else, or cannot be written.
    """
    try:
        out.mkdir(parents=True, exist_ok=True)
        names = {path.name for path in out.iterdir()}
        # A folder without the database was never a rehearsal's, whatever its files are called.
        strangers = sorted(names - MADE if DATABASE in names else names)
        if strangers:
            raise Misconfigured(
                str(out), f"holds {strangers[0]!r}, which no rehearsal made; give an empty folder"
            )
        for path in sorted(out.iterdir(), key=lambda path: path.name.startswith(DATABASE)):
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            else:
                path.unlink()
    except OSError as error:
        raise Misconfigured(
            str(out), f"cannot be written: {error.strerror}; give another folder with --out"
        ) from error
    return out

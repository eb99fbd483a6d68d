"""Settings to Tools: the only place that names concrete classes.

Tools has fields and no methods; a use case is given the ones it uses.
"""

from __future__ import annotations

import random
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from digest import __version__
from digest.clock import Clock, clock_at
from digest.collect.fetch import Fetch
from digest.compose import templates
from digest.config.settings import Settings
from digest.deliver.postmark import Postmark
from digest.isolation import Isolate, Workers
from digest.model import Newsletter, Source
from digest.services.letters import Desk
from digest.storage.database import Store

if TYPE_CHECKING:
    from digest.services.publish import Imprint


Dice = Callable[[], float]  # [0, 1), for jitter


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """What asks outside: the network, the clock, the workers, the dice."""

    fetch: Fetch
    isolate: Isolate
    clock: Clock
    dice: Dice


@dataclass(frozen=True, slots=True, kw_only=True)
class Means:
    """What sending needs: the database, the workers, the clock, the dice."""

    store: Store
    isolate: Isolate
    clock: Clock
    dice: Dice


@dataclass(frozen=True, slots=True, kw_only=True)
class Tools(Means):
    """What every use case is given of."""

    fetch: Fetch


@asynccontextmanager
async def world(settings: Settings, *, at: datetime | None = None) -> AsyncIterator[World]:
    """Everything outside but the database."""
    from digest.collect.client import Http  # 10 MB that who only sends can do without

    clock = clock_at(at)
    async with (
        Http(settings.collect.http, clock=clock, version=__version__) as fetch,
        Workers(seconds=settings.compose.time_limit_seconds) as isolate,
    ):
        yield World(fetch=fetch, isolate=isolate, clock=clock, dice=random.random)


@asynccontextmanager
async def tools(settings: Settings, *, at: datetime | None = None) -> AsyncIterator[Tools]:
    """The database of the configuration, open for writing, and the world."""
    async with open_store(settings) as store, world(settings, at=at) as outside:
        yield Tools(
            store=store,
            fetch=outside.fetch,
            isolate=outside.isolate,
            clock=outside.clock,
            dice=outside.dice,
        )


@asynccontextmanager
async def means(settings: Settings) -> AsyncIterator[Means]:
    """What sending needs, without what visits sources and reads pages: 20 MB less."""
    async with (
        open_store(settings) as store,
        Workers(seconds=settings.compose.time_limit_seconds) as isolate,
    ):
        yield Means(store=store, isolate=isolate, clock=clock_at(None), dice=random.random)


@asynccontextmanager
async def open_store(settings: Settings) -> AsyncIterator[Store]:
    """The database of the configuration, open for writing, and nothing else."""
    store = await Store.open(settings.storage.url)
    try:
        yield store
    finally:
        await store.close()


@asynccontextmanager
async def store_at(path: Path) -> AsyncIterator[Store]:
    """A SQLite store in a file of its own, such as a rehearsal's."""
    store = await Store.open(file_url(path))
    try:
        yield store
    finally:
        await store.close()


def sources_of(settings: Settings, newsletter: Newsletter) -> tuple[Source, ...]:
    """The sources a newsletter draws on: those it names, or all."""
    return tuple(
        source
        for source in settings.collect.sources
        if not newsletter.sources or source.name in newsletter.sources
    )


def imprint(settings: Settings, *, media: Path) -> Imprint:
    """What preparing an issue needs of the configuration; pictures go into ``media``."""
    from digest.services.publish import Imprint  # 12 MB, as above

    return Imprint(
        site_name=settings.site.name,
        base_url=settings.site.base_url,
        postal_address=settings.site.postal_address,
        sources={source.id: source for source in settings.collect.sources},
        curate=settings.curate,
        compose=settings.compose,
        templates=_templates(settings),
        media=media,
        dkim_domain=settings.deliver.dkim.domain if settings.deliver.dkim else "",
    )


def _templates(settings: Settings) -> tuple[Path, ...]:
    own = settings.compose.templates
    ours = templates.ours() / "email"
    return (own, ours) if own else (ours,)


def postmark(settings: Settings, newsletter: Newsletter, ring: Sequence[bytes]) -> Postmark:
    """What makes a newsletter's messages personal."""
    return Postmark(
        newsletter=newsletter,
        base_url=settings.site.base_url,
        unsubscribe_mailbox=settings.deliver.unsubscribe_mailbox,
        ring=ring,
        bounce_domain=settings.deliver.bounce_domain,
    )


def letter_desk(settings: Settings, ring: Sequence[bytes]) -> Desk:
    """What writing letters needs: who publishes, and each newsletter's postmark."""
    return Desk(
        site_name=settings.site.name,
        base_url=settings.site.base_url,
        postal_address=settings.site.postal_address,
        templates=_templates(settings),
        postmarks={
            name: postmark(settings, newsletter, ring)
            for name, newsletter in settings.newsletters.items()
        },
    )


def file_url(path: Path) -> str:
    """A SQLite file as a database URL."""
    return f"sqlite:///{path.absolute()}"

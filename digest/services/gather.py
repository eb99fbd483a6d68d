"""Gather: visit the sources and keep what they bring as Articles."""

from __future__ import annotations

import asyncio
import contextlib
import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Protocol

from sqlalchemy import Connection

from digest import logs
from digest.collect import harvest, visits
from digest.collect.fetch import Failed, Fetch
from digest.curate import extract, urls
from digest.curate.extract import Unreadable
from digest.errors import DigestError
from digest.isolation import Isolate
from digest.model import (
    Article,
    FetchedItem,
    Form,
    Source,
    SourceKind,
    SourceReport,
    Visit,
)
from digest.storage import articles as articles_table
from digest.storage import sources as sources_table
from digest.storage.articles import Sighting
from digest.storage.database import Store

SOURCES_AT_ONCE = 12
PAGES_AT_ONCE = 4  # per source; the client paces each host besides
UNREADABLE = timedelta(days=2)  # a page that could not be read is tried again after this

Clock = Callable[[], datetime]

log = logs.logger("digest.gather")


class Progress(Protocol):
    """Told once for every source that is done, in the order they finish."""

    def __call__(self, report: SourceReport, /) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class _Read:
    """What became of one item."""

    item: FetchedItem
    article: Article | None
    trouble: str | None = None  # why there is no article
    note: str | None = None


async def gather(
    store: Store,
    sources: Sequence[Source],
    *,
    fetch: Fetch,
    isolate: Isolate,
    clock: Clock,
    dice: Callable[[], float],
    folder: Path,
    progress: Progress = lambda _: None,
) -> tuple[SourceReport, ...]:
    """Visit every source that is due; keep new articles. One report each, in the given order.

    A source that fails, be it by a mistake of ours, is reported, rests as after any failure, and
    never stops the others; what the others brought is kept.
    """
    known = await store.read(sources_table.visits)
    places = asyncio.Semaphore(SOURCES_AT_ONCE)
    visitor = _Visitor(store, fetch, isolate, clock, dice, folder)

    async def one(source: Source) -> SourceReport:
        async with places:
            visit = known.get(source.id) or Visit(source=source.id)
            try:
                report = await visitor.visit(source, visit)
            except DigestError as error:
                report = SourceReport(
                    source=source.id, name=source.name, status="failed", error=str(error)
                )
            except Exception as error:
                log.exception("source.failed", source=source.id)
                report = await visitor.stumbled(source, visit, error)
        progress(report)
        return report

    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(one(source)) for source in sources]
    return tuple(task.result() for task in tasks)


@dataclass(frozen=True, slots=True)
class _Visitor:
    store: Store
    fetch: Fetch
    isolate: Isolate
    clock: Clock
    dice: Callable[[], float]
    folder: Path

    async def visit(self, source: Source, visit: Visit) -> SourceReport:
        now = self.clock()
        if resting := _resting(source, visit, now):
            return resting
        found = await harvest.harvest(
            source,
            visit,
            fetch=self.fetch,
            isolate=self.isolate,
            now=now,
            jitter=self.dice(),
            folder=self.folder,
        )
        items = [item for item in found.items if urls.is_web(item.url) or _is_local(source)]
        fresh = await self._fresh(source, items, now)
        read = await self._read_all(source, fresh)
        new = await self.store.write(_keep, found.visit, read, now)
        notes = [*found.notes, *(one.note for one in read if one.note)]
        notes += [f"{one.item.url}: {one.trouble}" for one in read if one.trouble]
        return SourceReport(
            source=source.id,
            name=source.name,
            status=found.visit.status,
            items=len(found.items),
            new=new,
            error=found.visit.error,
            notes=tuple(dict.fromkeys(notes)),
        )

    async def stumbled(self, source: Source, visit: Visit, error: Exception) -> SourceReport:
        """What to say where we ourselves failed; it is kept, so that the source has a rest."""
        why = f"{source.location}: {_mistake(error)}"
        answer = Failed(url=source.location, status="failed", reason=why)
        after = visits.after(visit, answer, now=self.clock(), jitter=self.dice())
        with contextlib.suppress(DigestError):
            await self.store.write(sources_table.remember, after)
        return SourceReport(source=source.id, name=source.name, status="failed", error=why)

    async def _fresh(
        self, source: Source, items: Sequence[FetchedItem], now: datetime
    ) -> list[FetchedItem]:
        # Local files may have been edited since; reading them again costs nobody anything.
        if _is_local(source):
            return list(items)
        known = await self.store.read(
            functools.partial(articles_table.known, unreadable_since=now - UNREADABLE),
            [urls.canonical(item.url) for item in items],
        )
        return [item for item in items if urls.canonical(item.url) not in known]

    async def _read_all(self, source: Source, items: Sequence[FetchedItem]) -> list[_Read]:
        places = asyncio.Semaphore(PAGES_AT_ONCE)

        async def one(item: FetchedItem) -> _Read:
            async with places:
                return await self._read(source, item)

        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(one(item)) for item in items]
        return [task.result() for task in tasks]

    async def _read(self, source: Source, item: FetchedItem) -> _Read:
        note = None
        whole = item
        try:
            if item.form in (Form.LINK, Form.TEASER):
                whole, note = await harvest.complete(item, fetch=self.fetch, isolate=self.isolate)
            read = await self.isolate(
                extract.read,
                whole,
                source_name=item.source_name or source.name,
                seen=self.clock(),
                language=source.language,
            )
        except DigestError as error:
            return _Read(item=item, article=None, trouble=str(error))
        except Exception as error:
            log.exception("item.failed", source=source.id)
            return _Read(item=item, article=None, trouble=_mistake(error))
        if isinstance(read, Unreadable):
            return _Read(item=item, article=None, trouble=note or read.reason)
        return _Read(item=item, article=read, note=note)


def _mistake(error: Exception) -> str:
    kind = type(error).__name__
    return f"Digest could not read it ({kind}), which is a mistake in Digest; the log has more"


def _is_local(source: Source) -> bool:
    return source.kind in (SourceKind.FILES, SourceKind.SAMPLE)


def _resting(source: Source, visit: Visit, now: datetime) -> SourceReport | None:
    """A source that is not to be visited now, as its report."""
    if _is_local(source) or visits.due(visit, now):
        return None
    if visit.gone:
        cure = f"{source.location} is gone (410) and switched off; remove it or add its new address"
        return SourceReport(source=source.id, name=source.name, status="gone", error=cure)
    when = f"{visit.next_visit:%Y-%m-%d %H:%M} UTC" if visit.next_visit else "later"
    return SourceReport(
        source=source.id,
        name=source.name,
        status=f"resting until {when}",
        items=0,
        error=visit.error,
    )


def _keep(tx: Connection, visit: Visit, read: Sequence[_Read], now: datetime) -> int:
    """One transaction for one source: its articles, where they were seen, and the visit."""
    new = sum(articles_table.save(tx, one.article) for one in read if one.article)
    articles_table.sighted(
        tx,
        [
            Sighting(
                source=one.item.source,
                item_url=urls.canonical(one.item.url),
                article_url=one.article.url if one.article else None,
                guid=one.item.guid,
                title=one.item.title,
                seen_at=now,
                said=one.item.dated,
                trouble=one.trouble,
            )
            for one in read
        ],
    )
    sources_table.remember(tx, visit)
    return new

"""Gather: visit the sources and keep what they bring as Articles."""

from __future__ import annotations

import asyncio
import contextlib
import functools
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import Connection

from digest import logs
from digest.clock import Clock
from digest.collect import files, harvest, visits
from digest.collect.fetch import Failed, Fetch
from digest.collect.harvest import Completed
from digest.curate import addresses, extract, readings, urls
from digest.curate.addresses import Placed
from digest.curate.extract import Unreadable
from digest.curate.readings import Reading
from digest.errors import DigestError
from digest.isolation import Isolate
from digest.model import Article, Form, Source, SourceKind, SourceReport, Visit
from digest.storage import articles as articles_table
from digest.storage import sources as sources_table
from digest.storage.articles import Sighting
from digest.storage.database import Store

SOURCES_AT_ONCE = 12
PAGES_AT_ONCE = 4  # per source; the client paces each host besides
# A page that could not be read is tried again after this; one whose host was in trouble is tried at
# every visit for so long.
UNREADABLE = timedelta(days=2)
PATIENCE = timedelta(minutes=10)  # for the pages of one source: the others, and issues, wait for it
NEWS = timedelta(days=2)  # what was first seen so lately is read again where it is told otherwise
LATE = "was not asked for: its source took ten minutes already; the next visit goes on"


log = logs.logger("digest.gather")


# Told once for every source that is done, in the order they finish.
Progress = Callable[[SourceReport], None]


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


async def wake(store: Store, sources: Sequence[Source]) -> None:
    """Let ``gather`` visit the sources now, however long they are to rest."""
    await store.write(sources_table.wake, [source.id for source in sources])


@dataclass(frozen=True, slots=True)
class _Visitor:
    store: Store
    fetch: Fetch
    isolate: Isolate
    clock: Clock
    dice: Callable[[], float]
    folder: Path

    async def visit(self, source: Source, visit: Visit) -> SourceReport:
        now, jitter = self.clock(), self.dice()
        if not _is_local(source) and (resting := visits.resting(source, visit, now)):
            return resting
        found = await harvest.harvest(
            source,
            visit,
            fetch=self.fetch,
            isolate=self.isolate,
            now=now,
            jitter=jitter,
            folder=self.folder,
        )
        items = [item for item in found.items if urls.is_web(item.url) or _is_local(source)]
        if source.kind is SourceKind.FILES and not found.visit.error:
            await self._forget(source, {item.url for item in items})
        placed = addresses.placed(items)
        fresh = await self._fresh(source, placed, now)
        again = await self._again(source, placed, now)
        both = await self._read_all(source, [*fresh, *(one for one, _ in again)])
        read, edited = both[: len(fresh)], readings.believed(again, both[len(fresh) :])
        unsettled = visits.unsettled(found.visit, now=now, jitter=jitter)
        new = await self.store.write(_keep, found.visit, unsettled, read, edited, now)
        notes = [*found.notes, *(one.note for one in read if one.note)]
        if too_long := len(items) - len(placed):
            notes.append(addresses.left_out(too_long))
        lost = [one for one in read if one.trouble and not one.note]
        notes += [f"{one.placed.item.url}: {one.trouble}" for one in lost]
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
        why = f"{source.location}: {readings.mistake(error)}"
        answer = Failed(url=source.location, status="failed", reason=why)
        after = visits.after(visit, answer, now=self.clock(), jitter=self.dice())
        with contextlib.suppress(DigestError):
            await self.store.write(sources_table.remember, after)
        return SourceReport(source=source.id, name=source.name, status="failed", error=why)

    async def _forget(self, source: Source, listed: Collection[str]) -> None:
        """What no issue told yet, and whose file was deleted or made a draft, is no news."""
        kept = await self.store.read(articles_table.untold_files, source.id)
        unlisted = [url for url in kept if url not in listed]
        if gone := await asyncio.to_thread(files.taken_back, unlisted):
            await self.store.write(articles_table.forget, gone)

    async def _fresh(self, source: Source, items: Sequence[Placed], now: datetime) -> list[Placed]:
        # Local files may have been edited since; reading them again costs nobody anything.
        if _is_local(source):
            return list(items)
        known = await self.store.read(
            functools.partial(articles_table.known, unreadable_since=now - UNREADABLE),
            [address for one in items for address in (one.address, *one.aliases)],
        )
        # A part that was alone in its page when it was read is known at the page's address.
        pages = {one.page for one in items if one.part}
        seen = await self.store.read(articles_table.by_source, source.id, listed=pages)
        alone = {(one.item_url, one.guid) for one in seen if one.article_url}
        return [
            one
            for one in items
            if not known.keys() & {one.address, *one.aliases}
            and (one.page, one.item.guid) not in alone
        ]

    async def _again(
        self, source: Source, items: Sequence[Placed], now: datetime
    ) -> list[tuple[Placed, Article]]:
        """The items that may have been edited at their source since, with what is kept of them."""
        if _is_local(source):
            return []
        told = {one.address: one for one in items}
        before = await self.store.read(
            articles_table.seen_lately, source.id, listed=told, since=now - NEWS
        )
        both = ((told[seen.item_url], seen.title, kept) for seen, kept in before)
        return [(one, kept) for one, title, kept in both if readings.may_differ(one.item, title)]

    async def _read_all(self, source: Source, items: Sequence[Placed]) -> list[Reading]:
        places, until = asyncio.Semaphore(PAGES_AT_ONCE), self.clock() + PATIENCE

        async def one(item: Placed) -> Reading:
            async with places:
                if self.clock() > until and not _is_local(source):
                    return Reading(placed=item, article=None, trouble=LATE, owed=True)
                return await self._read(source, item)

        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(one(item)) for item in items]
        return [task.result() for task in tasks]

    async def _read(self, source: Source, placed: Placed) -> Reading:
        item = placed.item
        whole = Completed(item=item)
        try:
            # The page of a part tells all its parts; the feed's own words tell this one.
            if item.form in (Form.LINK, Form.TEASER) and not placed.part:
                whole = await harvest.complete(item, fetch=self.fetch, isolate=self.isolate)
            moved = urls.canonical(whole.item.url) != placed.page
            read = await self.isolate(
                extract.read,
                whole.item,
                source_name=item.source_name or source.name,
                seen=self.clock(),
                language=source.language,
                listed=item.url if moved else None,
            )
        except DigestError as error:
            return Reading(placed=placed, article=None, trouble=str(error))
        except Exception as error:
            log.exception("item.failed", source=source.id)
            return Reading(placed=placed, article=None, trouble=readings.mistake(error))
        if isinstance(read, Unreadable):
            trouble = whole.trouble or read.reason
            return Reading(
                placed=placed, article=None, trouble=trouble, owed=whole.owed, note=whole.trouble
            )
        article = replace(read, url=placed.address) if placed.part else read
        return Reading(placed=placed, article=article, moved=moved, note=whole.trouble)


def _is_local(source: Source) -> bool:
    return source.kind in (SourceKind.FILES, SourceKind.SAMPLE)


def _keep(
    tx: Connection,
    visit: Visit,
    unsettled: Visit,
    read: Sequence[Reading],
    edited: Sequence[tuple[Placed, Article]],
    now: datetime,
) -> int:
    """One transaction for one source: its articles, where they were seen, and the visit.

    ``unsettled``: what the visit becomes where a page is owed. With validators the source would be
    told "not modified", and never list it again.
    """
    listed = [one.placed.address for one in read if one.owed]
    before = articles_table.by_source(tx, visit.source, listed=listed)
    tried = {one.item_url: one for one in before}
    new = 0
    owes = False
    for one in read:
        article = _apart(tx, one)
        new += articles_table.save(tx, article) if article else 0
        since = _owed_since(one, tried.get(one.placed.address), now)
        owes = owes or since is not None
        sighting = Sighting(
            source=visit.source,
            item_url=one.placed.address,
            article_url=article.url if article else None,
            guid=one.placed.item.guid,
            title=one.placed.item.title,
            seen_at=since or now,
            said=one.placed.item.dated,
            trouble=one.trouble if since is None else None,
        )
        articles_table.sighted(tx, [sighting])
    for placed, article in edited:
        articles_table.save(tx, article)
        articles_table.renamed(tx, visit.source, placed.address, title=placed.item.title)
    sources_table.remember(tx, unsettled if owes else visit)
    return new


def _owed_since(read: Reading, before: Sighting | None, now: datetime) -> datetime | None:
    """Since when a page is owed; None where it is not, or not any more."""
    if not read.owed or (before and before.trouble):
        return None
    since = before.seen_at if before else now
    return since if now - since < UNREADABLE else None


def _apart(tx: Connection, read: Reading) -> Article | None:
    """The article, at its own address where another news was led to the same page before it.

    A site that sends every reader to its login would else have one article, the last.
    """
    item, article = read.placed.item, read.article
    if article is None or not read.moved:
        return article
    there = articles_table.by_source(tx, item.source, led_to=[article.url])
    others = {one.title for one in there if one.item_url != read.placed.address and one.title}
    if not item.title or not others - {item.title}:
        return article
    return replace(article, url=read.placed.address)

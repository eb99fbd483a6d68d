"""Prepare: what was gathered becomes an Issue and its Editions, or a reason why there is none."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from types import MappingProxyType

from digest import periods
from digest.choices import Choice
from digest.clock import Clock
from digest.collect import sample
from digest.collect.fetch import Ask, Failed, Fetch, Fetched
from digest.compose import issue as issues
from digest.compose import logos, pictures, variants, words
from digest.compose.options import ComposeOptions
from digest.compose.pictures import Encoded
from digest.compose.prepared import Prepared
from digest.compose.proofread import Proofread, proofread
from digest.compose.render import Job
from digest.curate import curation, glut, silence
from digest.curate.curation import Curated, CurateOptions
from digest.curate.window import Told
from digest.errors import DigestError, Misconfigured, Temporary
from digest.isolation import Isolate, Stopped
from digest.model import Article, Newsletter, Picture, Source, SourceId, Story
from digest.storage import pools
from digest.storage.database import Store
from digest.storage.pools import Pool

# How far back told stories are compared with new ones, and how far a rehearsal copies.
MEMORY = timedelta(days=32)  # a monthly issue and the one before it

# Editions travel in batches: few, so that little is read twice; more than there are workers, so
# that none is idle for long; and small enough for the time limit of one edition.
BATCHES, LEAST, MOST = 4, 4, 25
ALL_PICTURES = 60.0  # seconds: no issue waits longer for them, however many hosts dawdle

NOBODY: Mapping[Choice, int] = MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True)
class Imprint:
    """Who publishes and how it is made: what preparing needs of the configuration."""

    site_name: str
    base_url: str  # https, no trailing slash
    postal_address: str
    sources: Mapping[SourceId, Source]
    curate: CurateOptions
    compose: ComposeOptions
    templates: tuple[Path, ...]  # the operator's folder first, ours second
    media: Path
    dkim_domain: str = ""


async def draft(
    store: Store,
    newsletter: Newsletter,
    imprint: Imprint,
    *,
    isolate: Isolate,
    clock: Clock,
    since: datetime | None = None,
) -> Prepared:
    """Decide what the issue of the window that ends now tells; nothing is rendered yet."""
    now = clock()
    ids = [
        source.id
        for source in imprint.sources.values()
        if not newsletter.sources or source.name in newsletter.sources
    ]
    pool = await store.read(pools.pool, newsletter, ids, now=now, since=since, memory=now - MEMORY)
    options = imprint.curate if since is None else curation.reaching(imprint.curate, now - since)
    curated = await glut.curated(
        isolate,
        pool.articles,
        told=[Told(article=article, period=period) for article, period in pool.told],
        newsletter=newsletter,
        sources=dict(imprint.sources),
        since=pool.since,
        until=now,
        options=options,
    )
    if len(curated.stories) < max(1, newsletter.min_stories):
        return Prepared(
            newsletter=newsletter,
            at=now,
            reason=_no_mail(newsletter, curated, pool, now),
            left_out=curated.left_out,
        )
    composed = issues.compose(
        newsletter,
        curated.stories,
        _window(newsletter, pool, now, options),
        brief_after=imprint.compose.brief_after,
        left_out=curated.left_out,
    )
    return Prepared(
        newsletter=newsletter,
        at=now,
        issue=composed,
        left_out=curated.left_out,
        settled=pool.settled,
    )


async def prepare(
    store: Store,
    newsletter: Newsletter,
    imprint: Imprint,
    *,
    fetch: Fetch,
    isolate: Isolate,
    clock: Clock,
    since: datetime | None = None,
    choices: Mapping[Choice, int] = NOBODY,
) -> Prepared:
    """Draft the issue and render its editions. Writes only pictures, never the database.

    ``choices``: what the audience chose, and how many. Raises Misconfigured for broken templates.
    """
    drafted = await illustrated(
        await draft(store, newsletter, imprint, isolate=isolate, clock=clock, since=since),
        imprint,
        fetch=fetch,
        isolate=isolate,
    )
    return await typeset(drafted, imprint, isolate=isolate, choices=choices)


async def typeset(
    drafted: Prepared, imprint: Imprint, *, isolate: Isolate, choices: Mapping[Choice, int] = NOBODY
) -> Prepared:
    """Render the editions of a drafted issue, for what the audience chose."""
    if (issue := drafted.issue) is None:
        return drafted
    newsletter = drafted.newsletter
    plan = variants.plan(
        issue,
        newsletter,
        choices,
        speaks=partial(words.is_known, folders=imprint.templates),
        brief_after=imprint.compose.brief_after,
        most=imprint.compose.max_editions,
    )
    logo = await logos.kept(newsletter.theme, imprint.templates, imprint.media, isolate)
    jobs = [
        replace(job(replace(drafted, issue=variant.issue), imprint, key=variant.key), logo=logo)
        for variant in plan.variants
    ]
    made = await printed(jobs, isolate)
    cut = {note: None for one in made for note in one.edition.notes}
    return replace(
        drafted,
        editions=tuple(one.edition for one in made),
        choices=plan.keys,
        findings={one.edition.key: one.findings for one in made},
        notes=(*drafted.notes, *plan.notes, *cut),
    )


async def illustrated(
    drafted: Prepared, imprint: Imprint, *, fetch: Fetch, isolate: Isolate
) -> Prepared:
    """A draft with the lead pictures of its stories, as far as they can be had."""
    if drafted.issue is None:
        return drafted
    shown, notes = await _pictures(imprint, drafted.issue.stories, fetch=fetch, isolate=isolate)
    return replace(drafted, issue=replace(drafted.issue, pictures=shown), notes=tuple(notes))


def _window(
    newsletter: Newsletter, pool: Pool, now: datetime, options: CurateOptions
) -> issues.Window:
    return issues.Window(
        period=periods.period(newsletter, now),
        number=pool.number,
        since=pool.since or now - timedelta(hours=options.window.first_issue_hours),
        until=now,
    )


def _no_mail(newsletter: Newsletter, curated: Curated, pool: Pool, now: datetime) -> str:
    return silence.reason(
        newsletter,
        curated,
        pool.articles,
        since=pool.since,
        until=now,
        before=pool.before,
        newest_before=pool.newest_before,
        told_already=pool.told_already,
    )


async def _pictures(
    imprint: Imprint, stories: tuple[Story, ...], *, fetch: Fetch, isolate: Isolate
) -> tuple[dict[str, Picture], list[str]]:
    """The lead picture of each story that has one, kept in ``media``; and what was left out."""
    if not imprint.compose.pictures:
        return {}, []

    until = asyncio.get_running_loop().time() + ALL_PICTURES

    async def one(lead: Article) -> Encoded | str:
        try:
            async with asyncio.timeout_at(until):
                body = await _picture(lead.image or "", fetch)
            return await isolate(pictures.reencode, body)
        except (DigestError, TimeoutError) as error:
            why = str(error) or f"it was not here when the {ALL_PICTURES:g} s for all were over"
            return f"the picture of “{lead.title}” is left out: {why} ({lead.image})"

    leads = pictures.with_their_own(story.lead for story in stories)
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(one(lead)) for lead in leads]
    shown: dict[str, Picture] = {}
    notes: list[str] = []
    for lead, task in zip(leads, tasks, strict=True):
        if isinstance(found := task.result(), str):
            notes.append(found)
        else:
            pictures.keep(imprint.media, found)
            shown[lead.url] = found.described("")
    return shown, notes


async def _picture(source: str, fetch: Fetch) -> bytes:
    if source.startswith(sample.SCHEME):
        return sample.picture(source)
    answer = await fetch(Ask(url=source, accept="image/*"))
    if isinstance(answer, Fetched):
        return answer.body
    raise Temporary(answer.reason if isinstance(answer, Failed) else "its host sent nothing")


async def printed(jobs: Sequence[Job], isolate: Isolate) -> list[Proofread]:
    """All editions, in worker processes. The first goes alone: it shows what is wrong with all.

    Raises Misconfigured for templates that cannot be rendered, or not in time.
    """
    first, rest = jobs[:1], jobs[1:]
    made = list(await _batch(first, isolate))

    async def one(batch: Sequence[Job]) -> tuple[Proofread, ...] | DigestError:
        try:
            return await _batch(batch, isolate)
        except DigestError as error:
            return error

    size = max(LEAST, min(MOST, math.ceil(len(rest) / BATCHES)))
    async with asyncio.TaskGroup() as group:
        tasks = [
            group.create_task(one(rest[begin : begin + size]))
            for begin in range(0, len(rest), size)
        ]
    for task in tasks:
        if isinstance(found := task.result(), DigestError):
            raise found
        made.extend(found)
    return made


async def _batch(jobs: Sequence[Job], isolate: Isolate) -> tuple[Proofread, ...]:
    try:
        return await isolate(proofread, jobs)
    except Stopped as error:
        if len(jobs) == 1:
            raise Misconfigured(
                "the templates",
                f"were not rendered within {jobs[0].options.time_limit_seconds:g} s; look for a "
                "loop that does not end, or raise compose.time_limit_seconds",
            ) from error
    # The limit is one edition's: together they may be late on a busy machine.
    return tuple([made for job in jobs for made in await _batch((job,), isolate)])


def job(drafted: Prepared, imprint: Imprint, *, key: str = "") -> Job:
    """What rendering one edition of a drafted issue needs."""
    issue, newsletter = drafted.issue, drafted.newsletter
    assert issue is not None, "there is nothing to render"
    settled = drafted.settled | {issue.period}
    return Job(
        issue=issue,
        newsletter=newsletter,
        site_name=imprint.site_name,
        base_url=imprint.base_url,
        postal_address=imprint.postal_address,
        templates=imprint.templates,
        options=imprint.compose,
        next_issue=periods.next_issue(newsletter, drafted.at, settled=settled),
        dkim_domain=imprint.dkim_domain,
        key=key,
    )

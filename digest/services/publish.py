"""Prepare: what was gathered becomes an Issue and its Editions, or a reason why there is none."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import Connection

from digest import periods
from digest.collect import sample
from digest.collect.fetch import Ask, Failed, Fetch, Fetched, NotModified
from digest.compose import issue as issues
from digest.compose import lint, pictures, render
from digest.compose import theme as themes
from digest.compose.lint import Finding
from digest.compose.options import ComposeOptions
from digest.compose.pictures import Encoded
from digest.compose.prepared import Prepared
from digest.curate import curation
from digest.curate.curation import Curated, CurateOptions
from digest.curate.window import Told
from digest.errors import DigestError, Misconfigured, Permanent, Temporary
from digest.isolation import Isolate, Stopped
from digest.model import Article, Edition, Issue, Newsletter, Picture, Source, SourceId, Story
from digest.storage import articles as articles_table
from digest.storage import issues as issues_table
from digest.storage.database import Store

Clock = Callable[[], datetime]

# How far back told stories are compared with new ones, and how far a rehearsal copies.
MEMORY = timedelta(days=31)


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


@dataclass(frozen=True, slots=True, kw_only=True)
class _Pool:
    """What storage knows of one window. ``since`` None: the newsletter's first issue."""

    articles: tuple[Article, ...]
    told: tuple[Told, ...]
    since: datetime | None
    number: int
    before: int  # articles seen before the window
    newest_before: Article | None


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
    pool = await store.read(_pool, newsletter, imprint, now, since)
    options = imprint.curate if since is None else _reaching(imprint.curate, now - since)
    curated = await isolate(
        curation.curate,
        pool.articles,
        told=pool.told,
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
        issues.Window(
            period=periods.period(newsletter, now),
            number=pool.number,
            since=pool.since or now - timedelta(hours=options.window.first_issue_hours),
            until=now,
        ),
        brief_after=imprint.compose.brief_after,
        left_out=curated.left_out,
    )
    return Prepared(newsletter=newsletter, at=now, issue=composed, left_out=curated.left_out)


async def prepare(
    store: Store,
    newsletter: Newsletter,
    imprint: Imprint,
    *,
    fetch: Fetch,
    isolate: Isolate,
    clock: Clock,
    since: datetime | None = None,
) -> Prepared:
    """Draft the issue and render it. Writes only pictures, never the database.

    Raises Misconfigured for templates that cannot be rendered.
    """
    drafted = await draft(store, newsletter, imprint, isolate=isolate, clock=clock, since=since)
    if drafted.issue is None:
        return drafted
    shown, notes = await _pictures(imprint, drafted.issue.stories, fetch=fetch, isolate=isolate)
    issue = replace(drafted.issue, pictures=shown)
    job = _job(issue, newsletter, imprint, drafted.at)
    job = replace(job, logo=await _logo(newsletter, imprint, isolate))
    edition = await _edition(job, isolate)
    return replace(
        drafted,
        issue=issue,
        editions=(edition,),
        findings={edition.key: _findings(edition, issue, newsletter, imprint)},
        notes=(*notes, *edition.notes),
    )


def _pool(
    tx: Connection,
    newsletter: Newsletter,
    imprint: Imprint,
    now: datetime,
    since: datetime | None,
) -> _Pool:
    ids = [
        source.id
        for source in imprint.sources.values()
        if not newsletter.sources or source.name in newsletter.sources
    ]
    cadence = newsletter.cadence.value
    last = issues_table.last(tx, newsletter.id, cadence)
    begin = since or (last.until if last else None)
    before, newest = articles_table.seen_before(tx, begin, ids) if begin else (0, None)
    told = issues_table.told_since(tx, newsletter.id, cadence, now - MEMORY)
    return _Pool(
        articles=tuple(articles_table.seen_between(tx, begin, now, ids)),
        told=tuple(Told(article=article, period=period) for article, period in told),
        since=begin,
        number=issues_table.next_number(tx, newsletter.id),
        before=before,
        newest_before=newest,
    )


def _reaching(options: CurateOptions, span: timedelta) -> CurateOptions:
    """Options under which a window the operator asked for is not stale in itself."""
    hours = span.total_seconds() / 3600 + 24
    window = options.window
    return replace(
        options,
        window=replace(
            window,
            daily_hours=max(window.daily_hours, hours),
            weekly_hours=max(window.weekly_hours, hours),
        ),
    )


def _no_mail(newsletter: Newsletter, curated: Curated, pool: _Pool, now: datetime) -> str:
    """Why there is no issue: the window, how many articles are older, the newest of them."""
    found = len(curated.stories)
    told = f"{found} {'story' if found == 1 else 'stories'}"
    begin = f"after {pool.since:%Y-%m-%d %H:%M} " if pool.since else ""
    window = f"{begin}until {now:%Y-%m-%d %H:%M} UTC"
    least = max(1, newsletter.min_stories)
    least_said = f"; {newsletter.title} needs at least {least}" if least > 1 else ""
    said = [f"{told if found else 'no story'} to tell from what was seen {window}{least_said}"]
    stale = [article for article in pool.articles if article.url in curated.stale]
    older = len(stale) + pool.before
    candidates = [*stale, *([pool.newest_before] if pool.newest_before else [])]
    if candidates:
        newest = max(candidates, key=lambda article: article.dated.at)
        bound = "" if newest.dated.exact else " at the latest"
        count = f"{older:,} article is older" if older == 1 else f"{older:,} articles are older"
        said.append(
            f"{count}, the newest “{newest.title}”, dated {newest.dated.at:%Y-%m-%d}{bound}"
        )
    elif not pool.articles:
        said.append("no article is kept from its sources")
    return "; ".join(said)


async def _pictures(
    imprint: Imprint, stories: tuple[Story, ...], *, fetch: Fetch, isolate: Isolate
) -> tuple[dict[str, Picture], list[str]]:
    """The lead picture of each story that has one, kept in ``media``; and what was left out."""
    if not imprint.compose.pictures:
        return {}, []

    async def one(lead: Article) -> Encoded | str:
        try:
            return await isolate(pictures.reencode, await _picture(lead.image or "", fetch))
        except DigestError as error:
            return f"the picture of “{lead.title}” is left out: {error} ({lead.image})"

    leads = [story.lead for story in stories if story.lead.image]
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(one(lead)) for lead in leads]
    shown: dict[str, Picture] = {}
    notes: list[str] = []
    for lead, task in zip(leads, tasks, strict=True):
        match task.result():
            case str() as note:
                notes.append(note)
            case encoded:
                pictures.keep(imprint.media, encoded)
                shown[lead.url] = encoded.described("")
    return shown, notes


async def _logo(newsletter: Newsletter, imprint: Imprint, isolate: Isolate) -> Picture | None:
    """The theme's logo, kept in ``media``. Raises Misconfigured where it is no picture."""
    theme = themes.load(newsletter.theme, imprint.templates)
    if theme.logo is None:
        return None
    path, width = theme.logo.path, theme.logo.width
    try:
        body = await asyncio.to_thread(path.read_bytes)
        encoded = await isolate(pictures.logo, body, width=width, ground=theme.ground)
    except (OSError, Permanent) as error:
        raise Misconfigured(str(path), f"is no logo: {error}; take a PNG or a JPEG") from error
    pictures.keep(imprint.media, encoded)
    return encoded.described(theme.logo.alt)


async def _picture(source: str, fetch: Fetch) -> bytes:
    if source.startswith(sample.SCHEME):
        return sample.picture(source)
    match await fetch(Ask(url=source, accept="image/*")):
        case Fetched(body=body):
            return body
        case NotModified():
            raise Temporary("its host sent nothing")
        case Failed(reason=reason):
            raise Temporary(reason)


async def _edition(job: render.Job, isolate: Isolate) -> Edition:
    try:
        return await isolate(render.edition, job)
    except Stopped as error:
        raise Misconfigured(
            "the templates",
            f"were not rendered within {job.options.time_limit_seconds:g} s; look for a loop that "
            "does not end, or raise compose.time_limit_seconds",
        ) from error


def _findings(
    edition: Edition, issue: Issue, newsletter: Newsletter, imprint: Imprint
) -> tuple[Finding, ...]:
    return lint.lint(
        edition,
        issue,
        newsletter,
        base_url=imprint.base_url,
        max_html_bytes=imprint.compose.max_html_bytes,
    )


def _job(composed: Issue, newsletter: Newsletter, imprint: Imprint, now: datetime) -> render.Job:
    return render.Job(
        issue=composed,
        newsletter=newsletter,
        site_name=imprint.site_name,
        base_url=imprint.base_url,
        postal_address=imprint.postal_address,
        templates=imprint.templates,
        options=imprint.compose,
        next_issue=periods.next_issue(newsletter, now),
    )

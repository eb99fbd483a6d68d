"""The steps of ``digest send``, in order: gather, prepare, ask, release, dispatch."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from digest import wiring, worker
from digest.cli.gathering import gathered
from digest.cli.meter import Meter
from digest.clock import clock_from
from digest.compose.prepared import Prepared
from digest.config import secret
from digest.config.settings import Settings
from digest.errors import DigestError, Misconfigured
from digest.model import Issue, SourceReport
from digest.services import release
from digest.services.dispatch import Progress, nothing_due
from digest.services.links import check_links
from digest.services.publish import draft, illustrated, typeset
from digest.services.release import Released
from digest.services.trial import send_trial
from digest.storage import audience
from digest.storage import issues as issues_table
from digest.wiring import Tools, post
from subscribers.address import Address


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What the operator asked for on the command line."""

    newsletter: str
    at: datetime | None
    since: datetime | None
    collect: bool
    strict: bool
    extra: bool
    check_links: bool
    quiet: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Outgo:
    """What is ready to go to how many: what the operator is asked about."""

    prepared: Prepared
    sources: tuple[SourceReport, ...]
    audience: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """What a send came to. ``released`` None: nothing went out, and ``outgo`` says why."""

    outgo: Outgo
    released: Released | None = None
    progress: Progress | None = None
    stopped: bool = False  # by a signal


async def send(settings: Settings, wanted: Wanted, *, agreed: Callable[[Outgo], bool]) -> Sent:
    """All of it. ``agreed`` is asked once everything is ready and before anything is precious.

    Raises DigestError where lint stops the issue, or its period has one already.
    """
    ring = secret.make_and_read(settings.folder)
    async with wiring.tools(settings, at=wanted.at) as tools:
        await release.finish(tools.store, clock=tools.clock)
        outgo = await _ready(settings, wanted, tools)
        prepared = outgo.prepared
        if prepared.issue is None or not outgo.audience or not agreed(outgo):
            return Sent(outgo=outgo)
        with Meter(outgo.audience, quiet=wanted.quiet) as meter:
            released = await release.release(tools.store, prepared, clock=tools.clock)
            progress, stopped = await worker.work(
                settings,
                replace(tools, clock=clock_from(wanted.at)),
                ring,
                until=nothing_due,
                show=meter.show,
                tell=meter.tell,
            )
    return Sent(outgo=outgo, released=released, progress=progress, stopped=stopped)


async def trial(settings: Settings, wanted: Wanted, to: str) -> str:
    """The next issue, marked as a test, to one address; what took it said."""
    try:
        address = Address.parse(to)
    except ValueError as error:
        raise Misconfigured("--to", f"is {to!r}: {error}") from error
    newsletter = settings.newsletters[wanted.newsletter]
    ring = secret.make_and_read(settings.folder)
    async with wiring.tools(settings, at=wanted.at) as tools:
        prepared = (await _ready(settings, wanted, tools)).prepared
        if prepared.issue is None:
            raise DigestError(f"there is nothing to send: {prepared.reason}")
        return await send_trial(
            prepared,
            wiring.postmark(settings, newsletter, ring),
            post.transport(settings),
            address,
        )


async def _ready(settings: Settings, wanted: Wanted, tools: Tools) -> Outgo:
    newsletter = settings.newsletters[wanted.newsletter]
    reports: tuple[SourceReport, ...] = ()
    if wanted.collect:
        reports = await gathered(settings, newsletter, tools.store, tools, quiet=wanted.quiet)
    cadence = newsletter.cadence.value
    choices = await tools.store.read(audience.choices, newsletter.id, cadence, tools.clock())
    imprint = wiring.imprint(settings, media=settings.storage.media)
    drafted = await draft(
        tools.store,
        newsletter,
        imprint,
        isolate=tools.isolate,
        clock=tools.clock,
        since=wanted.since,
    )
    if drafted.issue is not None:  # named first: its mails say where it stands on the web
        drafted = await _named(drafted, drafted.issue, wanted, tools)
    shown = await illustrated(drafted, imprint, fetch=tools.fetch, isolate=tools.isolate)
    prepared = await typeset(shown, imprint, isolate=tools.isolate, choices=choices)
    if prepared.issue is not None:
        if wanted.check_links:
            base_url = settings.site.base_url
            prepared = await check_links(prepared, tools.fetch, base_url=base_url)
        release.refuse(prepared, strict=wanted.strict)
    return Outgo(prepared=prepared, sources=reports, audience=sum(choices.values()))


async def _named(prepared: Prepared, issue: Issue, wanted: Wanted, tools: Tools) -> Prepared:
    """An issue made by hand beside the calendar's has a period of its own."""
    if not wanted.extra:
        taken = await tools.store.read(
            issues_table.of_period, issue.newsletter, issue.cadence, issue.period
        )
        if taken is not None:
            raise release.Taken(release.taken(issue))
        return prepared
    period = await tools.store.read(issues_table.next_extra, issue.newsletter, issue.cadence)
    return replace(prepared, issue=replace(issue, period=period))

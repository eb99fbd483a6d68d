"""The steps of ``digest send``, in order: gather, prepare, ask, release, dispatch."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from digest import periods, wiring, worker
from digest.cli import limits
from digest.cli.gathering import gathered
from digest.cli.meter import Meter
from digest.clock import clock_from
from digest.compose.prepared import Prepared
from digest.config import secret
from digest.config.settings import Settings
from digest.deliver.progress import Progress
from digest.errors import DigestError, Misconfigured, Temporary
from digest.model import Issue, SourceReport
from digest.services import pacing, release
from digest.services.dispatch import nothing_due
from digest.services.links import check_links
from digest.services.publish import draft, illustrated, typeset
from digest.services.release import Released
from digest.services.trial import send_trial
from digest.storage import audience, posting, reviews
from digest.storage import issues as issues_table
from digest.storage.posting import Unsent
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
    test: bool
    check_links: bool
    quiet: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Outgo:
    """What is ready to go to how many: what the operator is asked about."""

    prepared: Prepared
    sources: tuple[SourceReport, ...]
    audience: int
    unsent: tuple[Unsent, ...] = ()  # of earlier issues: what is due of them goes, too


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """What a send came to. ``released`` None: no new issue went out, and ``outgo`` says why.

    ``tally``: what the new one came to, by state; ``progress`` counts earlier ones and letters,
    too, and is None where nothing was sent at all.
    """

    outgo: Outgo
    released: Released | None = None
    tally: Mapping[str, int] = field(default_factory=dict)
    progress: Progress | None = None
    stopped: bool = False  # by a signal


async def send(settings: Settings, wanted: Wanted, *, agreed: Callable[[Outgo], bool]) -> Sent:
    """All of it. ``agreed`` is asked once everything is ready and before anything is precious.

    What is due of earlier issues goes with it; where there is no new one, alone: it was agreed to
    before. Raises DigestError where lint stops the issue, or its period has one already,
    Misconfigured before anything else where mail cannot leave for want of a secret or a key.
    """
    post.equipped(settings)
    ring = secret.make_and_read(settings.folder)
    async with wiring.tools(settings, at=wanted.at) as tools:
        with worker.listening() as ears:
            await release.finish(tools.store, clock=tools.clock, halt=ears.told)
        outgo = await _ready(settings, wanted, tools)
        new = outgo.prepared.issue is not None and outgo.audience > 0
        if not agreed(outgo) if new else not any(one.due for one in outgo.unsent):
            return Sent(outgo=outgo)
        return await released_and_sent(
            settings, tools, ring, outgo, new=new, at=wanted.at, quiet=wanted.quiet
        )


async def released_and_sent(
    settings: Settings,
    tools: Tools,
    ring: Sequence[bytes],
    outgo: Outgo,
    *,
    new: bool = True,
    corrects: int | None = None,
    at: datetime | None = None,
    quiet: bool = False,
) -> Sent:
    """What was agreed to: from here on it is precious. ``new`` False: only what is due already.

    Raises DigestError, which says so where an issue is released and could not be sent.
    """
    store, released, tally = tools.store, None, {}
    total = outgo.audience * new + sum(one.due for one in outgo.unsent)
    with Meter(total, quiet=quiet) as meter, worker.listening() as ears:
        if new:
            released = await release.release(
                store, outgo.prepared, clock=tools.clock, corrects=corrects, halt=ears.told
            )
        try:
            progress, stopped = await worker.work(
                settings,
                replace(tools, clock=clock_from(at)),
                ring,
                until=nothing_due,
                show=meter.show,
                tell=meter.tell,
                ears=ears,
            )
        except Temporary as error:
            if released is None:
                raise
            said = f"issue {released.issue} is released, `digest work` sends what has not left"
            raise DigestError(f"{error}; {said}") from error
        if released is not None:
            tally = await store.read(posting.tally, released.issue)
    return Sent(outgo=outgo, released=released, tally=tally, progress=progress, stopped=stopped)


async def trial(settings: Settings, wanted: Wanted, to: str) -> str:
    """The next issue, marked as a test, to one address; what the transport answered.

    Raises Misconfigured for what is no address, DigestError where there is nothing to send.
    """
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
            post.transport(settings, await pacing.known(tools.store)),
            address,
            dice=tools.dice,
        )


async def _ready(settings: Settings, wanted: Wanted, tools: Tools) -> Outgo:
    newsletter = settings.newsletters[wanted.newsletter]
    reports: tuple[SourceReport, ...] = ()
    if wanted.collect:
        sources = wiring.sources_of(settings, newsletter)
        reports = await gathered(settings, sources, tools.store, tools, quiet=wanted.quiet)
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
    unsent = await tools.store.read(posting.unsent, tools.clock())
    count = sum(choices.values())
    notes = await _giving_way(prepared, tools)
    if prepared.issue is not None and not wanted.test:
        notes += await limits.notes(settings, tools.store, count, tools.clock())
    return Outgo(
        prepared=replace(prepared, notes=(*prepared.notes, *notes)),
        sources=reports,
        audience=count,
        unsent=tuple(unsent),
    )


async def _giving_way(prepared: Prepared, tools: Tools) -> list[str]:
    """That an issue still waits for the editor, and will not when this one is released."""
    issue = prepared.issue
    return [
        f"issue {one.issue} of {one.period} waits for approval, and gives way to this one"
        for one in await tools.store.read(reviews.waiting)
        if issue and (one.newsletter, one.cadence) == (issue.newsletter, issue.cadence)
    ]


async def _named(prepared: Prepared, issue: Issue, wanted: Wanted, tools: Tools) -> Prepared:
    """An issue made by hand beside the calendar's has a period of its own, and a test none."""
    if wanted.test:
        return replace(prepared, issue=replace(issue, period=periods.TEST))
    if not wanted.extra:
        taken = await tools.store.read(
            issues_table.of_period, issue.newsletter, issue.cadence, issue.period
        )
        if taken is not None:
            unsent = await tools.store.read(posting.unsent, tools.clock())
            left = next((one for one in unsent if one.issue == taken.id), None)
            raise release.Taken(release.taken(issue, left))
        return prepared
    period = await tools.store.read(issues_table.next_extra, issue.newsletter, issue.cadence)
    return replace(prepared, issue=replace(issue, period=period))

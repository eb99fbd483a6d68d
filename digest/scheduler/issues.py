"""The issues that are due: gathered for, prepared, checked and released, or why not."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from digest import logs, wiring
from digest.collect import visits
from digest.compose.prepared import Prepared
from digest.config.settings import Settings
from digest.duty import Cause, Duty, Missed
from digest.errors import DigestError, Temporary
from digest.model import Newsletter, Source, SourceKind, Visit
from digest.periods import Turn
from digest.scheduler import review
from digest.services import calendar, release
from digest.storage import agenda, audience
from digest.storage import sources as sources_table
from digest.wiring import Tools

if TYPE_CHECKING:
    from digest.services.publish import Imprint

log = logs.logger("digest.scheduler")

LOCAL = (SourceKind.FILES, SourceKind.SAMPLE)  # reading them again costs nobody anything

PUNCTUAL = timedelta(minutes=10)  # as late as this an issue still ends where it was due
AGAIN = timedelta(minutes=5)  # what could not be made is tried again after this
SOON = timedelta(seconds=15)  # ... and this where the database was away, or its disk full


@dataclass(slots=True)
class Issues:
    """Makes the issues of all newsletters. ``rests``: until when what failed is left alone."""

    settings: Settings
    tools: Tools
    ring: Sequence[bytes]
    rests: dict[tuple[str, str, str], datetime] = field(default_factory=dict)

    async def make_due(self) -> None:
        """Make every issue that is due now; keep why others are not made; let go what waited."""
        await self._finish()
        await review.let_go_due(self.settings, self.tools, self.ring)
        for newsletter in self.settings.newsletters.values():
            for one in calendar.cadences(newsletter):
                await self._one(one)

    async def _finish(self) -> None:
        """Go on with the releases that some trouble cut short, or that a dead process left."""
        try:
            done = await release.finish(self.tools.store, clock=self.tools.clock)
        except DigestError as error:
            log.error("release.failed", why=str(error))
            return
        for one in done:
            log.info("issue.released", issue=one.issue, audience=one.audience)

    async def _one(self, newsletter: Newsletter) -> None:
        tools, hours = self.tools, self.settings.schedule.catch_up_hours
        found: Duty = await calendar.owed(
            tools.store, newsletter, catch_up=timedelta(hours=hours), clock=tools.clock
        )
        await self._keep(newsletter, found.missed)
        turn = found.make
        if turn is None or self._rests(newsletter, turn):
            return
        try:
            await self._made(newsletter, turn)
        except DigestError as error:
            log.error("issue.failed", newsletter=newsletter.id, period=turn.period, why=str(error))
            await self._failed(newsletter, turn, str(error), soon=isinstance(error, Temporary))
        except Exception as error:  # one newsletter's misfortune is not to be the next one's
            log.exception("issue.failed", newsletter=newsletter.id, period=turn.period)
            await self._failed(newsletter, turn, f"{type(error).__name__}: {error}")
        else:
            await calendar.mended(tools.store, newsletter, turn)

    async def _made(self, newsletter: Newsletter, turn: Turn) -> None:
        tools, store = self.tools, self.tools.store
        cadence = newsletter.cadence.value
        own = self.settings.newsletters[newsletter.id].cadence
        if newsletter.cadence is not own and not await store.read(
            agenda.is_taken, newsletter.id, cadence
        ):
            await self._keep(newsletter, [_quiet(turn, f"nobody has it {cadence}")])
            return
        sources = wiring.sources_of(self.settings, newsletter)
        new = await gather_due(self.settings, tools, sources, local=True)
        from digest.services import publish  # 12 MB that who only waits can do without

        now = tools.clock()
        # Else what came in just now would wait for the next issue.
        at = turn.due if not new and now - turn.due <= PUNCTUAL else now
        imprint = wiring.imprint(self.settings, media=self.settings.storage.media)
        drafted = await self._drafted(newsletter, imprint, at)
        if drafted.issue is None and at < now:
            # What a process gathered after it was due, and was stopped before it could tell it.
            drafted = await self._drafted(newsletter, imprint, now)
        if drafted.issue is None:
            await self._keep(newsletter, [_quiet(turn, drafted.reason or "no news")])
            return
        drafted = replace(drafted, issue=replace(drafted.issue, period=turn.period))
        prepared = await publish.typeset(
            await publish.illustrated(drafted, imprint, fetch=tools.fetch, isolate=tools.isolate),
            imprint,
            isolate=tools.isolate,
            choices=await store.read(audience.choices, newsletter.id, cadence, now),
        )
        release.refuse(prepared)
        await self._released(newsletter, turn, prepared)

    async def _drafted(self, newsletter: Newsletter, imprint: Imprint, at: datetime) -> Prepared:
        from digest.services import publish  # as above

        return await publish.draft(
            self.tools.store, newsletter, imprint, isolate=self.tools.isolate, clock=lambda: at
        )

    async def _released(self, newsletter: Newsletter, turn: Turn, prepared: Prepared) -> None:
        try:
            if newsletter.approval != "auto":
                await review.submit(self.tools, newsletter, turn, prepared)
                return
            out = await release.release(self.tools.store, prepared, clock=self.tools.clock)
        except release.Taken:
            return  # another process was quicker
        log.info(
            "issue.released",
            issue=out.issue,
            newsletter=newsletter.id,
            period=turn.period,
            audience=out.audience,
        )

    def _rests(self, newsletter: Newsletter, turn: Turn) -> bool:
        """Whether a period that could not be made is not to be tried again yet."""
        until = self.rests.get((newsletter.id, newsletter.cadence.value, turn.period))
        return until is not None and self.tools.clock() < until <= self.tools.clock() + AGAIN

    async def _failed(
        self, newsletter: Newsletter, turn: Turn, why: str, *, soon: bool = False
    ) -> None:
        again = self.tools.clock() + (SOON if soon else AGAIN)
        self.rests[newsletter.id, newsletter.cadence.value, turn.period] = again
        await calendar.failed(
            self.tools.store, newsletter, turn, why, again=again, clock=self.tools.clock
        )

    async def _keep(self, newsletter: Newsletter, some: Iterable[Missed]) -> None:
        missed = tuple(some)
        await calendar.missed(self.tools.store, newsletter, *missed, clock=self.tools.clock)
        for one in missed:
            log.warning(
                "issue.skipped",
                newsletter=newsletter.id,
                period=one.turn.period,
                why=one.reason,
            )


def _quiet(turn: Turn, reason: str) -> Missed:
    return Missed(turn=turn, reason=reason, cause=Cause.QUIET)


def _is_due(visit: Visit | None, now: datetime) -> bool:
    return visit is None or visits.due(visit, now)


async def gather_due(
    settings: Settings, tools: Tools, sources: Iterable[Source], *, local: bool
) -> int:
    """Visit the sources whose next visit is due, files too where ``local``; how much was new."""
    known = await tools.store.read(sources_table.visits)
    now = tools.clock()
    due = [
        one for one in sources if (local if one.kind in LOCAL else _is_due(known.get(one.id), now))
    ]
    if not due:
        return 0
    from digest.services.gather import gather  # what reads pages: not needed to wait

    reports = await gather(
        tools.store,
        due,
        fetch=tools.fetch,
        isolate=tools.isolate,
        clock=tools.clock,
        dice=tools.dice,
        folder=settings.folder,
    )
    for one in reports:
        if one.error:
            log.warning("source.failed", source=one.source, status=one.status, why=one.error)
        elif one.new:
            log.info("source.gathered", source=one.source, new=one.new)
    return sum(one.new for one in reports)

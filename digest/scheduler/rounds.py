"""What the clock does besides issues: visit sources, keep house, read the mailbox, tell alerts."""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import Sequence
from dataclasses import asdict
from datetime import timedelta

from digest import logs, wiring
from digest.checkup.alerts import Telling
from digest.config import secret
from digest.config.settings import Settings
from digest.deliver import unread
from digest.scheduler.issues import gather_due
from digest.scheduler.watch import Watch
from digest.services import alerts, feedback, membership, pacing, upkeep
from digest.wiring import Tools, bell, post
from digest.wiring import bounces as coming_back

log = logs.logger("digest.scheduler")


async def gather(settings: Settings, tools: Tools) -> None:
    """Visit every source that a newsletter uses, at its own next visit."""
    used = {
        source.id: source
        for newsletter in settings.newsletters.values()
        for source in wiring.sources_of(settings, newsletter)
    }
    await gather_due(settings, tools, used.values(), local=False)


async def keep_house(settings: Settings, tools: Tools) -> None:
    """Forget who never confirmed, and let go of what is older than it is kept."""
    kept = timedelta(days=settings.web.ip_mark_days)
    forgotten = await membership.purge(tools.store, marks_kept=kept, clock=tools.clock)
    gone = await upkeep.prune(tools.store, settings.storage.keep, clock=tools.clock)
    before = tools.clock() - timedelta(days=settings.storage.keep.originals_days)
    unread_ones = await asyncio.to_thread(unread.let_go, settings.bounces.unread, before)
    if forgotten or unread_ones or gone != upkeep.NOTHING:
        log.info("house.kept", forgotten=forgotten, unread=unread_ones, **asdict(gone))


async def read_mailbox(settings: Settings, tools: Tools, ring: Sequence[bytes]) -> None:
    """Take in what came back by mail, where a mailbox for it is named."""
    if not settings.bounces.mailbox.host:
        return
    async with coming_back.mailbox(settings) as mailbox:
        came = await feedback.read(
            tools.store,
            mailbox,
            acts=coming_back.acts(ring),
            ring=ring,
            rules=coming_back.bounce_rules(settings),
            clock=tools.clock,
        )
        withheld, unmoved = len(mailbox.withheld), len(mailbox.unmoved)
    if came or withheld:
        counts = {one.value: count for one, count in came.items()}
        log.info("mailbox.read", **counts, withheld=withheld, unmoved=unmoved)


async def tell_alerts(tools: Tools, watch: Watch) -> None:
    """Tell the operator what is new, goes on or is over, where there is a way to tell them."""
    settings, checks = watch.settings, await watch.checks()
    found = await alerts.look(
        tools.store,
        list(settings.newsletters.values()),
        {source.id: source.name for source in settings.collect.sources},
        settings.alerts,
        free_bytes=(await asyncio.to_thread(shutil.disk_usage, settings.folder)).free,
        lanes=post.lanes(settings, tools.clock()),
        checks=checks,
        clock=tools.clock,
    )

    async def say(telling: Telling) -> bool:
        return await bell.ring(settings, telling, tools.clock(), await pacing.known(tools.store))

    if settings.site.operator or secret.from_environment(bell.WEBHOOK, os.environ):
        told = await alerts.tell(tools.store, found, say, settings.alerts, clock=tools.clock)
        if told.alerts or told.over:
            log.info("alerts.told", new=[one.key for one in told.alerts], over=list(told.over))

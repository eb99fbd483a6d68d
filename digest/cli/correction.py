"""The steps of ``digest issues correct``: read what was told, typeset it anew, ask, release."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

from digest import wiring
from digest.cli import limits, mended
from digest.cli.newsletters import unserved
from digest.cli.sending import Outgo, Sent, released_and_sent
from digest.compose import words
from digest.config import secret
from digest.config.settings import Settings
from digest.errors import DigestError
from digest.services import correcting, release
from digest.services.publish import typeset
from digest.storage import audience, desk, enrolling, posting
from digest.wiring import post


async def correction(
    settings: Settings,
    issue: int,
    *,
    note: str,
    stories: Path | None,
    agreed: Callable[[Outgo], bool],
) -> Sent:
    """All of it; ``agreed`` is asked before anything is precious. Raises DigestError."""
    post.equipped(settings)
    ring = secret.make_and_read(settings.folder)
    async with wiring.tools(settings) as tools:
        found = await tools.store.read(desk.find, issue)
        if found is None:
            raise desk.unknown(issue)
        newsletter = settings.newsletters.get(found.newsletter)
        if newsletter is None:
            raise unserved(found, "leave the issue as it is")
        imprint = wiring.imprint(settings, media=settings.storage.media)
        said = words.load(newsletter.language, imprint.templates)
        drafted = await correcting.correct(
            tools.store,
            newsletter,
            issue,
            note=note,
            subject=str(said["correction"]),
            stories=mended.stories(stories) if stories else None,
            brief_after=settings.compose.brief_after,
            at=tools.clock(),
        )
        chosen = await tools.store.read(
            audience.choices, newsletter.id, drafted.newsletter.cadence.value, tools.clock()
        )
        prepared = await typeset(drafted, imprint, isolate=tools.isolate, choices=chosen)
        release.refuse(prepared)
        sent = (await tools.store.read(posting.tally, issue)).get("sent", 0)
        now = await tools.store.read(enrolling.again, issue, newsletter.id, tools.clock())
        notes = (*prepared.notes, *_not_again(issue, sent, now))
        notes = (*notes, *await limits.notes(settings, tools.store, now, tools.clock()))
        outgo = Outgo(prepared=replace(prepared, notes=notes), sources=(), audience=now)
        if not outgo.audience or not agreed(outgo):
            return Sent(outgo=outgo)
        return await released_and_sent(settings, tools, ring, outgo, corrects=issue)


def _not_again(issue: int, sent: int, now: int) -> Iterator[str]:
    """That not all who were sent the first get it. Raises DigestError where nobody does."""
    if sent and not now:
        raise DigestError(
            f"none of the {sent:,} who were sent issue {issue} would get a correction: all have "
            "left, paused or bounced since, or it is rolled up and whom it went to is not known"
        )
    if now < sent:
        yield (
            f"of the {sent:,} who were sent issue {issue}, {sent - now:,} will get no correction: "
            "left, paused or bounced since"
        )

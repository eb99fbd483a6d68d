"""Issues that wait for the editor: they are asked by mail, and what is approved or overdue goes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from digest import duty, logs
from digest.compose.prepared import Prepared
from digest.config.settings import Settings
from digest.errors import DigestError
from digest.model import Cadence, Newsletter
from digest.periods import Turn
from digest.services import release
from digest.storage import reviews
from digest.storage.reviews import Review
from digest.wiring import Tools, editor

log = logs.logger("digest.scheduler")


async def submit(tools: Tools, newsletter: Newsletter, turn: Turn, prepared: Prepared) -> None:
    """Freeze an issue for the editor, who is asked at the next knock. Raises release.Taken."""
    by = duty.release_by(newsletter.approval, tools.clock())
    issue = await release.submit(
        tools.store, prepared, due=turn.due, release_by=by, clock=tools.clock
    )
    log.info("issue.waits", issue=issue, newsletter=newsletter.id, period=turn.period)


async def let_go_due(settings: Settings, tools: Tools, ring: Sequence[bytes]) -> None:
    """Release what was approved or is overdue; ask for what nobody was asked yet."""
    for one in await tools.store.read(reviews.waiting):
        newsletter = settings.newsletters.get(one.newsletter)
        if newsletter is None:
            continue  # it left the configuration; it may come back
        try:
            await _go_on(settings, tools, ring, newsletter, one)
        except DigestError as error:
            log.warning("review.failed", issue=one.issue, why=str(error))
        except Exception:  # one review's misfortune is not to be every newsletter's
            log.exception("review.failed", issue=one.issue)


async def _go_on(
    settings: Settings, tools: Tools, ring: Sequence[bytes], newsletter: Newsletter, one: Review
) -> None:
    store = tools.store
    if one.release_by is not None and one.release_by <= tools.clock():
        at_cadence = replace(newsletter, cadence=Cadence(one.cadence))
        out = await release.let_go(store, at_cadence, one.issue, clock=tools.clock)
        log.info("issue.released", issue=out.issue, audience=out.audience)
    elif one.asked_at is None and settings.site.operator:
        text = await store.read(reviews.text, one.issue)
        await editor.ask(settings, one, text, tools, ring)
        await store.write(reviews.set_asked, one.issue, tools.clock())

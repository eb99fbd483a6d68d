"""Whether the relays' limits let all that waits leave in time, in words before it is too late."""

from __future__ import annotations

from datetime import datetime, timedelta

from digest import duty
from digest.cli.words import people
from digest.config.settings import Settings
from digest.deliver import outlook
from digest.deliver.outlook import Outlook
from digest.storage import paces, posting
from digest.storage.database import Store
from digest.storage.paces import Of
from digest.wiring import post

PATIENCE = timedelta(hours=1)  # what takes no longer is not worth a word


async def notes(settings: Settings, store: Store, audience: int, now: datetime) -> list[str]:
    """What to know before an issue goes to so many; nothing where it takes no hour."""
    waits, _ = await store.read(posting.queue)
    found = await _seen(settings, store, audience + waits, now + duty.LASTS, now)
    if found is None or not (found.late or found.ends is None or found.ends - now > PATIENCE):
        return []
    behind = f" ({waits:,} of earlier issues wait, too)" if waits else ""
    return [f"{line(found)}{behind}"]


async def of_queue(settings: Settings, store: Store, now: datetime) -> Outlook | None:
    """What becomes of what waits now; None where no limit holds it up."""
    waits, until = await store.read(posting.queue)
    return await _seen(settings, store, waits, until, now) if until else None


def line(found: Outlook) -> str:
    """``at the relays' limits the last leaves at …; for some 900 people that is too late: …``"""
    said = f"at the relays' limits the last leaves {outlook.when(found)}"
    if not found.late:
        return said
    return f"{said}; for some {people(found.late)} that is too late: {outlook.CURE}"


async def _seen(
    settings: Settings, store: Store, count: int, until: datetime, now: datetime
) -> Outlook | None:
    lanes = outlook.remembered(
        post.lanes(settings, now),
        await store.read(paces.known, Of.RELAY),
        await store.read(paces.known, Of.CIRCUIT),
    )
    return outlook.of(lanes, count, until=until, now=now)

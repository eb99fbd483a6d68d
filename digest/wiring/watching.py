"""Settings to what is watched while we run: the doors of relays and mailbox, and our DKIM keys."""

from __future__ import annotations

from digest.checkup.verdict import Check, bad, ok, unchecked
from digest.clock import Clock
from digest.config import dkim as keys
from digest.config.settings import Settings
from digest.deliver import dkim
from digest.errors import Misconfigured, Temporary
from digest.services import checkup
from digest.services.checkup import Lookup
from digest.wiring import bounces, post

MAILBOX = "bounce mailbox"
SECRETS = "with the next start or reload nothing leaves without them"
UNREAD = "till then no bounce or complaint in it is acted on; try with `digest bounces read`"


def signs(settings: Settings) -> dict[str, str]:
    """Where each key that we sign with is in the DNS, and its record. Raises Misconfigured."""
    if settings.deliver.dkim is None:
        return {}
    return dict(dkim.record(key) for key in keys.read(settings.deliver.dkim))


async def look(settings: Settings, *, lookup: Lookup, clock: Clock) -> list[Check]:
    """Knock at every relay and the mailbox, and ask for every key, once."""
    relays, lacking = post.usable(settings)
    trouble = [bad("relay secrets", "; ".join(lacking), SECRETS)] if lacking else []
    try:
        ours = signs(settings)
    except Misconfigured as error:
        ours = {}
        trouble.append(bad("DKIM keys", str(error), "see what `digest dkim check` says"))
    trouble += await mailbox(settings)
    return [*trouble, *await checkup.watch(relays, ours, lookup=lookup, clock=clock)]


async def mailbox(settings: Settings) -> list[Check]:
    """Whether what comes back can be read; nothing where no mailbox for it is named."""
    if not settings.bounces.mailbox.host:
        return []
    try:
        async with bounces.mailbox(settings):
            return [ok(MAILBOX, "it opens")]
    except Misconfigured as error:
        return [bad(MAILBOX, str(error), UNREAD)]
    except Temporary as error:
        return [unchecked(MAILBOX, str(error), UNREAD)]

"""Settings to what is watched while we run: the relays' doors, and the keys we sign with."""

from __future__ import annotations

from digest.checkup.verdict import Check, bad
from digest.clock import Clock
from digest.config import dkim as keys
from digest.config.settings import Settings
from digest.deliver import dkim
from digest.errors import Misconfigured
from digest.services import checkup
from digest.services.checkup import Lookup
from digest.wiring import post


def signs(settings: Settings) -> dict[str, str]:
    """Where each key that we sign with is in the DNS, and its record. Raises Misconfigured."""
    if settings.deliver.dkim is None:
        return {}
    return dict(dkim.record(key) for key in keys.read(settings.deliver.dkim))


async def look(settings: Settings, *, lookup: Lookup, clock: Clock) -> list[Check]:
    """Knock at every relay and ask for every key, once."""
    relays = post.relays(settings) if settings.deliver.transport == "smtp" else ()
    try:
        ours, trouble = signs(settings), []
    except Misconfigured as error:
        ours, trouble = {}, [bad("DKIM keys", str(error), "see what `digest dkim check` says")]
    return [*trouble, *await checkup.watch(relays, ours, lookup=lookup, clock=clock)]

"""The operator's bell: alerts by mail to ``site.operator``, and to a webhook."""

from __future__ import annotations

import os
from collections.abc import Awaitable, Mapping
from datetime import datetime

from digest import logs
from digest.checkup.alerts import Telling
from digest.checkup.visitor import post_json
from digest.config import secret
from digest.config.settings import Settings
from digest.deliver import notice
from digest.deliver.choice import Circuit
from digest.deliver.outcome import Accepted
from digest.deliver.transport import Transport
from digest.errors import DigestError, Misconfigured
from digest.wiring import post

log = logs.logger("digest.alerts")

WEBHOOK = "DIGEST_ALERT_WEBHOOK"


async def ring(
    settings: Settings,
    telling: Telling,
    now: datetime,
    circuits: Mapping[str, Circuit] = post.NO_CIRCUITS,
) -> bool:
    """Say it on every way there is; True where one of them arrived.

    ``circuits``: how the relays have fared, so that none is asked first that it may be about.
    Raises DigestError where none did.
    """
    wrong = [(one.says, one.cure) for one in telling.alerts]
    transport = _way_out(settings, circuits)
    ways = [
        await _tried("webhook", _posted(wrong, telling.over)),
        await _tried("mail", _mailed(settings, wrong, telling.over, now, transport)),
    ]
    if None in ways:
        return True
    raise DigestError(f"nobody heard the alerts: {'; '.join(filter(None, ways))}")


def _way_out(settings: Settings, circuits: Mapping[str, Circuit]) -> Transport:
    try:
        return post.transport(settings, circuits)
    except Misconfigured:  # a key is missing: that may be the very thing to tell
        return post.transport(post.unsigned(settings), circuits)


async def _tried(way: str, says: Awaitable[str | None]) -> str | None:
    """A way's answer, or how it broke: else what another has said is forgotten, and said again."""
    try:
        return await says
    except DigestError as error:
        return str(error)
    except Exception as error:
        log.exception("alerts.untold", way=way)
        return f"the {way} failed ({type(error).__name__}: {error})"


async def _posted(wrong: list[notice.Line], over: tuple[str, ...]) -> str | None:
    """Why the webhook did not hear it; None where it did."""
    hook = secret.from_environment(WEBHOOK, os.environ)
    if not hook:
        return f"{WEBHOOK} is not set"
    answer = await post_json(hook, notice.payload(wrong, over))
    if 200 <= answer.status < 300:
        return None
    if answer.trouble:
        return f"the webhook cannot be asked: {answer.trouble}"
    return f"the webhook answers {answer.status}"


async def _mailed(
    settings: Settings,
    wrong: list[notice.Line],
    over: tuple[str, ...],
    now: datetime,
    transport: Transport,
) -> str | None:
    """Why the mail did not leave; None where it did."""
    if not settings.site.operator:
        return "site.operator is not set"
    letter = notice.mail(
        wrong,
        over,
        sender=next(iter(settings.newsletters.values())).sender,
        to=settings.site.operator,
        site=settings.site.name,
        at=now,
    )
    outcome = await transport(letter)
    return None if isinstance(outcome, Accepted) else f"the mail was not taken: {outcome.text}"

"""Settings to what hears of mail that comes back: the mailbox, the providers' seals, the acts."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import Connection

from digest.config import secret
from digest.config.settings import Settings
from digest.errors import Misconfigured
from digest.services import feedback, membership
from digest.storage.consents import NO_EVIDENCE
from subscribers.acts import AddressAct, Leave
from subscribers.model import By, SubscriberId

if TYPE_CHECKING:
    from digest.deliver.mailbox import Mailbox
    from digest.deliver.seals import Seals


def bounce_rules(settings: Settings) -> feedback.Rules:
    """How many passing failures are too many, and whether a failure has to show our signature."""
    return feedback.Rules(
        soft_limit=settings.bounces.soft_limit,
        soft_days=settings.bounces.soft_days,
        signed_senders=bool(settings.deliver.bounce_domain),
    )


@asynccontextmanager
async def mailbox(settings: Settings) -> AsyncIterator[Mailbox]:
    """The mailbox that bounces come to. Raises Misconfigured where none is named."""
    from digest.deliver.mailbox import Mailbox, MailboxOptions  # imapclient

    given = settings.bounces.mailbox
    if not given.host:
        raise Misconfigured("bounces.mailbox", "names no host; docs/bounces.md says how")
    options = MailboxOptions(
        host=given.host,
        port=given.port,
        security=given.tls,
        username=given.username,
        password=secret.named(given.password_env, "bounces.mailbox.password_env"),
        folder=given.folder,
        done_folder=given.done_folder,
        timeout_seconds=given.timeout_seconds,
    )
    opened = await asyncio.to_thread(Mailbox.open, options)
    try:
        yield opened
    finally:
        await asyncio.to_thread(opened.close)


def seals(settings: Settings) -> Seals:
    """What each provider's webhook proves itself with.

    Raises Misconfigured for an unset secret, and for a key that is none.
    """
    # cryptography: 8 MB that who only sends can spare
    from digest.deliver.seals import Seals, is_sendgrid_key

    given = settings.bounces
    if given.sendgrid_public_key and not is_sendgrid_key(given.sendgrid_public_key):
        raise Misconfigured(
            "bounces.sendgrid_public_key",
            "is no public key; copy SendGrid's verification key as it stands there, in one line",
        )
    return Seals(
        ses_topics=given.ses_topics,
        sendgrid=given.sendgrid_public_key,
        postmark=secret.named(given.postmark_secret_env, "bounces.postmark_secret_env"),
        mailgun=secret.named(given.mailgun_secret_env, "bounces.mailgun_secret_env"),
        generic=secret.named(given.generic_secret_env, "bounces.generic_secret_env"),
    )


def acts(ring: Sequence[bytes]) -> feedback.Acts:
    """What a report does to a person: the membership's acts, by the mailbox's hand."""

    def on_address(
        tx: Connection, who: SubscriberId, act: AddressAct, now: datetime
    ) -> membership.Done:
        return membership.on_address(tx, who, act, By.MAILBOX, tuple(ring), now, NO_EVIDENCE)

    def leave(tx: Connection, who: SubscriberId, newsletter: str, now: datetime) -> membership.Done:
        return membership.on_subscription(tx, who, newsletter, Leave(), By.READER, now, NO_EVIDENCE)

    return feedback.Acts(on_address=on_address, leave=leave)

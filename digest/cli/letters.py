"""``digest letters``: the mails that are no issue, from their rows to the transport in force."""

from __future__ import annotations

import asyncio

import click

from digest import wiring
from digest.cli import Context
from digest.config import secret
from digest.config.load import load_for
from digest.config.settings import Settings
from digest.errors import DigestError
from digest.services import membership
from digest.services.letters import Posted, send_letters
from subscribers.acts import Bounce
from subscribers.model import By


@click.group("letters")
def group() -> None:
    """Send the letters that are due: confirm, welcome, goodbye."""


@group.command("send")
@click.pass_obj
def send(context: Context) -> None:
    """Send every letter that is due through the transport in force.

    Consent is read again for each one. A letter that cannot go now waits and is tried again.
    """
    settings = load_for(context.config).settings
    posted = asyncio.run(_sent(settings))
    click.echo(
        f"{posted.sent} sent, {posted.later} to be tried again, {posted.failed} failed, "
        f"{posted.skipped} skipped"
    )
    if posted.trouble is not None:
        raise DigestError(f"no letter goes out: {posted.trouble}")


async def _sent(settings: Settings) -> Posted:
    ring = secret.make_and_read(settings.folder)
    transport = wiring.transport(settings)
    async with wiring.tools(settings) as tools:
        posted = await send_letters(
            tools.store,
            wiring.letter_desk(settings, ring),
            transport,
            isolate=tools.isolate,
            clock=tools.clock,
            dice=tools.dice,
        )
        for person in posted.bounced:
            await membership.act_on_address(
                tools.store, person, Bounce(), by=By.MAILBOX, ring=ring, clock=tools.clock
            )
    return posted

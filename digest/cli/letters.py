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

    Consent is read again for each one. A letter that cannot go now waits and is tried again. Who
    never confirmed is forgotten after 14 days.
    """
    settings = load_for(context.config).settings
    posted, forgotten = asyncio.run(_sent(settings))
    if forgotten:
        click.echo(f"{forgotten} forgotten: they never confirmed")
    click.echo(
        f"{posted.sent} sent, {posted.later} to be tried again, {posted.failed} failed, "
        f"{posted.skipped} skipped"
    )
    if posted.trouble is not None:
        raise DigestError(f"no letter goes out: {posted.trouble}")


async def _sent(settings: Settings) -> tuple[Posted, int]:
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
        # Until the scheduler is there: what the privacy page promises.
        forgotten = await membership.purge(tools.store, clock=tools.clock)
    return posted, forgotten

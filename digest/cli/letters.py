"""``digest letters``: the mails that are no issue, from their rows to the transport in force."""

from __future__ import annotations

from datetime import timedelta

import click

from digest import wiring, worker
from digest.cli import Context
from digest.cli.meter import line, unfinished
from digest.config import secret
from digest.config.load import load_for
from digest.config.settings import Settings
from digest.deliver.progress import Progress
from digest.errors import DigestError
from digest.services import membership
from digest.services.dispatch import nothing_due


@click.group("letters")
def group() -> None:
    """Send the letters that are due: confirm, address, welcome, goodbye, links."""


@group.command("send")
@click.pass_obj
def send(context: Context) -> None:
    """Send every letter that is due through the transport in force.

    Consent is read again for each one. A letter that cannot go now waits and is tried again. Who
    never confirmed is forgotten after 14 days.
    """
    settings = load_for(context.config).settings
    progress, forgotten = worker.run(_sent(settings))
    if forgotten:
        click.echo(f"{forgotten} forgotten: they never confirmed")
    click.echo(line(progress))
    if why := unfinished(progress):
        raise DigestError(f"no letter goes out: {why}")


async def _sent(settings: Settings) -> tuple[Progress, int]:
    ring = secret.make_and_read(settings.folder)
    async with wiring.means(settings) as tools:
        progress, _ = await worker.work(settings, tools, ring, until=nothing_due, only_letters=True)
        # Where nobody keeps the clock: what the privacy page promises.
        forgotten = await membership.purge(
            tools.store, marks_kept=timedelta(days=settings.web.ip_mark_days), clock=tools.clock
        )
    return progress, forgotten

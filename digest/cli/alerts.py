"""``digest alerts``: what is wrong now; with ``--tell`` the operator hears what is new."""

from __future__ import annotations

import asyncio
import os
import shutil
from dataclasses import asdict

import click

from digest.checkup.alerts import DOCTOR, Alert, Telling
from digest.cli import Context
from digest.clock import clock_at
from digest.config import secret
from digest.config.load import load_for
from digest.config.settings import Settings
from digest.deliver import notice
from digest.errors import Misconfigured
from digest.plain import dumped
from digest.services import alerts, pacing
from digest.storage import alerts as table
from digest.storage.alerts import Standing
from digest.storage.database import Store
from digest.wiring import bell, post

CLOCK = clock_at(None)


@click.command("alerts")
@click.option("--tell", is_flag=True, help="Tell the operator what is new, repeated or over.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def command(context: Context, tell: bool, as_json: bool) -> None:
    """Show what needs the operator now.

    With --tell it is mailed to site.operator and posted to DIGEST_ALERT_WEBHOOK: once, again after
    alerts.repeat_hours, and when it is over.
    """
    settings = load_for(context.config).settings
    if tell and not (settings.site.operator or secret.from_environment(bell.WEBHOOK, os.environ)):
        raise Misconfigured(
            "site.operator", f"is not set, nor is {bell.WEBHOOK}; nobody would hear it"
        )
    found, examined, telling = asyncio.run(_run(settings, tell))
    if as_json:
        said = [one.key for one in telling.alerts] if telling else []
        over = list(telling.over) if telling else []
        whole = {
            "alerts": [asdict(one) for one in found],
            "examined": [asdict(one) for one in examined],
            "told": said,
            "over": over,
        }
        click.echo(dumped(whole))
        return
    shown = [(one.says, one.cure) for one in found] + [
        (one.says, f"since {one.since:%Y-%m-%d %H:%M} UTC; `digest doctor` says if it is over")
        for one in examined
    ]
    for line in notice.lines(shown, ()):
        click.echo(line)
    if not shown:
        click.echo("Nothing needs you.")


async def _run(
    settings: Settings, tell: bool
) -> tuple[list[Alert], list[Standing], Telling | None]:
    """What is wrong now, what `digest run` found when it last examined all, what is to be told."""
    store = await Store.open(settings.storage.url)
    try:
        found = await alerts.look(
            store,
            list(settings.newsletters.values()),
            {source.id: source.name for source in settings.collect.sources},
            settings.alerts,
            lanes=post.lanes(settings, CLOCK()),
            free_bytes=shutil.disk_usage(settings.folder).free,
            clock=CLOCK,
        )
        stand = await store.read(table.standing)
        examined = [one for one in stand if one.key.startswith(DOCTOR)]
        if not tell:
            return found, examined, None

        async def say(telling: Telling) -> bool:
            return await bell.ring(settings, telling, CLOCK(), await pacing.known(store))

        telling = await alerts.tell(store, found, say, settings.alerts, clock=CLOCK, examined=False)
        return found, examined, telling
    finally:
        await store.close()

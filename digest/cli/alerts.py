"""``digest alerts``: what is wrong now; with ``--tell`` the operator hears what is new."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
from dataclasses import asdict

import click

from digest.checkup.alerts import Alert, Telling
from digest.cli import Context
from digest.clock import clock_at
from digest.config import secret
from digest.config.load import load_for
from digest.config.settings import Settings
from digest.deliver import notice
from digest.errors import Misconfigured
from digest.services import alerts, pacing
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
    found, telling = asyncio.run(_run(settings, tell))
    if as_json:
        said = [one.key for one in telling.alerts] if telling else []
        over = list(telling.over) if telling else []
        click.echo(
            json.dumps({"alerts": [asdict(one) for one in found], "told": said, "over": over})
        )
        return
    for line in notice.lines([(one.says, one.cure) for one in found], ()):
        click.echo(line)
    if not found:
        click.echo("Nothing needs you.")


async def _run(settings: Settings, tell: bool) -> tuple[list[Alert], Telling | None]:
    store = await Store.open(settings.storage.url)
    try:
        found = await alerts.look(
            store,
            list(settings.newsletters.values()),
            {source.id: source.name for source in settings.collect.sources},
            settings.alerts,
            relays=post.named(settings),
            free_bytes=shutil.disk_usage(settings.folder).free,
            clock=CLOCK,
        )
        if not tell:
            return found, None

        async def say(telling: Telling) -> bool:
            return await bell.ring(settings, telling, CLOCK(), await pacing.known(store))

        return found, await alerts.tell(
            store, found, say, settings.alerts, clock=CLOCK, examined=False
        )
    finally:
        await store.close()

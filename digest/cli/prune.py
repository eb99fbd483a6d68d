"""``digest prune``: let go of rows that are older than they are kept."""

from __future__ import annotations

import asyncio
import json
from dataclasses import asdict

import click

from digest.cli import Context
from digest.clock import clock_at
from digest.config.load import load_for
from digest.config.settings import Settings
from digest.services import upkeep
from digest.storage.database import Store
from digest.storage.retention import Old


@click.command("prune")
@click.option("--dry-run", is_flag=True, help="Only say what would go.")
@click.option("--json", "as_json", is_flag=True, help="Print the counts as JSON.")
@click.pass_obj
def command(context: Context, dry_run: bool, as_json: bool) -> None:
    """Let go of old deliveries (their counts stay), settled letters and texts of articles.

    `[storage.keep]` says how old. The log of consent is kept.
    """
    settings = load_for(context.config).settings
    found = asyncio.run(_foreseen(settings) if dry_run else _pruned(settings))
    if as_json:
        click.echo(json.dumps({**asdict(found), "pruned": not dry_run}))
        return
    click.echo(
        f"{'Would let go of' if dry_run else 'Let go of'} {found.deliveries:,} deliveries, "
        f"{found.letters:,} letters and the texts of {found.texts:,} articles."
    )


async def _foreseen(settings: Settings) -> Old:
    store = await Store.open_read_only(settings.storage.url)
    try:
        return await upkeep.foresee(store, settings.storage.keep, clock=clock_at(None))
    finally:
        if store:
            await store.close()


async def _pruned(settings: Settings) -> Old:
    store = await Store.open(settings.storage.url)
    try:
        return await upkeep.prune(store, settings.storage.keep, clock=clock_at(None))
    finally:
        await store.close()

"""``digest prune``: let go of rows that are older than they are kept."""

from __future__ import annotations

from dataclasses import asdict
from datetime import timedelta

import click

from digest.cli import Context, stores
from digest.cli.counted import counted
from digest.clock import clock_at
from digest.config.load import load_for
from digest.deliver import unread
from digest.plain import dumped
from digest.services import upkeep

CLOCK = clock_at(None)


@click.command("prune")
@click.option("--dry-run", is_flag=True, help="Only say what would go.")
@click.option("--json", "as_json", is_flag=True, help="Print the counts as JSON.")
@click.pass_obj
def command(context: Context, dry_run: bool, as_json: bool) -> None:
    """Let go of old deliveries (their counts stay), settled letters, texts of articles, the
    originals of reports and the mails in bounces.unread.

    `[storage.keep]` says how old. The log of consent is kept.
    """
    settings = load_for(context.config).settings
    url, keep = settings.storage.url, settings.storage.keep
    folder, before = settings.bounces.unread, CLOCK() - timedelta(days=keep.originals_days)
    if dry_run:
        mails = len(unread.old(folder, before))
        found = stores.read(url, lambda store: upkeep.foresee(store, keep, clock=CLOCK))
        found = found or upkeep.NOTHING
    else:
        mails = unread.let_go(folder, before)
        found = stores.written(url, lambda store: upkeep.prune(store, keep, clock=CLOCK))
    if as_json:
        click.echo(dumped({**asdict(found), "unread": mails, "pruned": not dry_run}))
        return
    click.echo(
        f"{'Would let go of' if dry_run else 'Let go of'} "
        f"{counted(found.deliveries, 'delivery', 'deliveries')}, "
        f"{counted(found.letters, 'letter')}, the texts of {counted(found.texts, 'article')}, "
        f"the originals of {counted(found.originals, 'report')} and {counted(mails, 'mail')} "
        "that nobody understood."
    )

"""``digest gather``: visit the sources that are due and keep what they bring."""

from __future__ import annotations

import asyncio
import json
from dataclasses import asdict

import click

from digest import wiring
from digest.cli import Context
from digest.cli.progress import SourceProgress
from digest.cli.words import note_lines
from digest.config.load import load_for
from digest.config.settings import Settings
from digest.model import SourceReport
from digest.services.gather import gather


@click.command("gather")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON list of reports.")
@click.pass_obj
def command(context: Context, as_json: bool) -> int:
    """Visit every source that is due and keep its articles.

    A source that fails never stops the others; it is named, and the exit code is 1 only when
    every source that was visited failed.
    """
    settings = load_for(context.config).settings
    reports = asyncio.run(_gather(settings, quiet=as_json))
    failed = [report for report in reports if report.error]
    if as_json:
        click.echo(json.dumps([asdict(report) for report in reports], ensure_ascii=False, indent=2))
    else:
        new = sum(report.new for report in reports)
        places = f"{len(reports)} source{'s' * (len(reports) != 1)}"
        click.echo(f"{new} new article{'s' * (new != 1)} from {places}.")
        for report in failed:
            click.echo(f"In trouble: {report.name} ({report.status}): {report.error}")
        for note in note_lines(reports, everything="`digest gather --json`"):
            click.echo(f"Note: {note}")
    return 1 if reports and len(failed) == len(reports) else 0


async def _gather(settings: Settings, *, quiet: bool) -> tuple[SourceReport, ...]:
    async with wiring.tools(settings) as tools:
        with SourceProgress(len(settings.collect.sources), quiet=quiet) as progress:
            return await gather(
                tools.store,
                settings.collect.sources,
                fetch=tools.fetch,
                isolate=tools.isolate,
                clock=tools.clock,
                dice=tools.dice,
                folder=settings.folder,
                progress=progress,
            )

"""``digest gather``: visit the sources that are due and keep what they bring."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import asdict

import click

from digest import wiring
from digest.cli import Context
from digest.cli.counted import counted
from digest.cli.gathering import gathered
from digest.cli.sources import meant
from digest.cli.words import note_lines
from digest.collect.visits import RESTING
from digest.config.load import load_for
from digest.config.settings import Settings
from digest.errors import DigestError
from digest.model import Source, SourceReport
from digest.plain import dumped
from digest.services.gather import wake


@click.command("gather")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON list of reports.")
@click.option(
    "--source",
    "named",
    multiple=True,
    metavar="NAME-OR-LOCATION",
    help="Visit this one alone, and now, also where it rests; may be given several times.",
)
@click.pass_obj
def command(context: Context, as_json: bool, named: tuple[str, ...]) -> None:
    """Visit every source that is due and keep its articles.

    A source that fails never stops the others; it is named, and the exit code is 1 only when
    every source that was visited failed.
    """
    settings = load_for(context.config).settings
    known = settings.collect.sources
    only = [meant(known, said)[1] for said in dict.fromkeys(named)]
    reports = asyncio.run(_gather(settings, only, quiet=as_json))
    failed = [report for report in reports if report.error]
    if as_json:
        click.echo(dumped([asdict(report) for report in reports]))
    else:
        new = sum(report.new for report in reports)
        places = counted(len(reports), "source")
        click.echo(f"{counted(new, 'new article')} from {places}.")
        for report in failed:
            click.echo(f"In trouble: {report.name} ({report.status}): {report.error}")
        for note in note_lines(reports, everything="`digest gather --json`"):
            click.echo(f"Note: {note}")
        if any(report.status.startswith(RESTING) for report in failed):
            click.echo("`digest gather --source NAME` visits one that rests now.")
    if reports and len(failed) == len(reports):
        places = "the one source" if len(failed) == 1 else f"any of {len(failed):,} sources"
        raise DigestError(f"could not read {places}; {failed[0].name}: {failed[0].error}")


async def _gather(
    settings: Settings, only: Sequence[Source], *, quiet: bool
) -> tuple[SourceReport, ...]:
    sources = only or settings.collect.sources
    async with wiring.tools(settings) as tools:
        await wake(tools.store, only)
        return await gathered(settings, sources, tools.store, tools, quiet=quiet)

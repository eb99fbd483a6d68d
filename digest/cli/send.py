"""``digest send``: tomorrow's issue rehearsed (``--dry-run``), to the bytes of its messages."""

from __future__ import annotations

import asyncio
import json
from datetime import datetime
from pathlib import Path

import click

from digest.cli import Context, moment
from digest.cli.newsletters import chosen
from digest.cli.rehearsal import Asked, rehearsal
from digest.cli.words import issue_lines
from digest.clock import clock_at
from digest.config.load import load_for
from digest.errors import DigestError, Misconfigured

CANNOT_SEND = (
    "cannot send yet: delivery is not part of this version, and half a send would be worse than "
    "none; rehearse with `digest send --dry-run`"
)


@click.command("send")
@click.argument("newsletter", required=False)
@click.option(
    "--dry-run", is_flag=True, help="Everything but the sending: write out, change nothing."
)
@click.option("--out", type=click.Path(path_type=Path), help="Where; default rehearsal/NEWSLETTER.")
@click.option("--at", type=moment, help="Set the clock, such as 2026-11-24T06:30+01:00.")
@click.option("--since", type=moment, help="Begin the window here, not at the last issue.")
@click.option("--no-collect", is_flag=True, help="Visit no source; use what is already kept.")
@click.option("--check-links", is_flag=True, help="Ask for every link of the mail, politely.")
@click.option("--strict", is_flag=True, help="Let warnings stop the issue, too.")
@click.option("--json", "as_json", is_flag=True, help="Print report.json instead of words.")
@click.pass_obj
def command(  # noqa: PLR0913 -- click hands over every option
    context: Context,
    newsletter: str | None,
    dry_run: bool,
    out: Path | None,
    at: datetime | None,
    since: datetime | None,
    no_collect: bool,
    check_links: bool,
    strict: bool,
    as_json: bool,
) -> int:
    """Prepare the next issue of NEWSLETTER and rehearse it.

    With --dry-run: gathers into a throwaway database, composes, renders and writes the very bytes
    that would be sent to a folder, with a page to look at. Not one byte of the database changes.
    """
    if not dry_run:
        raise Misconfigured("digest send", CANNOT_SEND)
    until = clock_at(at)()
    if since and since > until:
        raise Misconfigured(
            "--since", f"is {since.isoformat()}, after the window ends at {until.isoformat()}"
        )
    loaded = load_for(context.config)
    asked = Asked(
        newsletter=chosen(newsletter, list(loaded.settings.newsletters)),
        out=out,
        at=at,
        since=since,
        collect=not no_collect,
        check_links=check_links,
    )
    found = asyncio.run(rehearsal(loaded.settings, asked, quiet=as_json))
    if as_json:
        click.echo(json.dumps(found.report, ensure_ascii=False, indent=2))
    else:
        for line in issue_lines(found):
            click.echo(line)
    stops = [f for f in found.findings if f.level == "stops" or strict]
    if stops:
        raise DigestError(
            "this issue would not be released: "
            + "; ".join(f"{f.code}: {f.message}" for f in stops)
        )
    return 0

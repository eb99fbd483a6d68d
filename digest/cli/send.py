"""``digest send``: the next issue to its readers, to a test address, or rehearsed."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import asdict
from datetime import datetime
from pathlib import Path

import click

from digest import worker
from digest.cli import Context, moment
from digest.cli.agreed import agreed as confirmed
from digest.cli.meter import ended, line
from digest.cli.newsletters import chosen
from digest.cli.rehearsal import Asked, rehearsal
from digest.cli.sending import Outgo, Sent, Wanted, send, trial
from digest.cli.sent import ending_lines, refuse_unfinished, stopped_lines, unsent_lines
from digest.cli.words import early_line, issue_lines, outgo_lines, people
from digest.clock import clock_at
from digest.config.load import load_for
from digest.config.settings import Settings
from digest.deliver.office import Tally
from digest.errors import DigestError, Misconfigured
from digest.plain import dumped


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
@click.option("--yes", is_flag=True, help="Send without asking.")
@click.option("--extra", is_flag=True, help="One more issue, though this period has one.")
@click.option("--to", metavar="ADDRESS", help="Only a marked test, to this address.")
@click.option("--json", "as_json", is_flag=True, help="Print the report as JSON, not in words.")
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
    yes: bool,
    extra: bool,
    to: str | None,
    as_json: bool,
) -> int:
    """Gather, prepare and send the next issue of NEWSLETTER.

    Shows what will go to how many, asks, releases it and sends it. Who cannot be reached now is
    tried again by `digest work` or the next send. With --dry-run: gathers into a throwaway
    database, composes, renders and writes the very bytes that would be sent to a folder, with a
    page to look at. Not one byte of the database changes.
    """
    until = clock_at(at)()
    if since and since > until:
        raise Misconfigured(
            "--since", f"is {since.isoformat()}, after the window ends at {until.isoformat()}"
        )
    _refuse_mixed(dry_run=dry_run, out=out, to=to)
    settings = load_for(context.config).settings
    name = chosen(newsletter, settings)
    if dry_run:
        asked = Asked(
            newsletter=name,
            out=out,
            at=at,
            since=since,
            collect=not no_collect,
            check_links=check_links,
        )
        return _rehearsed(settings, asked, strict=strict, as_json=as_json)
    wanted = Wanted(
        newsletter=name,
        at=at,
        since=since,
        collect=not no_collect,
        strict=strict,
        extra=extra,
        test=to is not None,
        check_links=check_links,
        quiet=as_json,
    )
    if to is not None:
        said = worker.run(trial(settings, wanted, to))
        click.echo(dumped({"to": to, "said": said}) if as_json else f"Test sent to {to}: {said}")
        return 0
    return _sent(settings, wanted, yes=yes, as_json=as_json)


def _refuse_mixed(*, dry_run: bool, out: Path | None, to: str | None) -> None:
    """Raise Misconfigured for options of a rehearsal and of a send at once."""
    if out and not dry_run:
        raise Misconfigured("--out", "is where a rehearsal is written; say --dry-run, too")
    if to is not None and dry_run:
        raise Misconfigured("--to", "sends a test and --dry-run sends nothing; say one of them")


def _rehearsed(settings: Settings, asked: Asked, *, strict: bool, as_json: bool) -> int:
    found = asyncio.run(rehearsal(settings, asked, quiet=as_json))
    if as_json:
        click.echo(dumped(found.report))
    else:
        for said in issue_lines(found):
            click.echo(said)
    stops = [f for f in found.findings if f.level == "stops" or strict]
    if stops:
        raise DigestError(
            "this issue would not be released: "
            + "; ".join(f"{f.code}: {f.message}" for f in stops)
        )
    return 0


def _sent(settings: Settings, wanted: Wanted, *, yes: bool, as_json: bool) -> int:
    def agreed(outgo: Outgo) -> bool:
        if not as_json:
            for said in outgo_lines(outgo.prepared, outgo.sources, outgo.audience):
                click.echo(said)
            for said in unsent_lines(outgo.unsent, then="what is due goes now, too"):
                click.echo(said)
            if early := early_line(outgo.prepared):
                click.echo(early)
        return yes or confirmed(f"Send it to {people(outgo.audience)}?", "send")

    sent = worker.run(send(settings, wanted, agreed=agreed))
    if as_json:
        click.echo(dumped(_report(sent)))
    else:
        for said in _ending(sent):
            click.echo(said)
    refuse_unfinished(sent)
    return 0


def _ending(sent: Sent) -> Iterator[str]:
    if sent.outgo.prepared.issue is None:
        yield f"No mail: {sent.outgo.prepared.reason}"
    elif not sent.outgo.audience:
        yield "Nobody to send it to yet: add people with `digest subscribers add`."
    elif sent.released is None:
        yield "Not sent. What was gathered is kept."
    else:
        yield from ending_lines(sent, f"Issue {sent.released.issue}, {sent.released.period}")
        return
    if sent.progress is None:
        yield from unsent_lines(sent.outgo.unsent, then="`digest work` sends them")
    else:
        yield from unsent_lines(sent.outgo.unsent, then="what was due was tried again")
        yield f"Of what waited: {line(sent.progress)}"
        yield from stopped_lines(sent)


def _report(sent: Sent) -> dict[str, object]:
    prepared, released, progress = sent.outgo.prepared, sent.released, sent.progress
    # Of a new issue alone.
    tally = ended(sent.tally) if released else progress.tally if progress else Tally()
    return {
        "newsletter": prepared.newsletter.id,
        "reason": prepared.reason,
        "issue": released.issue if released else None,
        "period": released.period if released else None,
        "audience": released.audience if released else sent.outgo.audience,
        **asdict(tally),
        "troubles": progress.troubles if progress else [],
        "stopped": sent.stopped,
    }

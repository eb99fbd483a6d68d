"""``digest issues``: what was released, what became of it, and how to steer it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import asdict
from pathlib import Path
from typing import TypeVar

import click

from digest import worker
from digest.cli import Context, fates, number, stores
from digest.cli.agreed import agreed as confirmed
from digest.cli.correction import correction
from digest.cli.newsletters import refuse_unknown, refuse_unserved
from digest.cli.sending import Outgo
from digest.cli.sent import ending_lines, refuse_unfinished
from digest.cli.words import correction_lines, people
from digest.clock import clock_at
from digest.config.load import load_for
from digest.plain import dumped
from digest.services import correcting, steering
from digest.storage import agenda, desk, posting
from digest.storage.agenda import Miss
from digest.storage.database import Store
from digest.storage.desk import Fate, IssueInfo, Reason

T = TypeVar("T")
WAITING = ("queued", "sending", "held")
UNSENT = ("draft", "discarded")
LIMIT = click.IntRange(1, 1_000_000)
SHOWN = 50


@click.group("issues")
def group() -> None:
    """What was released, what became of it, and how to steer it."""


@group.command("list")
@click.option("--newsletter", help="Only this one's.")
@click.option("--limit", type=LIMIT, default=20, show_default=True, help="How many, newest first.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def list_(context: Context, newsletter: str | None, limit: int, as_json: bool) -> None:
    """Issues and periods without one, the newest first."""

    refuse_unknown(load_for(context.config).settings, newsletter)

    async def read(store: Store) -> list[IssueInfo | Miss]:
        made = await store.read(desk.list_issues, newsletter, limit)
        missed = await store.read(agenda.last_misses, limit, newsletter)
        return _together(made, missed)[:limit]

    found = stores.kept(context, read) or []
    if as_json:
        click.echo(dumped([_listed(one) for one in found]))
        return
    if not found:
        click.echo("No issue yet. `digest send` makes one.")
    for one in found:
        click.echo(_line(one))


@group.command("show")
@click.argument("issue", type=number)
@click.option("--failed", is_flag=True, help="Whom it did not reach, and why.")
@click.option("--waiting", is_flag=True, help="Who still waits for it, and since when.")
@click.option("--skipped", is_flag=True, help="Who was skipped, and why.")
@click.option("--stories", is_flag=True, help="Only what it told, as JSON, to put it right.")
@click.option("--limit", type=LIMIT, default=SHOWN, show_default=True, help="How many people.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def show(
    context: Context,
    issue: int,
    failed: bool,
    waiting: bool,
    skipped: bool,
    stories: bool,
    limit: int,
    as_json: bool,
) -> None:
    """One issue: how many it has reached, and with an option those it has not."""
    if stories:
        told = stores.kept(context, lambda store: correcting.told(store, issue))
        if told is None:
            raise desk.unknown(issue)
        click.echo(dumped(told))
        return
    states = ("failed",) * failed + WAITING * waiting + ("skipped",) * skipped

    async def read(
        store: Store,
    ) -> tuple[IssueInfo | None, dict[str, int], list[Reason], list[Fate]]:
        return (
            await store.read(desk.find, issue),
            await store.read(posting.tally, issue),
            await store.read(desk.reasons, issue) if failed else [],
            await store.read(desk.fates, issue, states, limit) if states else [],
        )

    found, tally, reasons, some = stores.kept(context, read) or (None, {}, [], [])
    if found is None:
        raise desk.unknown(issue)
    if as_json:
        click.echo(dumped(fates.record(found, tally, reasons, some)))
        return
    click.echo(f"Issue {found.id}, {found.newsletter} {found.period}: {found.state}")
    click.echo(f"  {found.subject}")
    if found.state in UNSENT:
        click.echo(f"  {_unsent(found)}")
    for state, count in sorted(tally.items()):
        click.echo(f"  {count:>9,} {state}")
    for line in fates.lines(reasons, some):
        click.echo(line)
    asked = sum(count for said, count in tally.items() if said.partition(":")[0] in states)
    if asked > len(some):
        click.echo(f"  and {asked - len(some):,} more: `--limit {asked}` names all")


def _together(made: list[IssueInfo], missed: list[Miss]) -> list[IssueInfo | Miss]:
    """Both by their time, the newest first; a period whose issue was discarded stands there once.

    Issues come in their own order and keep it."""
    told = {(one.newsletter, one.cadence, one.period) for one in made}
    rest = [one for one in missed if (one.newsletter, one.cadence, one.period) not in told]
    both: list[IssueInfo | Miss] = []
    for issue in made:
        while rest and rest[0].due > issue.created_at:
            both.append(rest.pop(0))
        both.append(issue)
    return [*both, *rest]


def _listed(one: IssueInfo | Miss) -> dict[str, object]:
    return (
        asdict(one) if isinstance(one, IssueInfo) else {"id": None, "state": "none", **asdict(one)}
    )


def _line(one: IssueInfo | Miss) -> str:
    if isinstance(one, Miss):
        return f"    -  {one.newsletter} {one.period}  no issue: {one.said}"
    count = "" if one.audience is None else f"{people(one.audience)}, "
    if one.state == "enrolling":
        count = f"{people(one.audience or 0)} so far, "
    why = f" ({_unsent(one)})" if one.state in UNSENT else ""
    return f"{one.id:>5}  {one.newsletter} {one.period}  {count}{one.state}{why}: {one.subject}"


def _unsent(one: IssueInfo) -> str:
    """Why an issue goes to nobody, or to nobody yet."""
    if one.state == "discarded":
        return one.reason or "it was discarded before Digest kept reasons"
    if one.release_by is None:
        return "it waits for approval"
    return f"it waits for approval, and goes by itself at {one.release_by:%Y-%m-%d %H:%M} UTC"


@group.command("pause")
@click.argument("issue", type=number)
@click.pass_obj
def pause(context: Context, issue: int) -> None:
    """Send nothing more of an issue until it is resumed."""
    _in_store(context, lambda store: steering.pause(store, issue))
    click.echo(f"Issue {issue} is paused. `digest issues resume {issue}` goes on with it.")


@group.command("resume")
@click.argument("issue", type=number)
@click.pass_obj
def resume(context: Context, issue: int) -> None:
    """Go on with a paused issue."""
    clock = clock_at(None)
    refuse_unserved(load_for(context.config).settings, issue)
    late = _in_store(context, lambda store: steering.resume(store, issue, clock=clock))
    click.echo(f"Issue {issue} goes on; `digest work` sends it.")
    if late:
        click.echo(f"For {people(late)} its time is over: they are skipped as stale.")


@group.command("cancel")
@click.argument("issue", type=number)
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.pass_obj
def cancel(context: Context, issue: int, yes: bool) -> None:
    """Send it to nobody more, ever."""
    if not yes:
        if sent := _have_a_page(context, issue):
            click.echo(
                f"{people(sent)} got issue {issue} already: its page in the archive, where their "
                "mail leads, will say that it was withdrawn."
            )
        if not confirmed(
            f"Cancel issue {issue} for everybody who has not got it?", "issues cancel"
        ):
            raise click.Abort
    clock = clock_at(None)
    found = _in_store(context, lambda store: steering.cancel(store, issue, clock=clock))
    click.echo(f"Issue {issue} is cancelled: {people(found.skipped)} will not get it.")
    if found.claimed:
        click.echo(
            f"{found.claimed:,} more are with a worker, which gives back within a second what is "
            f"not on the wire; `digest issues show {issue}` counts them."
        )


def _have_a_page(context: Context, issue: int) -> int:
    """How many were sent an issue that has a page in the archive."""
    newsletters = load_for(context.config).settings.newsletters

    async def read(store: Store) -> int:
        found = await store.read(desk.find, issue)
        newsletter = newsletters.get(found.newsletter) if found else None
        if newsletter is None or newsletter.archive == "off":
            return 0
        return (await store.read(posting.tally, issue)).get("sent", 0)

    return stores.kept(context, read) or 0


@group.command("approve")
@click.argument("issue", type=number)
@click.pass_obj
def approve(context: Context, issue: int) -> None:
    """Let an issue go that waits for approval."""
    clock = clock_at(None)
    refuse_unserved(load_for(context.config).settings, issue)
    _in_store(context, lambda store: steering.approve(store, issue, clock=clock))
    click.echo(f"Issue {issue} is approved; `digest run` releases it within a quarter of a minute.")


@group.command("hold")
@click.argument("issue", type=number)
@click.pass_obj
def hold(context: Context, issue: int) -> None:
    """Keep back an issue that waits for approval: it goes to nobody."""
    clock = clock_at(None)
    _in_store(context, lambda store: steering.hold(store, issue, clock=clock))
    click.echo(f"Issue {issue} is held back. What it told may stand in the next one.")


@group.command("retry-failed")
@click.argument("issue", type=number)
@click.pass_obj
def retry_failed(context: Context, issue: int) -> None:
    """Try those it failed to reach, and those in doubt, once more."""
    clock = clock_at(None)
    refuse_unserved(load_for(context.config).settings, issue)
    found = _in_store(context, lambda store: steering.retry_failed(store, issue, clock=clock))
    once = f" once `digest issues resume {issue}` lets it go on" if found.paused else ""
    if found.queued:
        click.echo(f"{found.queued:,} queued again; `digest work` sends them{once}.")
    else:
        click.echo("There is nobody to try again.")
    if found.barred:
        click.echo(
            f"Not tried again: {people(found.barred)}, whose address bounced or complained, or was "
            "erased."
        )


@group.command("correct")
@click.argument("issue", type=number)
@click.option("--note", required=True, help="What was wrong: it stands above the stories.")
@click.option(
    "--stories",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="The stories as they should have been: what `show --stories` printed, mended.",
)
@click.option("--yes", is_flag=True, help="Send without asking.")
@click.pass_obj
def correct(context: Context, issue: int, note: str, stories: Path | None, yes: bool) -> None:
    """Tell an issue once more, to exactly those who were sent it, with a note on what was wrong."""
    settings = load_for(context.config).settings

    def agreed(outgo: Outgo) -> bool:
        for said in correction_lines(outgo.prepared, outgo.audience):
            click.echo(said)
        return yes or confirmed(f"Send it to {people(outgo.audience)}?", "issues correct")

    sent = worker.run(correction(settings, issue, note=note, stories=stories, agreed=agreed))
    if sent.released is None or sent.progress is None:
        click.echo("Not sent.")
        return
    for said in ending_lines(sent, f"Issue {sent.released.issue} corrects {issue}"):
        click.echo(said)
    refuse_unfinished(sent)


def _in_store(context: Context, change: Callable[[Store], Awaitable[T]]) -> T:
    return stores.written(load_for(context.config).settings.storage.url, change)

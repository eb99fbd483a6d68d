"""``digest work``: the queue engine alone, for a machine whose web runs elsewhere."""

from __future__ import annotations

import click

from digest import supervisor, wiring, worker
from digest.cli import Context
from digest.cli.meter import Meter, line, unfinished
from digest.config import secret
from digest.config.load import load_for
from digest.config.settings import Settings
from digest.deliver.progress import Progress
from digest.errors import DigestError
from digest.services import issue_office
from digest.services.dispatch import Until, all_settled, for_ever, nothing_due
from digest.storage import posting
from digest.storage.posting import Stays


@click.command("work")
@click.option("--once", is_flag=True, help="End when nothing is due now.")
@click.option("--until-done", is_flag=True, help="End when every delivery is settled.")
@click.pass_obj
def command(context: Context, once: bool, until_done: bool) -> None:
    """Send what is due, and go on: issues that are released, letters that are owed.

    Runs until it is told to stop (SIGTERM or Ctrl-C): then it finishes what is on the wire, keeps
    what became of it and ends within 10 seconds. Killed outright it loses nobody: the next one
    knows from the journal what had left.
    """
    settings = load_for(context.config).settings
    until = all_settled if until_done else nothing_due if once else for_ever
    progress, stays = worker.run(_worked(settings, until))
    click.echo(line(progress))
    if until_done and stays:
        raise DigestError(f"not all is settled: {'; '.join(map(_why, stays))}")
    if once and (why := unfinished(progress)):
        raise DigestError(f"nothing more goes out: {why}")
    if once and progress.unserved:
        raise DigestError(f"not all that is due can be sent: {'; '.join(progress.unserved)}")
    if (once or until_done) and progress.late:
        raise DigestError(
            f"{progress.late:,} came too late and will not be sent; whom and of which issue, "
            "`digest issues list` and `digest issues show ISSUE --skipped` say"
        )


async def _worked(settings: Settings, until: Until) -> tuple[Progress, list[Stays]]:
    """How it fared, and what stays of which nothing was sent; that is not asked of one that was
    told to stop."""
    ring, served = secret.make_and_read(settings.folder), list(settings.newsletters)
    with Meter() as meter:
        async with wiring.means(settings) as tools, supervisor.announced():
            progress, stopped = await worker.work(
                settings, tools, ring, until=until, show=meter.show, tell=meter.tell
            )
            stays = [] if stopped else await tools.store.read(posting.stays, served)
    return progress, stays


def _why(one: Stays) -> str:
    if one.paused:
        return (
            f"issue {one.issue} of {one.newsletter} is paused, and some of it waits: "
            f"`digest issues resume {one.issue}` lets it go, `digest issues cancel {one.issue}` "
            "ends it"
        )
    return issue_office.missing(one.newsletter, one.issue)

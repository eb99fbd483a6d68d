"""``digest stats``: what a newsletter has come to, in charts for a terminal."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime, time, timedelta

import click

from digest.cli import Context, charts, panels, stores
from digest.cli.newsletters import refuse_unknown
from digest.cli.panels import Day, Sheet
from digest.clock import clock_at
from digest.config.load import load_for
from digest.config.settings import Settings
from digest.plain import dumped
from digest.storage import figures
from digest.storage.figures import Figures

CLOCK = clock_at(None)


@click.command("stats")
@click.argument("newsletter", required=False)
@click.option(
    "--days",
    default=30,
    show_default=True,
    type=click.IntRange(1, 3660),
    help="How far back.",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def command(context: Context, newsletter: str | None, days: int, as_json: bool) -> None:
    """Show subscribers, issues, bounces, complaints, sources and speed over the last days.

    All newsletters, or the one that is named. It changes nothing, and names no reader.
    """
    settings = load_for(context.config).settings
    refuse_unknown(settings, newsletter)
    last = CLOCK().date()
    first = last - timedelta(days=days - 1)
    since = datetime.combine(first, time.min, tzinfo=UTC)
    found = stores.read(
        settings.storage.url, lambda store: store.read(figures.read, newsletter, since)
    )
    told = panels.days(found, first, last) if found else []
    if as_json:
        click.echo(dumped(_report(found, told)))
    elif found is None or not (found.subscribers or found.days or found.issues):
        whose = newsletter or "any newsletter"
        click.echo(
            f"Nothing to count: nobody subscribes to {whose}, and no issue was sent in "
            f"{'the last day' if days == 1 else f'{days} days'}."
        )
    else:
        _draw(settings, found, told)


def _draw(settings: Settings, found: Figures, told: Sequence[Day]) -> None:
    encoding = getattr(sys.stdout, "encoding", None) or "ascii"
    sheet = Sheet(
        width=max(panels.LEAST, shutil.get_terminal_size().columns),
        signs=charts.signs(encoding),
        bounce=settings.alerts.bounce_percent,
        complaint=settings.alerts.complaint_percent,
    )
    for line in panels.lines(found, told, sheet):
        # A source may have a name that this output cannot show.
        click.echo(line.encode(encoding, "replace").decode(encoding))


def _report(found: Figures | None, told: Sequence[Day]) -> dict[str, object]:
    return {
        "subscribers": found.subscribers if found else 0,
        "days": [
            {"day": day.on.isoformat(), "subscribers": day.subscribers, **asdict(day.flow)}
            for day in told
        ],
        "issues": [
            {
                **asdict(one),
                "bounce_percent": panels.bounce_percent(one),
                "complaint_percent": panels.complaint_percent(one),
                "a_second": panels.a_second(one),
            }
            for one in (found.issues if found else ())
        ],
        "splits": found.splits if found else {},
        "sources": [asdict(one) for one in found.sources] if found else [],
    }

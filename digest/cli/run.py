"""``digest run``: pages, clock and sending in one process, until told to stop."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path
from typing import NoReturn

import click

from digest import clock, logs, worker
from digest.cli import Context, instances, serving
from digest.cli.household import Household
from digest.config import load, secret
from digest.errors import Misconfigured


@click.command("run")
@click.option("--host", help="The address to listen on; default: web.host.")
@click.option("--port", type=click.IntRange(1, 65535), help="The port; default: web.port.")
@click.pass_obj
def command(context: Context, host: str | None, port: int | None) -> None:
    """Serve the pages, make each issue when it is due, and send it, for ever.

    SIGTERM ends it within 10 seconds and loses nobody; SIGHUP or `digest reload` takes up a changed
    configuration. Of several on one database one makes the issues, and another takes over within
    15 seconds when it falls silent.
    """
    signal.signal(signal.SIGTERM, _left_at_once)  # until the household hears it
    _one_configuration(context.config)
    loaded = load.load_for(context.config)
    settings = loaded.settings
    logs.set_up(sys.stderr, clock=clock.clock_at(None))
    ring = secret.make_and_read(settings.folder)
    host, port = host or settings.web.host, port or settings.web.port
    with serving.listening(host, port) as door, instances.noted(settings.folder):
        click.echo(f"Digest at http://{f'[{host}]' if ':' in host else host}:{port}/")
        household = Household(loaded.path, settings, ring, door)
        worker.run(household.live())


def _left_at_once(*_: object) -> NoReturn:
    raise SystemExit(0)  # nothing has begun


def _one_configuration(named: Path | None) -> None:
    """Raise Misconfigured where command line and environment name two different ones."""
    also = os.environ.get(load.VARIABLE, "").strip()
    if named is None or not also:
        return
    both = [load.find(one, {}, here=Path.cwd()).resolve() for one in (named, Path(also))]
    if both[0] != both[1]:
        raise Misconfigured(
            "--config", f"names {both[0]} and {load.VARIABLE} names {both[1]}; say it once"
        )

"""``digest reload``: let what runs take up the configuration as it is now."""

from __future__ import annotations

import contextlib
import os
import signal

import click

from digest.cli import Context, instances
from digest.config.load import load_for
from digest.errors import DigestError


@click.command("reload")
@click.pass_obj
def command(context: Context) -> None:
    """Let the running `digest run` of this folder read its configuration anew.

    A broken one is told here, line by line, and what runs goes on with the one it has.
    """
    loaded = load_for(context.config)
    told = 0
    for process in instances.alive(loaded.settings.folder):
        with contextlib.suppress(ProcessLookupError):
            os.kill(process, signal.SIGHUP)
            told += 1
    if not told:
        raise DigestError(f"no `digest run` lives in {loaded.settings.folder}; start one")
    for warning in loaded.warnings:
        click.echo(f"warning: {warning}", err=True)
    click.echo("Told it to take up the new configuration; its log says when it has.")

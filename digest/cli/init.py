"""``digest init``: a folder to start from, with config.toml and secret.key."""

from __future__ import annotations

import os
import shlex
from pathlib import Path

import click

import digest
from digest.config import secret
from digest.config.load import FILE, home
from digest.config.replace import folder_lock, write_whole
from digest.errors import Misconfigured

PACKAGE = Path(digest.__file__).parent
STARTERS = (PACKAGE / "starter" / FILE, PACKAGE.parent / FILE)  # in a wheel, in a checkout


@click.command("init")
@click.argument("folder", metavar="[DIR]", default=".", type=click.Path(path_type=Path))
def command(folder: Path) -> None:
    """Write a starting folder: config.toml and secret.key.

    Nothing that is there already is overwritten. The configuration works as it is, from a sample
    paper and without a network.
    """
    written = write_starter(home(folder).absolute())
    inside = "" if written.parent == Path.cwd() else f"cd {shlex.quote(str(folder))} && "
    click.echo(f"Wrote {written}")
    if secret.from_environment(secret.VARIABLE, os.environ) is None:
        key = secret.make(written.parent)
        click.echo(f"      {key}, which signs readers' links: put it into your backup")
    click.echo(f"See tomorrow's issue:  {inside}digest send --dry-run")
    click.echo(f"Use your own sources:  {inside}digest sources add https://example.org/feed.xml")
    click.echo(f"Make it yours:         edit config.toml, then {inside}digest config check")


def write_starter(folder: Path) -> Path:
    """config.toml in ``folder``, which is made. Raises Misconfigured where one is there."""
    target = folder / FILE
    starter = next(path for path in STARTERS if path.is_file())
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with folder_lock(folder):
            if os.path.lexists(target):
                raise Misconfigured(
                    str(target), "is there already and is kept; name another folder"
                )
            write_whole(target, starter.read_bytes(), mode=0o644)
    except OSError as error:
        raise Misconfigured(
            str(folder), f"cannot be written ({error.strerror}); name another folder"
        ) from error
    return target

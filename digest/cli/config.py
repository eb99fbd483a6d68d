"""``digest config``: what is in force and where each value came from; is anything wrong?"""

from __future__ import annotations

import json
import os

import click

from digest.cli import Context
from digest.cli.counted import counted
from digest.config.inforce import InForce, Value, in_force, unset
from digest.config.load import load_for
from digest.plain import dumped

COLUMN = 64


@click.group("config")
def group() -> None:
    """Show what is in force and where it comes from."""


@group.command("show")
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of lines.")
@click.pass_obj
def show(context: Context, as_json: bool) -> None:
    """Print every key that is in force and where its value came from, secrets masked."""
    loaded = load_for(context.config)
    shown = list(in_force(loaded, os.environ))
    if as_json:
        settings = {one.key: {"value": one.value, "from": one.origin} for one in shown}
        told = {"path": str(loaded.path), "settings": settings, "warnings": list(loaded.warnings)}
        click.echo(dumped(told))
        return
    click.echo(f"# {loaded.path}")
    for one in shown:
        click.echo(_line(one))
    for warning in loaded.warnings:
        click.echo(f"warning: {warning}", err=True)


@group.command("check")
@click.pass_obj
def check(context: Context) -> None:
    """Read the configuration and say whether anything is wrong with it."""
    loaded = load_for(context.config)
    warnings = [*loaded.warnings, *unset(loaded.settings.deliver.relays, os.environ)]
    for warning in warnings:
        click.echo(f"warning: {warning}", err=True)
    count = f", {counted(len(warnings), 'warning')}" if warnings else ""
    click.echo(f"{loaded.path}: no mistakes{count}")


def _line(one: InForce) -> str:
    said = f"{one.key} = {_written(one.value)}"
    return f"{said:<{COLUMN}}  # {one.origin}"


def _written(value: Value) -> str:
    return "none" if value is None else json.dumps(value, ensure_ascii=False)

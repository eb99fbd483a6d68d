"""``digest db``: upgrade, inspect and back up the database."""

from __future__ import annotations

import asyncio
from dataclasses import asdict
from pathlib import Path

import click

from digest.cli import Context
from digest.config.load import load_for
from digest.plain import dumped
from digest.storage import care


@click.group("db")
def group() -> None:
    """Upgrade, inspect and back up the database."""


@group.command("upgrade")
@click.pass_obj
def upgrade(context: Context) -> None:
    """Bring the schema up to date. Every command that writes does this by itself."""
    url = load_for(context.config).settings.storage.url
    asyncio.run(care.upgrade(url))
    click.echo(f"The schema is at {asyncio.run(care.info(url)).revision}.")


@group.command("info")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def info(context: Context, as_json: bool) -> None:
    """Show where the database is, its schema, its size and how much it holds."""
    found = asyncio.run(care.info(load_for(context.config).settings.storage.url))
    if as_json:
        click.echo(dumped(asdict(found)))
        return
    state = "up to date" if found.revision == found.head else f"old: {found.head} is current"
    click.echo(f"{found.place} ({found.dialect}), {found.size_bytes / 1e6:,.1f} MB")
    click.echo(f"schema {found.revision or 'none'}, {state}")
    for table, rows in found.rows.items():
        click.echo(f"{rows:>12,}  {table}")


@group.command("backup")
@click.argument("target", type=click.Path(path_type=Path))
@click.pass_obj
def backup(context: Context, target: Path) -> None:
    """Copy the database to TARGET while it is in use. Keep secret.key with it."""
    asyncio.run(care.backup(load_for(context.config).settings.storage.url, target))
    click.echo(f"Backed up to {target}. Keep secret.key and config.toml with it.")

"""``digest migrate``: from one kind of database to the other."""

from __future__ import annotations

import asyncio
from pathlib import Path

import click

from digest.cli import Context
from digest.config.load import load_for
from digest.plain import dumped
from digest.storage.moving import sqlite_to_postgres


@click.group("migrate")
def group() -> None:
    """Move to another kind of database."""


@group.command("sqlite-to-postgres")
@click.argument("file", metavar="FILE.db", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--json", "as_json", is_flag=True, help="Print the rows per table as JSON.")
@click.pass_obj
def to_postgres(context: Context, file: Path, as_json: bool) -> None:
    """Copy the SQLite FILE.db into the empty PostgreSQL database of the configuration.

    Stop Digest first. All of it arrives or nothing; FILE.db is only read.
    """
    target = load_for(context.config).settings.storage.url

    def told(table: str, rows: int) -> None:
        if not as_json:
            click.echo(f"{rows:>12,}  {table}")

    counts = asyncio.run(sqlite_to_postgres(file, target, told=told))
    if as_json:
        click.echo(dumped(counts))
        return
    click.echo(f"{sum(counts.values()):>12,}  rows in all, counted on both sides.")
    click.echo(f"Start Digest with this configuration, and keep {file} until you have seen it run.")

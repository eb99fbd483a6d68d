"""``digest articles``: what was read, and the clean text that summaries index into."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import click

from digest import characters, wiring
from digest.cli import Context
from digest.cli.counted import counted
from digest.cli.rehearsal import DATABASE
from digest.config.load import load_for
from digest.curate import urls
from digest.errors import Misconfigured
from digest.model import Article
from digest.storage import articles as articles_table
from digest.storage.database import Store

SHOWN = 50


@click.group("articles")
def group() -> None:
    """List articles, show one with its clean text."""


@group.command("list")
@click.argument("words", nargs=-1)
@click.option("--from", "out", type=click.Path(path_type=Path), help="A rehearsal's folder.")
@click.pass_obj
def list_articles(context: Context, words: tuple[str, ...], out: Path | None) -> None:
    """List the newest articles whose title or address holds all WORDS."""
    for article in asyncio.run(_search(context, out, words)):
        click.echo(f"{article.first_seen:%Y-%m-%d %H:%M}  {article.title}\n{'':18}{article.url}")


@group.command("show")
@click.argument("url")
@click.option("--text", is_flag=True, help="Only the stored clean text, exactly.")
@click.option("--from", "out", type=click.Path(path_type=Path), help="A rehearsal's folder.")
@click.pass_obj
def show(context: Context, url: str, text: bool, out: Path | None) -> None:
    """Show the article at URL. Sentence spans of report.json index into its --text."""
    article = asyncio.run(_one(context, out, url))
    if text:
        click.echo(article.text, nl=False)
        return
    bound = "" if article.dated.exact else " at the latest"
    click.echo(article.title)
    click.echo(f"  {article.url}")
    click.echo(f"  {article.source_name}" + (f", by {article.author}" if article.author else ""))
    click.echo(
        f"  dated {article.dated.at:%Y-%m-%d %H:%M} UTC{bound} ({article.dated.source.value})"
    )
    click.echo(
        f"  first seen {article.first_seen:%Y-%m-%d %H:%M} UTC, {article.language}, "
        f"{counted(characters.words(article.text), 'word')}"
    )
    click.echo(f"\n{article.text}")


@asynccontextmanager
async def kept(context: Context, out: Path | None) -> AsyncIterator[Store]:
    """The database in force, or the one a rehearsal left in ``out``, to read from.

    Raises Misconfigured where there is none.
    """
    if out is None:
        url = load_for(context.config).settings.storage.url
        cure = "holds nothing yet; run `digest gather`, or name a rehearsal's folder with --from"
    else:
        url = wiring.file_url(out / DATABASE)
        cure = f"holds no rehearsal; run `digest send --dry-run --out {out}` first"
    store = await Store.open_read_only(url)
    if store is None:
        raise Misconfigured(str(out or "the database"), cure)
    try:
        yield store
    finally:
        await store.close()


async def _search(context: Context, out: Path | None, words: tuple[str, ...]) -> list[Article]:
    async with kept(context, out) as store:
        return list(await store.read(articles_table.search, words, SHOWN))


async def _one(context: Context, out: Path | None, url: str) -> Article:
    async with kept(context, out) as store:
        # A part of a page is kept with its fragment.
        for address in (url, urls.canonical(url)):
            if article := await store.read(articles_table.by_url, address):
                return article
    raise Misconfigured(url, "is no article we have read; `digest articles list` shows them")

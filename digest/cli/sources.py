"""``digest sources``: add, list, check, remove, import and export what is read."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Sequence
from pathlib import Path

import click

from digest import wiring
from digest.cli import Context, health, stores
from digest.cli.counted import counted
from digest.cli.newsletters import chosen
from digest.collect import discover, opml
from digest.collect.discover import Found
from digest.collect.opml import Outline
from digest.config import edit
from digest.config.edit import Entry
from digest.config.load import Loaded, load_for
from digest.config.rewrite import rewrite
from digest.errors import DigestError, Misconfigured
from digest.model import Source, SourceKind
from digest.plain import dumped
from digest.storage import sources as sources_table

JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON instead of a table.")
NEWSLETTER = click.option(
    "--newsletter", help="The newsletter that is to read it, where it names its sources."
)


@click.group("sources")
def group() -> None:
    """Add, list, check, remove, import, export sources."""


@group.command("add")
@click.argument("locations", nargs=-1, required=True, metavar="URL-OR-PATH...")
@click.option("--name", help="What readers see; default: what it calls itself.")
@click.option("--topic", help="The section its stories go to.")
@NEWSLETTER
@click.pass_obj
def add(
    context: Context,
    locations: tuple[str, ...],
    name: str | None,
    topic: str | None,
    newsletter: str | None,
) -> None:
    """Find out what URL-OR-PATH is and write it into config.toml, comments kept.

    A web page is looked through for a feed first; a page without one is read by its links.
    """
    if name and len(locations) > 1:
        raise Misconfigured("--name", "names one source; add several without it")
    loaded = load_for(context.config)
    if newsletter is not None:
        chosen(newsletter, loaded.settings)
    found = asyncio.run(_discovered(loaded, locations))
    entries = _entries(loaded, found, name=name, topic=topic)
    rewrite(
        loaded.path,
        lambda document: edit.with_sources(document, entries, newsletter=newsletter),
        os.environ,
    )
    for entry, one in zip(entries, found, strict=True):
        click.echo(f"Added {entry['name']!r}: {one.kind.value} at {one.location}")
        for note in one.notes:
            click.echo(f"  {note}")
    click.echo(f"Written into {loaded.path}. `digest gather` reads it.")


@group.command("list")
@JSON
@click.pass_obj
def list_sources(context: Context, *, as_json: bool) -> None:
    """List the sources of config.toml and who reads them."""
    settings = load_for(context.config).settings
    records = health.listed(settings.collect.sources, settings.newsletters.values())
    if as_json:
        click.echo(dumped(records))
        return
    for line in health.list_lines(records):
        click.echo(line)


@group.command("check")
@JSON
@click.pass_obj
def check(context: Context, *, as_json: bool) -> int:
    """Show each source's health at its last visit. Exit code 1 when one is in trouble."""
    settings = load_for(context.config).settings
    visits = stores.read(settings.storage.url, lambda store: store.read(sources_table.visits))
    records = health.checked(settings.collect.sources, visits or {})
    if as_json:
        click.echo(dumped(records))
    else:
        for line in health.check_lines(records):
            click.echo(line)
    return int(any(record["error"] or record["status"] == "gone" for record in records))


@group.command("remove")
@click.argument("source", metavar="NAME-OR-LOCATION")
@click.pass_obj
def remove(context: Context, source: str) -> None:
    """Take a source out of config.toml. What it brought stays kept."""
    loaded = load_for(context.config)
    index, one = meant(loaded.settings.collect.sources, source)
    rewrite(
        loaded.path,
        lambda document: edit.without_source(document, index, one.name),
        os.environ,
    )
    click.echo(f"Removed {one.name!r} ({one.location}) from {loaded.path}.")


@group.command("import")
@click.argument("file", metavar="FILE.opml", type=click.Path(path_type=Path))
@NEWSLETTER
@click.pass_obj
def import_opml(context: Context, file: Path, newsletter: str | None) -> None:
    """Add every feed of an OPML file; folders become topics. Known ones are skipped."""
    loaded = load_for(context.config)
    if newsletter is not None:
        chosen(newsletter, loaded.settings)
    try:
        outlines = opml.parse(file.read_bytes())
    except OSError as error:
        raise Misconfigured(
            str(file), f"cannot be read: {error.strerror}; check the path"
        ) from error
    except DigestError as error:
        raise Misconfigured(str(file), str(error)) from error
    known = {source.location for source in loaded.settings.collect.sources}
    names = {source.name for source in loaded.settings.collect.sources}
    entries: list[Entry] = []
    for outline in outlines:
        if outline.xml_url in known:
            continue
        known.add(outline.xml_url)
        entries.append(_imported(outline, names))
    if entries:
        rewrite(
            loaded.path,
            lambda document: edit.with_sources(document, entries, newsletter=newsletter),
            os.environ,
        )
    skipped = len(outlines) - len(entries)
    added, there = counted(len(entries), "source"), "was" if skipped == 1 else "were"
    click.echo(f"Added {added} to {loaded.path}; {skipped:,} {there} there already.")


@group.command("export")
@click.pass_obj
def export_opml(context: Context) -> None:
    """Print the feeds of config.toml as OPML, for any feed reader."""
    settings = load_for(context.config).settings
    outlines = [
        Outline(
            title=source.name, xml_url=source.location, html_url="", category=source.topic or ""
        )
        for source in settings.collect.sources
        if source.kind is SourceKind.FEED
    ]
    click.echo(opml.write(outlines, title=settings.site.name), nl=False)


async def _discovered(loaded: Loaded, locations: Sequence[str]) -> list[Found]:
    known = {source.location: source.name for source in loaded.settings.collect.sources}
    found: list[Found] = []
    async with wiring.world(loaded.settings) as world:
        for location in locations:
            one = await discover.discover(
                location,
                fetch=world.fetch,
                isolate=world.isolate,
                folder=loaded.settings.folder,
            )
            if one.location in known:
                raise Misconfigured(
                    location, f"is a source already: {known[one.location]!r}; nothing was written"
                )
            known[one.location] = one.name
            found.append(one)
    return found


def _entries(
    loaded: Loaded, found: Sequence[Found], *, name: str | None, topic: str | None
) -> list[Entry]:
    names = {source.name for source in loaded.settings.collect.sources}
    entries: list[Entry] = []
    for one in found:
        entry = {"location": one.location, "name": _unused(name or one.name, names)}
        if one.kind not in (SourceKind.FILES, SourceKind.SAMPLE):
            entry["kind"] = one.kind.value
        if topic:
            entry["topic"] = topic
        entries.append(entry)
    return entries


def _imported(outline: Outline, names: set[str]) -> Entry:
    entry = {
        "location": outline.xml_url,
        "name": _unused(outline.title or outline.xml_url, names),
        "kind": SourceKind.FEED.value,
    }
    if outline.category:
        entry["topic"] = outline.category
    return entry


def _unused(name: str, names: set[str]) -> str:
    """``name``, numbered where another source bears it; noted in ``names``."""
    free = name
    number = 2
    while free in names:
        free = f"{name} {number}"
        number += 1
    names.add(free)
    return free


def meant(sources: Sequence[Source], said: str) -> tuple[int, Source]:
    """The source that ``said`` names, or is the location of, and its place in the list.

    Raises Misconfigured where there is no such source.
    """
    for index, source in enumerate(sources):
        if said in (source.name, source.location):
            return index, source
    names = ", ".join(repr(source.name) for source in sources) or "none"
    raise Misconfigured(f"source {said!r}", f"is not in the configuration; it has: {names}")

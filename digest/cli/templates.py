"""``digest templates``: begin a theme of one's own, and hold one's templates against the rules."""

from __future__ import annotations

import asyncio
import re
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

import click

from digest import wiring
from digest.cli import Context, specimen
from digest.cli.counted import counted
from digest.compose import letters, render, templates, words
from digest.compose import theme as themes
from digest.compose.letters import BUTTONS, LetterJob
from digest.config import document
from digest.config.checks import THEMES
from digest.config.load import load_for
from digest.config.positions import Key, Layout
from digest.config.replace import write_whole
from digest.config.settings import Settings
from digest.errors import DigestError, Misconfigured
from digest.model import Newsletter
from digest.services import publish

DEFAULT_FOLDER = "templates"  # beside config.toml, where none is configured

_MAIL = ("subject.txt", "body.mjml", "body.txt")
_NAME = re.compile(r"[a-z][a-z0-9-]{0,39}")
_FIRST = re.compile(r"\A#[^\n]*\nname = [^\n]*\n")


@click.group("templates")
def group() -> None:
    """Begin a theme of your own; check your templates."""


@group.command("new")
@click.argument("name")
@click.option("--like", type=click.Choice(THEMES), default="paper", help="The theme to begin from.")
@click.option("--part", "parts", multiple=True, help="Copy this part, too, such as masthead.")
@click.pass_obj
def new(context: Context, name: str, like: str, parts: tuple[str, ...]) -> None:
    """Write a theme NAME to begin from into your templates folder.

    Every key is commented. Nothing that is there already is overwritten.
    """
    if not _NAME.fullmatch(name) or name in THEMES:
        raise Misconfigured(
            "NAME", f"{name!r} is no name for a theme; use a-z, 0-9 and hyphens, and none of ours"
        )
    loaded = load_for(context.config)
    settings = loaded.settings
    folder = settings.compose.templates or settings.folder / DEFAULT_FOLDER
    sources = {part: templates.ours() / "email" / "parts" / f"{part}.mjml" for part in parts}
    for part, source in sources.items():
        if not re.fullmatch(r"[a-z]+", part) or not source.is_file():
            known = ", ".join(sorted(path.stem for path in source.parent.glob("*.mjml")))
            raise Misconfigured("--part", f"{part!r} is no part; write one of {known}")
    text = (templates.ours() / "email" / "themes" / f"{like}.toml").read_text("utf-8")
    target = folder / "themes" / f"{name}.toml"
    copies = {part: folder / "parts" / source.name for part, source in sources.items()}
    _refuse_what_is_there(target, copies)
    _write(target, _FIRST.sub(_heading(name, like), text))
    for part, copy in copies.items():
        _write(copy, sources[part].read_text("utf-8"))
    click.echo(f"Wrote {target}")
    for line in _next_steps(settings, name, document.read(loaded.path).layout):
        click.echo(line)


@group.command("check")
@click.pass_obj
def check(context: Context) -> None:
    """Read every theme in use, and render every letter of every newsletter in every language.

    And the sample paper as an issue of each. A mistake is told with its file and cure. Colours
    that are hard to read, or that a program with a dark mode of its own may make so, are warnings,
    as is what lint says of an issue.
    """
    settings = load_for(context.config).settings
    own = settings.compose.templates
    folders = (*((own,) if own else ()), templates.ours() / "email")
    warnings = 0
    if own is None and (settings.folder / DEFAULT_FOLDER).is_dir():
        warnings += 1
        said = "is not set, so only our own templates are read, and none of the folder templates"
        click.echo(f"warning: compose.templates {said}", err=True)
    for said in _misplaced(own) if own else ():
        warnings += 1
        click.echo(f"warning: {said}", err=True)
    for name in sorted({one.theme for one in settings.newsletters.values()} | set(_own(own))):
        loaded = themes.load(name, folders)
        for said in (*themes.weak_pairs(loaded), *themes.risky_fills(loaded)):
            warnings += 1
            click.echo(f"warning: theme {name}: {said}", err=True)
    rendered = sum(1 for _ in _letters(settings, folders))
    for said in asyncio.run(_linted(settings)):
        warnings += 1
        click.echo(f"warning: {said}", err=True)
    made = f"{counted(rendered, 'letter')} and {counted(len(settings.newsletters), 'issue')}"
    count = f", {counted(warnings, 'warning')}" if warnings else ""
    click.echo(f"{made} rendered, no mistakes{count}")


def _heading(name: str, like: str) -> str:
    return (
        f"# {name}: begun from {like}. `digest templates check` tells every mistake with its key;\n"
        "# `digest preview` shows the mail as you change it, light and dark, wide and narrow.\n"
        f'name = "{name}"\n'
    )


def _refuse_what_is_there(target: Path, copies: Mapping[str, Path]) -> None:
    """Asked for all of them before the first is written."""
    if target.exists():
        raise Misconfigured(str(target), "is there already and is kept; choose another name")
    for part, copy in copies.items():
        if copy.exists():
            raise Misconfigured(
                str(copy),
                f"is there already, is kept, and is every theme's; leave out --part {part}",
            )


def _write(target: Path, text: str) -> None:
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        write_whole(target, text.encode(), mode=0o644)
    except OSError as error:
        raise Misconfigured(
            str(target), f"cannot be written: {error.strerror}; see compose.templates"
        ) from error


def _next_steps(settings: Settings, name: str, layout: Layout) -> Iterator[str]:
    wanted = next(iter(settings.newsletters), "NAME")
    yield "Now say in config.toml:"
    if settings.compose.templates is None:
        yield from _under(("compose",), f'templates = "{DEFAULT_FOLDER}"', layout)
    yield from _under(("newsletters", wanted), f'theme = "{name}"', layout, key="theme")
    yield "and look at it:  digest preview"


def _under(table: Key, line: str, layout: Layout, *, key: str = "") -> Iterator[str]:
    """``line`` and the table it belongs in: neither it nor its ``key`` may be begun twice."""
    there, same = layout.places.get(table), layout.places.get((*table, key))
    told = f"  # is there, on line {there.line}: put the next line below it" if there else ""
    if same:
        told = f"  # has a {key}, on line {same.line}: put the next line in its place"
    yield f"    [{'.'.join(map(str, table))}]{told}"
    yield f"    {line}"


def _misplaced(own: Path) -> Iterator[str]:
    """Files of mails that are where no mail looks for them."""
    ours = templates.ours() / "email"
    for path in sorted(own.rglob("*")):
        known = path.is_relative_to(ours) or (ours / path.relative_to(own)).is_file()
        if path.name in _MAIL and not known:
            yield (
                f"{path} is read by no mail: they are issue/{path.name} and "
                f"letters/KIND/{path.name} in {own}"
            )


def _own(folder: Path | None) -> list[str]:
    return [path.stem for path in (folder / "themes").glob("*.toml")] if folder else []


def _letters(settings: Settings, folders: tuple[Path, ...]) -> Iterator[None]:
    """Every letter there is, rendered. Raises Misconfigured for what cannot be."""
    languages = sorted({path.stem for folder in folders for path in folder.glob("words/*.toml")})
    for newsletter in settings.newsletters.values():
        for language in languages:
            words.load(language, folders)
            for kind in BUTTONS:
                _render(newsletter, kind, language, settings, folders)
                yield


def _render(
    newsletter: Newsletter, kind: str, language: str, settings: Settings, folders: tuple[Path, ...]
) -> None:
    edition = letters.letter(
        LetterJob(
            kind=kind,
            newsletter=newsletter,
            language=language,
            site_name=settings.site.name,
            base_url=settings.site.base_url,
            postal_address=settings.site.postal_address,
            templates=folders,
        )
    )
    if BUTTONS[kind] not in render.slots(edition.html):
        raise DigestError(
            f"letters/{kind}/body.mjml has no link to letter.button_url: nobody could answer it"
        )


async def _linted(settings: Settings) -> list[str]:
    """The sample paper as an issue of each newsletter: what lint warns of, but of its headline and
    its colours, which themes are asked about. Raises Misconfigured for what would stop it."""
    warned: dict[str, None] = {}
    async with wiring.world(settings) as world:
        for newsletter in settings.newsletters.values():
            with tempfile.TemporaryDirectory(prefix="digest-check-") as name:
                imprint = wiring.imprint(settings, media=Path(name) / "media")
                drafted = await specimen.draft_of(settings, newsletter, world, Path(name))
                shown = await publish.illustrated(
                    drafted, imprint, fetch=world.fetch, isolate=world.isolate
                )
                prepared = await publish.typeset(shown, imprint, isolate=world.isolate)
            for found in (one for some in prepared.findings.values() for one in some):
                told = f"{found.code}: {found.message} ({found.place})"
                if found.level == "stops":
                    said = f"make an issue that would not be released: {told}"
                    raise Misconfigured(f"the templates of {newsletter.id}", said)
                if found.place != "header" and found.code != "faint":
                    warned[f"issue of {newsletter.id}: {told}"] = None
    return list(warned)

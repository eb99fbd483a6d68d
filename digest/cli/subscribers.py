"""``digest subscribers``: add, list, show, remove, import, export, erase, count, suppress."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import TypeVar

import click

from digest.cli import Context, people, roster, stores, unadded
from digest.cli.agreed import agreed
from digest.cli.counted import counted
from digest.cli.newsletters import chosen, refuse_unknown
from digest.cli.rosterrow import Offer
from digest.clock import clock_at
from digest.config.load import load_for
from digest.config.secret import make_and_read
from digest.config.settings import Settings
from digest.errors import Misconfigured
from digest.services import membership
from digest.services.enrolment import Terms
from digest.services.membership import Profile
from digest.storage import roster as table
from digest.storage.consents import Evidence
from digest.storage.database import Store
from subscribers import exports
from subscribers.acts import Admit, Erase, Join, Leave
from subscribers.address import Address
from subscribers.model import By, Kind, Status

T = TypeVar("T")
NEWSLETTER = click.option("--newsletter", help="Which; needed where there are several.")
CLOCK = clock_at(None)


ADDRESS = click.argument("address", type=people.AddressType())


@click.group("subscribers")
def group() -> None:
    """Add, list, show, remove, import, export, erase, count and suppress subscribers."""


@group.command("add")
@ADDRESS
@NEWSLETTER
@click.option("--name", default="", type=people.NameType(), help="How the person is called.")
@click.option("--cadence", help="How often, of what is offered. Default: the newsletter's own.")
@people.VOUCH
@click.pass_obj
def add(
    context: Context,
    address: Address,
    newsletter: str | None,
    name: str,
    cadence: str | None,
    already_confirmed: bool,
) -> int:
    """Add one person; they are asked to confirm unless you vouch that they have."""
    settings = load_for(context.config).settings
    of = settings.newsletters[_chosen(settings, newsletter)]
    often = people.cadence(of, cadence)
    act = (Admit if already_confirmed else Join)(newsletter=of.id, cadence=often)
    profile = Profile(address=address, name=name, language=of.language, timezone=of.timezone)
    ring, evidence = make_and_read(settings.folder), Evidence(page="digest subscribers add")

    async def join(store: Store) -> tuple[membership.Done, str]:
        done = await membership.join(
            store, profile, act, by=By.OPERATOR, ring=ring, clock=CLOCK, evidence=evidence
        )
        if done.happened:
            return done, ""
        return done, await store.read(unadded.why, address, of.id, ring, CLOCK())

    done, why = _written(settings, join)
    if why:
        click.echo(f"Not added: {why}.")
        return 1
    owed = " A letter that asks for a confirmation is owed." if Kind.CONFIRM in done.letters else ""
    click.echo(f"Added to {of.id}.{owed}")
    return 0


@group.command("list")
@click.option("--newsletter", help="Only this one's.")
@click.option("--status", type=click.Choice([s.value for s in Status]), help="Only those.")
@click.option("--limit", type=click.IntRange(1, 10_000), default=100, show_default=True)
@click.option("--after", default="", help="Go on behind this id, the last of the page before.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def list_(
    context: Context,
    newsletter: str | None,
    status: str | None,
    limit: int,
    after: str,
    as_json: bool,
) -> None:
    """List people, a page at a time."""
    refuse_unknown(load_for(context.config).settings, newsletter)
    found = stores.kept(
        context,
        lambda store: store.read(
            table.page,
            newsletter=newsletter,
            status=Status(status) if status else None,
            after=(after, "\U0010ffff" if after else ""),
            limit=limit,
        ),
    )
    for line in people.listed(found or [], as_json=as_json):
        click.echo(line)


@group.command("show")
@ADDRESS
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def show(context: Context, address: Address, as_json: bool) -> None:
    """Print all that is known of one person, and their whole history."""
    found = stores.kept(context, lambda store: store.read(people.history, address))
    if found is None:
        raise Misconfigured("this address", "is nobody's here; look with `digest subscribers list`")
    for line in people.shown(found, as_json=as_json):
        click.echo(line)


@group.command("remove")
@ADDRESS
@NEWSLETTER
@click.pass_obj
def remove(context: Context, address: Address, newsletter: str | None) -> None:
    """Take a person off one newsletter; what they agreed to before stays on record."""
    settings = load_for(context.config).settings
    refuse_unknown(settings, newsletter)  # readers of one that left the configuration may leave
    of = newsletter or _chosen(settings, None)

    async def leave(store: Store) -> bool:
        who = await people.id_of(store, address)
        done = await membership.act_on(store, who, of, Leave(), by=By.OPERATOR, clock=CLOCK)
        return done.happened

    happened = _written(settings, leave)
    click.echo(f"Taken off {of}." if happened else f"Not subscribed to {of}; nothing to do.")


@group.command("erase")
@ADDRESS
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.pass_obj
def erase(context: Context, address: Address, yes: bool) -> None:
    """Forget a person for good; a keyed hash keeps them from being imported again."""
    if not yes and not agreed("Forget this person for good?", "subscribers erase"):
        raise click.Abort
    settings = load_for(context.config).settings

    async def forget(store: Store) -> None:
        await membership.act_on_address(
            store,
            await people.id_of(store, address),
            Erase(),
            by=By.OPERATOR,
            ring=make_and_read(settings.folder),
            clock=CLOCK,
        )

    _written(settings, forget)
    click.echo("Erased. Backups made before still hold the person.")


@group.command("suppress")
@ADDRESS
@click.option("--undo", is_flag=True, help="Take a suppression, bounce or complaint back.")
@click.pass_obj
def suppress(context: Context, address: Address, undo: bool) -> None:
    """Keep an address out of every newsletter, whether anybody has it or not."""
    settings = load_for(context.config).settings
    ring = make_and_read(settings.folder)

    async def change(store: Store) -> str:
        if not undo:
            await membership.suppress(store, address, ring=ring, clock=CLOCK)
            return "Suppressed."
        done = await membership.reinstate(store, address, ring=ring, clock=CLOCK)
        if not done.happened:
            return "It was not suppressed; nothing to do."
        return await store.read(unadded.lifted, address)

    click.echo(_written(settings, change))


@group.command("stats")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def stats(context: Context, as_json: bool) -> None:
    """Count people by newsletter, status and standing."""
    found = stores.kept(context, lambda store: store.read(table.counts))
    for line in people.counted(found or {}, as_json=as_json):
        click.echo(line)


@group.command("export")
@click.option("--newsletter", help="Only this one's.")
@click.pass_obj
def export(context: Context, newsletter: str | None) -> None:
    """Print everybody as CSV, which `import` reads back."""
    refuse_unknown(load_for(context.config).settings, newsletter)
    out = sys.stdout.buffer
    stores.kept(
        context,
        lambda store: roster.exported(store, newsletter, lambda text: out.write(text.encode())),
    )
    out.flush()


@group.command("import")
@click.argument("file", metavar="FILE.csv", type=click.Path(path_type=Path, dir_okay=False))
@NEWSLETTER
@click.option("--map", "maps", multiple=True, metavar="OURS=COLUMN", help="address=E-Mail, name=3")
@click.option(
    "--from", "program", type=click.Choice(sorted(exports.PROGRAMS)), help="Whose export it is."
)
@click.option("--dry-run", is_flag=True, help="Only say what would happen.")
@click.option("--yes", is_flag=True, help="Import after the dry run without asking.")
@click.option("--rejects", type=click.Path(path_type=Path), help="Default: FILE.rejects.csv.")
@click.option("--json", "as_json", is_flag=True, help="Print the counts as JSON.")
@people.VOUCH
@click.pass_obj
def import_(  # noqa: PLR0913 -- click hands over every option
    context: Context,
    file: Path,
    newsletter: str | None,
    maps: tuple[str, ...],
    program: str | None,
    dry_run: bool,
    yes: bool,
    rejects: Path | None,
    as_json: bool,
    already_confirmed: bool,
) -> int:
    """Add everybody in a CSV file. A dry run comes first and says what would happen."""
    settings = load_for(context.config).settings
    of = settings.newsletters[_chosen(settings, newsletter)]
    terms = Terms(
        newsletter=of.id,
        cadence=of.cadence.value,
        language=of.language,
        timezone=of.timezone,
        vouched=already_confirmed,
        ring=make_and_read(settings.folder),
        evidence=Evidence(page=people.import_page(already_confirmed)),
    )
    asked = roster.Asked(
        file=file,
        mapping=people.mapping(maps, program),
        program=program,
        offer=Offer(of),
        rejects=rejects or file.with_name(f"{file.name}.rejects.csv"),
        quiet=as_json,
    )
    told = partial(people.told, rejects=asked.rejects, as_json=as_json, vouched=already_confirmed)
    found = asyncio.run(roster.dry_run(settings.storage.url, asked, terms, clock=CLOCK))
    counts = found.counts
    if dry_run or not (counts.new or counts.withdrawn):
        told(found, would=True)
        return 0
    if not yes:
        told(found, would=True)
        some = counted(counts.new, "person", "people")
        if not agreed(f"Import {some} into {of.id}?", "subscribers import"):
            raise click.Abort
    try:
        done = _written(settings, lambda store: roster.imported(store, asked, terms, clock=CLOCK))
    except KeyboardInterrupt:
        click.echo(f"Cut short: {roster.KEPT}.", err=True)
        raise
    told(done, would=False)
    return 0


def _chosen(settings: Settings, newsletter: str | None) -> str:
    return chosen(newsletter, settings, option="--newsletter")


def _written(settings: Settings, change: Callable[[Store], Awaitable[T]]) -> T:
    return stores.written(settings.storage.url, change)

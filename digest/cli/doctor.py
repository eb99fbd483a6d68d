"""``digest doctor``: is everything in order for mail to leave, arrive and be answered?"""

from __future__ import annotations

import asyncio
import shutil
import sys
from dataclasses import asdict, replace
from datetime import datetime
from pathlib import Path

import click

from digest import clock
from digest.checkup.machine import Database
from digest.checkup.resolver import Resolver
from digest.checkup.verdict import Check, Level
from digest.checkup.visitor import visit
from digest.cli import Context
from digest.config import secret
from digest.config.load import load_for
from digest.config.settings import Settings
from digest.deliver import headers
from digest.domains import in_dns
from digest.errors import DigestError, Misconfigured
from digest.plain import dumped
from digest.services import pacing
from digest.services.checkup import Checkup, Patient, examine
from digest.storage import care
from digest.storage.database import Store
from digest.wiring import post, watching
from subscribers import tokens
from subscribers.model import SubscriberId
from subscribers.tokens import Purpose

NOBODY = SubscriberId("nobody-the-doctor-asks-for")
MARKS = {Level.OK: "ok  ", Level.WARN: "warn", Level.BAD: "BAD ", Level.UNCHECKED: "-   "}


@click.command("doctor")
@click.option("--selector", "selectors", multiple=True, help="A DKIM selector (s=); repeatable.")
@click.option("--nameserver", "servers", multiple=True, help="Ask this name server; repeatable.")
@click.option("--nameserver-port", default=53, type=click.IntRange(1, 65535), show_default=True)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def command(
    context: Context,
    selectors: tuple[str, ...],
    servers: tuple[str, ...],
    nameserver_port: int,
    as_json: bool,
) -> None:
    """Look at database, keys, clock, disk, relays, pages and DNS; say what to mend and how.

    Sends no mail and changes nothing. Exit code 1 where something is bad.
    """
    settings = load_for(context.config).settings
    lookup = Resolver(servers, port=nameserver_port)
    found = asyncio.run(_examined(settings, selectors, lookup))
    if as_json:
        click.echo(dumped(_told(found)))
    else:
        for line in _lines(found):
            click.echo(line)
    sys.exit(1 if found.level is Level.BAD else 0)


async def _examined(settings: Settings, selectors: tuple[str, ...], lookup: Resolver) -> Checkup:
    # Nothing is changed: the folder for what is done is made by who reads the mailbox.
    box = replace(settings.bounces.mailbox, done_folder="")
    looking = replace(settings, bounces=replace(settings.bounces, mailbox=box))
    found = await _examine(settings, selectors, lookup)
    return replace(found, checks=(*found.checks, *await watching.mailbox(looking)))


async def _examine(settings: Settings, selectors: tuple[str, ...], lookup: Resolver) -> Checkup:
    database, database_time = await _database(settings.storage.url)
    ring, trouble = _ring(settings.folder)
    relays, unusable = post.usable(settings)
    return await examine(
        Patient(
            database=database,
            database_time=database_time,
            keys_trouble=trouble,
            keys=len(ring),
            disk=(str(settings.folder), shutil.disk_usage(settings.folder).free),
            base_url=settings.site.base_url,
            unsubscribe_url=_link_for_nobody(settings, ring),
            domains=_domains(settings),
            relays=tuple(relays),
            unusable=tuple(unusable),
            paused=await _paused(settings),
            selectors=selectors or _selectors(settings),
            dkim_domain=settings.deliver.dkim.domain if settings.deliver.dkim else "",
            signs=_signs(settings),
        ),
        lookup=lookup,
        visit=visit,
        clock=clock.clock_at(None),
    )


async def _database(url: str) -> tuple[Database | None, datetime | None]:
    try:
        seen = await care.look(url)
    except DigestError as error:
        return Database(place="", trouble=str(error)), None
    if seen is None:
        return None, None
    return Database(place=seen.place, revision=seen.revision, head=seen.head), seen.time


async def _paused(settings: Settings) -> dict[str, str]:
    """The relays in use that refused us, and their words; none where nothing can be read."""
    try:
        store = await Store.open_read_only(settings.storage.url)
    except DigestError:
        return {}
    if store is None:
        return {}
    try:
        circuits = await pacing.known(store)
    except DigestError:
        return {}
    finally:
        await store.close()
    names = post.named(settings)
    return {name: one.paused for name, one in circuits.items() if one.paused and name in names}


def _ring(folder: Path) -> tuple[tuple[bytes, ...], str]:
    try:
        return secret.ring(folder), ""
    except Misconfigured as error:
        return (), str(error)


def _link_for_nobody(settings: Settings, ring: tuple[bytes, ...]) -> str:
    if not ring:
        return ""
    newsletter = next(iter(settings.newsletters))
    token = tokens.make(ring[0], Purpose.UNSUBSCRIBE, NOBODY, newsletter)
    return f"{settings.site.base_url}/unsubscribe/{newsletter}.{token}"


def _selectors(settings: Settings) -> tuple[str, ...]:
    keys = settings.deliver.dkim
    return tuple(filter(None, (keys.selector, keys.ed25519_selector))) if keys else ()


def _signs(settings: Settings) -> dict[str, str]:
    try:
        return watching.signs(settings)
    except Misconfigured:  # `digest dkim check` says why, and sending does
        return {}


def _domains(settings: Settings) -> tuple[str, ...]:
    senders = [headers.parsed(one.sender)[1] for one in settings.newsletters.values()]
    return tuple(dict.fromkeys(in_dns(sender.rpartition("@")[2]) for sender in senders))


def _told(found: Checkup) -> dict[str, object]:
    return {
        "level": found.level.value,
        "checks": [asdict(check) for check in found.checks],
        "bulk": [asdict(check) for check in found.bulk],
    }


def _lines(found: Checkup) -> list[str]:
    lines = [line for check in found.checks for line in _check(check)]
    lines += ["", "What Gmail and Yahoo ask of bulk senders"]
    lines += [line for check in found.bulk for line in _check(check)]
    everything = [*found.checks, *found.bulk]
    count = {level: sum(one.level is level for one in everything) for level in Level}
    lines += ["", ", ".join(f"{number} {level.value}" for level, number in count.items() if number)]
    return lines


def _check(check: Check) -> list[str]:
    lines = [f"{MARKS[check.level]}  {check.name}: {check.says}"]
    if check.cure and check.level is not Level.OK:
        lines.append(f"      -> {check.cure}")
    if check.record:
        lines.append(f"      {check.record}")
    return lines

"""``digest relays``: what mail leaves through, how each has fared, and how to use it again."""

from __future__ import annotations

import asyncio

import click

from digest import wiring
from digest.cli import Context, stores
from digest.clock import clock_at
from digest.config.load import load_for
from digest.config.settings import Settings
from digest.deliver.choice import Circuit
from digest.errors import Misconfigured
from digest.services import pacing


@click.group("relays")
def group() -> None:
    """What mail leaves through, and how each relay has fared."""


@group.command("list")
@click.pass_obj
def list_(context: Context) -> None:
    """The relays of the configuration: in use, resting or paused, and why."""
    settings = load_for(context.config).settings
    if settings.deliver.transport != "smtp":
        click.echo(f'Mail goes into {settings.deliver.maildir}: deliver.transport is "maildir".')
        return
    found = stores.read(settings.storage.url, pacing.known) or {}
    now = clock_at(None)().timestamp()
    for relay in settings.deliver.relays:
        fares = state(found.get(relay.name, Circuit()), now)
        click.echo(f"{relay.name}  {relay.host}:{relay.port}  {fares}")


@group.command("resume")
@click.argument("name")
@click.pass_obj
def resume(context: Context, name: str) -> None:
    """Use a relay again that refused us, once that is mended; a running worker hears of it."""
    settings = load_for(context.config).settings
    names = [relay.name for relay in settings.deliver.relays]
    if name not in names:
        there = ", ".join(names) or "no relay"
        raise Misconfigured(f"relay {name!r}", f"is not configured; there is {there}")
    asyncio.run(_resumed(settings, name))
    click.echo(f"Relay {name} is used again.")


async def _resumed(settings: Settings, name: str) -> None:
    async with wiring.open_store(settings) as store:
        await pacing.resume(store, name, clock_at(None)())


def state(circuit: Circuit, now: float) -> str:
    """How a relay fares, in a few words."""
    if circuit.paused:
        return f"paused, it refused us: {circuit.paused}"
    if circuit.passes(now) and not circuit.rests:
        return "in use"
    # The sentence begins with the relay, which has been named.
    said = circuit.trouble.partition(") ")[2] or circuit.trouble or "could not be used"
    if circuit.passes(now):
        return f"is tried again with the next mail; it {said}"
    return f"rests for {circuit.closed_until - now:.0f} seconds more; it {said}"

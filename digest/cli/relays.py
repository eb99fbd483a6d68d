"""``digest relays``: what mail leaves through, how each has fared, and how to use it again."""

from __future__ import annotations

from collections.abc import Sequence

import click

from digest.cli import Context, stores
from digest.clock import clock_at
from digest.config.load import load_for
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
@click.argument("name", nargs=-1, required=True)
@click.pass_obj
def resume(context: Context, name: tuple[str, ...]) -> None:
    """Use a relay again that refused us, once that is mended; a running worker hears of it."""
    settings = load_for(context.config).settings
    meant = _meant(" ".join(name), [relay.name for relay in settings.deliver.relays])
    now = clock_at(None)()
    stores.written(settings.storage.url, lambda store: pacing.resume(store, meant, now))
    click.echo(f"Relay {meant} is used again.")


def _meant(said: str, names: Sequence[str]) -> str:
    """The name of the relay that is meant: blanks and capitals do not matter, where one is left."""
    alike = [name for name in names if _plain(name) == _plain(said)]
    if said in names or len(alike) == 1:
        return said if said in names else alike[0]
    there = f"there is {', '.join(names)}" if names else "no [[deliver.relays]] is"
    raise Misconfigured(f"relay {said!r}", f"is not configured; {there}")


def _plain(name: str) -> str:
    return " ".join(name.split()).casefold()


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

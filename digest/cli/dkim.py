"""``digest dkim``: make the keys we sign with, print what belongs into the DNS, look them over."""

from __future__ import annotations

import click

from digest.cli import Context
from digest.config import dkim as keys
from digest.config.load import load_for
from digest.config.settings import Settings
from digest.deliver import dkim
from digest.deliver.headers import parsed
from digest.deliver.options import DkimOptions
from digest.errors import Misconfigured
from digest.plain import dumped

STRING = 255  # bytes a string of a TXT record may hold (RFC 1035, 3.3)


@click.group("dkim")
def group() -> None:
    """Make the keys we sign with, print their DNS records, look them over."""


@group.command("keygen")
@click.option("--ed25519", is_flag=True, help="Make the key of the second signature.")
@click.pass_obj
def keygen(context: Context, ed25519: bool) -> None:
    """Make the key that [deliver.dkim] names: RSA of 2048 bits, readable by you alone."""
    options = _options(load_for(context.config).settings)
    if ed25519:
        if options.ed25519_key_file is None:
            raise Misconfigured(
                "deliver.dkim",
                "names no second key; add ed25519_selector and ed25519_key_file, such as "
                'ed25519_selector = "digest2026-ed", ed25519_key_file = "dkim-ed25519.pem"',
            )
        path, pem = options.ed25519_key_file, dkim.generate_ed25519()
    else:
        path, pem = options.key_file, dkim.generate_rsa()
    keys.make(path, pem)
    click.echo(f"Wrote {path}: put it into your backup, and show it to nobody")
    click.echo("Next: `digest dkim record` prints what belongs into the DNS")


@group.command("record")
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of a zone's lines.")
@click.pass_obj
def record(context: Context, as_json: bool) -> None:
    """Print the TXT records that let receivers verify our signatures."""
    records = [dkim.record(key) for key in keys.read(_options(load_for(context.config).settings))]
    if as_json:
        click.echo(dumped([{"name": name, "txt": text} for name, text in records]))
        return
    for name, text in records:
        strings = [f'"{text[at : at + STRING]}"' for at in range(0, len(text), STRING)]
        click.echo(f"{name}. IN TXT ( {' '.join(strings)} )")
    hint = "In a form that asks for one text: what is in quotes, joined, without the quotes"
    click.echo(hint, err=True)


@group.command("check")
@click.pass_obj
def check(context: Context) -> None:
    """Look whether the keys are there, kept from others, strong enough and the senders' own.

    Whether the records are in the DNS is not looked at here.
    """
    settings = load_for(context.config).settings
    options = _options(settings)
    for key in keys.read(options):
        name, _ = dkim.record(key)
        click.echo(f"{key.selector}: {dkim.kind(key)}, kept from others; its record is {name}")
    strangers = [
        newsletter.id
        for newsletter in settings.newsletters.values()
        if not dkim.vouches(options.domain, parsed(newsletter.sender)[1])
    ]
    for newsletter in strangers:
        click.echo(
            f"{newsletter}: its sender is not at {options.domain}, so DMARC finds no signature "
            "of the sender's; change newsletters.NAME.sender or deliver.dkim.domain",
            err=True,
        )
    if strangers:
        raise SystemExit(1)


def _options(settings: Settings) -> DkimOptions:
    if settings.deliver.dkim is None:
        raise Misconfigured(
            "deliver.dkim",
            "is not set, so the relay signs; to sign here add a table [deliver.dkim] with domain, "
            "selector and key_file",
        )
    return settings.deliver.dkim

"""``digest bounces``: take in what came back, by pipe or from the mailbox; list, show, undo."""

from __future__ import annotations

import asyncio
import json
import sys
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Sequence
from typing import TypeVar

import click

from digest import wiring
from digest.cli import Context, stores
from digest.cli.people import AddressType
from digest.clock import clock_at
from digest.config import secret
from digest.config.load import load_for
from digest.config.settings import Settings
from digest.deliver import bounces
from digest.deliver.opened import MOST_BYTES
from digest.deliver.verdict import Finding
from digest.errors import DigestError, Misconfigured
from digest.services import feedback, membership
from digest.services.feedback import Came, Incoming
from digest.storage import reports
from digest.storage.database import Store
from digest.storage.reports import Kept
from digest.wiring import bounces as coming_back
from subscribers.address import Address

T = TypeVar("T")
CLOCK = clock_at(None)
TRY_AGAIN = 75  # EX_TEMPFAIL of sysexits.h: the mail server keeps the mail and comes again
_NEVER_KEPT = (Finding.DELAYED, Finding.AUTO_REPLY, Finding.NOTHING, Finding.UNREADABLE)
KINDS = [f.value for f in Finding if f not in _NEVER_KEPT]
WORDS = {
    Came.ACTED: "acted on",
    Came.COUNTED: "counted: the failure may pass",
    Came.KEPT: "kept: it is not the reader's fault",
    Came.KNOWN: "known already",
    Came.UNPROVEN: "not proven whom it is about, so nothing was done",
    Came.IGNORED: "an absence notice or a delay, ignored",
    Came.NO_REPORT: "no report of a bounce or complaint",
    Came.UNREADABLE: "could not be read, which is a fault of ours: please report it",
}


@click.group("bounces")
def group() -> None:
    """Take in what came back: bounces, complaints, unsubscribes by mail."""


@group.command("ingest")
@click.option(
    "--recipient",
    metavar="ADDRESS",
    default="",
    help="The address that the mail was delivered to, where the mail server tells it.",
)
@click.pass_obj
def ingest(context: Context, recipient: str) -> int:
    """Take in one mail from standard input, as a mail server's pipe hands it over.

    Exit code 0: done with it, whatever it was. 75: trouble of ours; try again later.
    """
    mail = _piped()
    try:
        settings = load_for(context.config).settings
        (came,) = asyncio.run(_ingested(settings, mail, recipient))
    except (DigestError, OSError) as error:
        click.echo(f"digest: {error}", err=True)
        return TRY_AGAIN
    except Exception as error:  # noqa: BLE001 -- any other code returns the mail to nobody: it is lost
        click.echo(f"digest: {type(error).__name__}; please report this", err=True)
        return TRY_AGAIN
    click.echo(WORDS[came])
    return 0


@group.command("read")
@click.option("--json", "as_json", is_flag=True, help="Print the counts as JSON.")
@click.pass_obj
def read(context: Context, as_json: bool) -> None:
    """Read the mailbox of [bounces.mailbox] once: act on what is new, put away what is done."""
    settings = load_for(context.config).settings
    told = asyncio.run(_read(settings))
    if as_json:
        click.echo(json.dumps({one.value: told[one] for one in Came}))
        return
    for came in Came:
        if told[came]:
            click.echo(f"{told[came]:>8,}  {WORDS[came]}")
    if not told:
        click.echo("Nothing new.")


@group.command("list")
@click.option("--address", type=AddressType(), help="Only about this one.")
@click.option("--kind", type=click.Choice(KINDS), help="Only of this kind.")
@click.option("--limit", type=click.IntRange(1, 10_000), default=100, show_default=True)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def list_(
    context: Context, address: Address | None, kind: str | None, limit: int, as_json: bool
) -> None:
    """List what came back, the newest first."""
    found = _asked(
        context,
        lambda store: store.read(reports.page, address=address, kind=kind, limit=limit),
    )
    for line in listed(found or [], as_json=as_json):
        click.echo(line)


@group.command("show")
@click.argument("number", type=int)
@click.pass_obj
def show(context: Context, number: int) -> None:
    """Print one report as it came, by its number in the list.

    After storage.keep.originals_days only what it said is left.
    """
    found = _asked(context, lambda store: store.read(reports.shown, number))
    if found is None:
        raise Misconfigured(f"report {number}", "is not there; look with `digest bounces list`")
    kept, original = found
    for line in listed([kept], as_json=False):
        click.echo(line)
    click.echo("")
    if not original:
        click.echo("(Only this is kept of it.)")
        return
    # A stranger wrote it: on a terminal only what can be printed.
    text = original.decode("utf-8", "replace").replace("\r\n", "\n")
    click.echo("".join(c if c.isprintable() or c in "\n\t" else "�" for c in text), nl=False)


@group.command("undo")
@click.argument("address", type=AddressType())
@click.pass_obj
def undo(context: Context, address: Address) -> None:
    """Write to an address again: a bounce or a complaint was wrong. Who left stays away."""
    settings = load_for(context.config).settings
    ring = secret.make_and_read(settings.folder)

    async def back() -> membership.Done:
        async with wiring.open_store(settings) as store:
            return await membership.reinstate(store, address, ring=ring, clock=CLOCK)

    done = asyncio.run(back())
    said = "May be written to again; who had left stays away. Older failures count no more."
    click.echo(said if done.happened else "It had not bounced or complained; nothing to do.")


def listed(found: Sequence[Kept], *, as_json: bool) -> Iterator[str]:
    """A line for each report."""
    if as_json:
        yield json.dumps([_record(one) for one in found], ensure_ascii=False, indent=2)
        return
    for one in found:
        code = f" {one.code}" if one.code else ""
        yield (
            f"{one.id:>6}  {one.at:%Y-%m-%d %H:%M}Z  {one.kind}{code} by {one.source}  "
            f"{one.address.shown}  {one.text}".rstrip()
        )
    if not found:
        yield "Nothing came back."


def _record(one: Kept) -> dict[str, object]:
    return {
        "number": one.id,
        "at": one.at.isoformat(),
        "address": str(one.address),
        "kind": one.kind,
        "source": one.source,
        "code": one.code,
        "text": one.text,
    }


def _piped() -> bytes:
    """The mail's beginning; the rest is read, too, so that the mail server can end in peace."""
    stream = sys.stdin.buffer
    mail = stream.read(MOST_BYTES)
    while stream.read(MOST_BYTES):
        pass
    return mail


async def _ingested(settings: Settings, mail: bytes, recipient: str) -> list[Came]:
    ring = secret.ring(settings.folder)
    verdict = bounces.verdict(ring, mail, envelope=recipient)
    async with wiring.open_store(settings) as store:
        return await feedback.heard(
            store,
            [Incoming(verdict=verdict, original=mail)],
            acts=coming_back.acts(ring),
            ring=ring,
            rules=coming_back.bounce_rules(settings),
            clock=CLOCK,
        )


async def _read(settings: Settings) -> Counter[Came]:
    ring = secret.ring(settings.folder)
    async with wiring.open_store(settings) as store, coming_back.mailbox(settings) as mailbox:
        return await feedback.read(
            store,
            mailbox,
            acts=coming_back.acts(ring),
            ring=ring,
            rules=coming_back.bounce_rules(settings),
            clock=CLOCK,
        )


def _asked(context: Context, question: Callable[[Store], Awaitable[T]]) -> T | None:
    """The answer; None where there is no database yet."""
    return stores.read(load_for(context.config).settings.storage.url, question)

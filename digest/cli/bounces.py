"""``digest bounces``: take in what came back, by pipe or from the mailbox; list, show, undo."""

from __future__ import annotations

import asyncio
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import suppress

import click

from digest import wiring
from digest.cli import Context, leave_output, number, stores
from digest.cli.people import AddressType
from digest.clock import clock_at
from digest.config import secret
from digest.config.load import load_for
from digest.config.settings import Settings
from digest.deliver import bounces, mbox, unread
from digest.deliver.opened import MOST_BYTES
from digest.deliver.verdict import Finding
from digest.errors import DigestError, Misconfigured
from digest.plain import dumped
from digest.services import feedback, membership
from digest.services.feedback import Came, Incoming
from digest.storage import reports
from digest.storage.reports import Kept
from digest.wiring import bounces as coming_back
from subscribers.address import Address

CLOCK = clock_at(None)
TRY_AGAIN = 75  # EX_TEMPFAIL of sysexits.h: the mail server keeps the mail and comes again
_NEVER_KEPT = (
    Finding.DELAYED,
    Finding.AUTO_REPLY,
    Finding.RECEIPT,
    Finding.NOTHING,
    Finding.UNREADABLE,
)
KINDS = [f.value for f in Finding if f not in _NEVER_KEPT]
WORDS = {
    Came.ACTED: "acted on",
    Came.COUNTED: "counted: the failure may pass",
    Came.KEPT: "kept: it is not the reader's fault",
    Came.KNOWN: "known already",
    Came.PAST: "of a mail from before they were written to again, so nothing was done",
    Came.UNPROVEN: "not proven whom it is about, so nothing was done",
    Came.IGNORED: "an absence notice, a receipt or a delay, ignored",
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
    """Take in one mail from standard input, as a mail server's pipe hands it over; or an mbox.

    What is not understood is kept in the Maildir of bounces.unread, for you to read.

    Exit code 0: done with it, whatever it was. 75: trouble of ours; try again later.
    """
    try:
        settings = load_for(context.config).settings
        told, kept = asyncio.run(_ingested(settings, recipient))
    except (DigestError, OSError) as error:
        return _put_off(str(error))
    except Exception as error:  # noqa: BLE001 -- any other code returns the mail to nobody: it is lost
        return _put_off(f"{type(error).__name__}; please report this")
    try:
        for line in _counted(told) if told.total() > 1 else map(WORDS.__getitem__, told):
            click.echo(line)
        if kept:
            click.echo(f"kept for you to read: {settings.bounces.unread}")
    except OSError:  # nobody hears it, and it is done all the same
        leave_output()
    return 0


@group.command("read")
@click.option("--json", "as_json", is_flag=True, help="Print the counts as JSON.")
@click.pass_obj
def read(context: Context, as_json: bool) -> None:
    """Read the mailbox of [bounces.mailbox] once: act on what is new, put away what is done."""
    settings = load_for(context.config).settings
    told, withheld, unmoved = asyncio.run(_read(settings))
    if as_json:
        counts = {one.value: told[one] for one in Came}
        click.echo(dumped({**counts, "withheld": withheld, "unmoved": unmoved}))
        return
    for line in _counted(told):
        click.echo(line)
    if unmoved:
        folder = settings.bounces.mailbox.done_folder
        click.echo(
            f"{unmoved:>8,}  not moved to {folder!r} by the server, only marked as seen: "
            "look whether the mailbox is full"
        )
    if withheld:
        click.echo(f"{withheld:>8,}  not handed out by the server: open or delete it there")
    elif not told:
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
    found = stores.kept(
        context,
        lambda store: store.read(reports.page, address=address, kind=kind, limit=limit),
    )
    for line in listed(found or [], as_json=as_json):
        click.echo(line)
    folder = load_for(context.config).settings.bounces.unread
    if not as_json and (left := unread.count(folder)):
        click.echo(f"Not understood, for you to read: {left:,} in {folder}")


@group.command("show")
@click.argument("report", metavar="NUMBER", type=number)
@click.pass_obj
def show(context: Context, report: int) -> None:
    """Print one report as it came, by its number in the list.

    After storage.keep.originals_days only what it said is left.
    """
    found = stores.kept(context, lambda store: store.read(reports.shown, report))
    if found is None:
        raise Misconfigured(f"report {report}", "is not there; look with `digest bounces list`")
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

    done = stores.written(
        settings.storage.url,
        lambda store: membership.reinstate(store, address, ring=ring, clock=CLOCK),
    )
    if done == membership.NOTHING:
        raise Misconfigured("this address", "is nobody's here; look with `digest subscribers list`")
    said = "May be written to again; who had left stays away. Older failures count no more."
    click.echo(said if done.happened else "It had not bounced or complained; nothing to do.")


def listed(found: Sequence[Kept], *, as_json: bool) -> Iterator[str]:
    """A line for each report."""
    if as_json:
        yield dumped([_record(one) for one in found])
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
        "at": one.at,
        "address": str(one.address),
        "kind": one.kind,
        "source": one.source,
        "code": one.code,
        "text": one.text,
    }


def _counted(told: Counter[Came]) -> Iterator[str]:
    for came in Came:
        if told[came]:
            yield f"{told[came]:>8,}  {WORDS[came]}"


def _put_off(why: str) -> int:
    """Say what is wrong, as far as anybody hears it, and let the mail server try again.

    What it still has to say is heard first: it may be put out by a pipe that is closed on it.
    """
    with suppress(OSError, AttributeError):  # there may be no standard input at all
        while sys.stdin.buffer.read(MOST_BYTES):
            pass
    with suppress(OSError):
        click.echo(f"digest: {why}", err=True)
    return TRY_AGAIN


async def _ingested(settings: Settings, recipient: str) -> tuple[Counter[Came], int]:
    """What became of each mail, and how many were kept for a person."""
    if sys.stdin is None:
        raise Misconfigured("standard input", "is closed; the mail is read there")
    told: Counter[Came] = Counter()
    kept = 0
    ring = secret.ring(settings.folder)
    async with wiring.open_store(settings) as store:
        for mail in mbox.mails(sys.stdin.buffer):
            found = bounces.verdict(ring, mail, envelope=recipient)
            (came,) = await feedback.heard(
                store,
                [Incoming(verdict=found, original=mail)],
                acts=coming_back.acts(ring),
                ring=ring,
                rules=coming_back.bounce_rules(settings),
                clock=CLOCK,
            )
            told[came] += 1
            if mail and not came.is_understood:
                unread.keep(settings.bounces.unread, mail)
                kept += 1
    return told, kept


async def _read(settings: Settings) -> tuple[Counter[Came], int, int]:
    """What became of each mail; how many the server failed to hand out, and how many to move."""
    ring = secret.ring(settings.folder)
    async with wiring.open_store(settings) as store, coming_back.mailbox(settings) as mailbox:
        told = await feedback.read(
            store,
            mailbox,
            acts=coming_back.acts(ring),
            ring=ring,
            rules=coming_back.bounce_rules(settings),
            clock=CLOCK,
        )
        return told, len(mailbox.withheld), len(mailbox.unmoved)

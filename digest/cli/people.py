"""People in words: a list, one person's whole history, counts, what an import came to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import click
from sqlalchemy import Connection

from digest.cli.counted import counted as counted_words
from digest.cli.roster import Found, row_of
from digest.errors import Misconfigured
from digest.model import Newsletter
from digest.plain import dumped
from digest.services.offers import offered
from digest.storage import consents, letters, people
from digest.storage.consents import Evidence
from digest.storage.database import Store
from digest.storage.letters import Letter
from digest.storage.roster import Member
from subscribers import exports
from subscribers.acts import Complain
from subscribers.address import Address, BadAddress
from subscribers.consent import Entry
from subscribers.model import Status, Subscriber, SubscriberId, Subscription
from subscribers.roster import clean_name

MOST_NAMED = 12  # columns
VOUCH = click.option(
    "--already-confirmed",
    is_flag=True,
    help="They confirmed elsewhere: I can prove it. Written into the consent log.",
)


class AddressType(click.ParamType[Address]):
    """One bare address."""

    name = "ADDRESS"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> Address:
        if isinstance(value, Address):
            return value
        try:
            return Address.parse(str(value))
        except BadAddress as error:
            self.fail(str(error))


class NameType(click.ParamType[str]):
    """How a person is called: one line, as an import keeps it."""

    name = "TEXT"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> str:
        text = str(value)
        if any("\ud800" <= c <= "\udfff" for c in text):  # bytes of the command line that are none
            self.fail("The name is no text in UTF-8; write it in a terminal that is set to UTF-8.")
        return clean_name(text)


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """All that is known of one person."""

    person: Subscriber
    held: list[Subscription]
    log: list[tuple[Entry, Evidence]]
    letters: list[Letter]


def history(tx: Connection, address: Address) -> History | None:
    """A person's history; None where the address is nobody's."""
    person = people.at_address(tx, address)
    if person is None:
        return None
    return History(
        person=person,
        held=people.subscriptions_of(tx, person.id),
        log=consents.log_of(tx, person.id),
        letters=letters.of(tx, person.id),
    )


async def id_of(store: Store, address: Address) -> SubscriberId:
    """Whose address it is. Raises Misconfigured where it is nobody's."""
    person = await store.read(people.at_address, address)
    if person is None:
        raise Misconfigured("this address", "is nobody's here; look with `digest subscribers list`")
    return person.id


def listed(found: Sequence[Member], *, as_json: bool) -> Iterator[str]:
    """A line for each member."""
    if as_json:
        yield dumped([_record(one) for one in found])
        return
    for one in found:
        held = f"{one.held.newsletter} {one.held.status}" if one.held else "nothing"
        standing = "" if one.person.standing == "ok" else f", {one.person.standing}"
        yield f"{one.person.id}  {one.person.address.shown}  {held}{standing}  {one.person.name}"
    if not found:
        yield "Nobody."


def shown(found: History, *, as_json: bool) -> Iterator[str]:
    """A person, what they hold, each line of the log, each letter."""
    person = found.person
    if as_json:
        yield dumped(asdict(found))
        return
    flags = [
        word
        for word, true in (
            ("a desk, not a person", person.address.is_role),
            ("a throwaway mailbox", person.address.is_disposable),
            ("needs SMTPUTF8", not person.address.is_ascii),
        )
        if true
    ]
    yield f"{person.address.shown}  {person.name}".rstrip()
    yield f"  id {person.id}, {person.standing}, {person.language}, {person.timezone}"
    for flag in flags:
        yield f"  {flag}"
    for held in found.held:
        topics = f", only {', '.join(held.topics)}" if held.topics else ""
        hour = f", at {held.hour:%H:%M}" if held.hour else ""
        left = f" on {held.left_at:%Y-%m-%d} by {held.left_by}" if held.left_at else ""
        status = f"{held.status}{left if held.status is Status.LEFT else ''}"
        yield f"  {held.newsletter}: {status}, {held.cadence}{hour}{topics}"
    yield "History"
    for entry, evidence in found.log:
        where = f" at {evidence.page}" if evidence.page else ""
        words = f" (text {evidence.text_version})" if evidence.text_version else ""
        yield (
            f"  {entry.at:%Y-%m-%d %H:%M:%S}Z  {entry.newsletter or 'all'}: {entry.act} by "
            f"{entry.by}, {entry.before or 'nothing'} → {entry.after}"
            f"{', off every newsletter' if entry.act == Complain.name else ''}{where}{words}"
        )
    for letter in found.letters:
        yield f"  {letter.enrolled_at:%Y-%m-%d %H:%M:%S}Z  letter {letter.kind}: {letter.state}"


def counted(found: Mapping[tuple[str, str, str], int], *, as_json: bool) -> Iterator[str]:
    """How many hold what."""
    if as_json:
        names = ("newsletter", "status", "standing")
        yield dumped(
            [{**dict(zip(names, key, strict=True)), "people": n} for key, n in found.items()]
        )
        return
    for (newsletter, status, standing), count in found.items():
        yield f"{count:>12,}  {newsletter or 'no newsletter'} {status}, address {standing}"
    if not found:
        yield "Nobody yet."


def mapping(said: Sequence[str], program: str | None = None) -> dict[str, str]:
    """``OURS=COLUMN`` words to a mapping. Raises Misconfigured."""
    if said and program:
        raise Misconfigured("--map", f"is not read with --from {program}; leave one of them out")
    pairs = [one.partition("=") for one in said]
    if wrong := [one for one, equals, _ in pairs if not equals]:
        raise Misconfigured(f"--map {wrong[0]}", "names no column; write address=E-Mail")
    return {ours.strip(): column for ours, _, column in pairs}


def cadence(newsletter: Newsletter, asked: str | None) -> str:
    """How often a reader gets it. Raises Misconfigured for what it does not offer."""
    if asked is None:
        return newsletter.cadence.value
    if asked not in offered(newsletter):
        raise Misconfigured(
            f"--cadence {asked}",
            f"is not offered by {newsletter.id}: write one of {', '.join(offered(newsletter))}, "
            f"or add it to newsletters.{newsletter.id}.offers",
        )
    return asked


def import_page(vouched: bool) -> str:
    """Where the log says that the consent came from."""
    return f"digest subscribers import{' --already-confirmed' if vouched else ''}"


def told(found: Found, rejects: Path, *, as_json: bool, would: bool, vouched: bool) -> None:
    """Print what an import came to, or would."""
    counts = {
        **asdict(found.counts),
        "elsewhere": found.elsewhere,
        "malformed": found.rejected,
        "cp1252": found.guessed,
        "unread": found.unread,
        "ignored": found.columns.ignored,
    }
    if as_json:
        click.echo(dumped({**counts, "imported": not would}))
        return
    gone = found.counts.gone
    apart = f", {gone:,} of them as left, bounced or complained" if gone else ""
    elsewhere = f", of another newsletter {found.elsewhere:,}" if found.elsewhere else ""
    click.echo(
        f"{'Would add' if would else 'Added'} {found.counts.new:,}{apart}; known already "
        f"{found.counts.known:,}, suppressed {found.counts.suppressed:,}{elsewhere}, "
        f"malformed {found.rejected:,}."
    )
    if found.counts.withdrawn:
        count = found.counts.withdrawn
        click.echo(
            f"{'Would take' if would else 'Took'} consent away from {count:,} who "
            f"{'is' if count == 1 else 'are'} known here: "
            "by the file they left, bounced or complained."
        )
    for line in _of_the_file(found, vouched=vouched):
        click.echo(line)
    if found.rejected or found.elsewhere:
        click.echo(f"The rows left out, by line: {rejects}")


def _of_the_file(found: Found, *, vouched: bool) -> Iterator[str]:
    """What of the file went another way than its owner may think."""
    columns = found.columns
    if columns.ignored:
        named = ", ".join(columns.ignored[:MOST_NAMED])
        rest = len(columns.ignored) - MOST_NAMED
        more = f" and {counted_words(rest, 'other')}" if rest > 0 else ""
        yield (
            f"Columns not imported: {named}{more}; to import one, say what it is, "
            "as in --map joined_at=COLUMN."
        )
    for name, program in exports.PROGRAMS.items():
        if program.needs[-1] in (head.lower() for head in columns.ignored):
            yield (
                f"It looks like an export of {program.title}: --from {name} reads it, and who "
                "left there comes as such."
            )
    joined = found.counts.new - found.counts.gone
    if vouched and joined and "confirmed_at" not in columns.columns:
        yield (
            "No column says when they confirmed: who becomes active is noted as confirmed on the "
            "day of the import; name such a column with --map confirmed_at=COLUMN."
        )
    if found.unread:
        said = ", ".join(f"line {one.line} ({one.reason})" for one in found.unread_at)
        more = " and more" if found.unread > len(found.unread_at) else ""
        yield (
            f"Who left, bounced or complained, taken as such without a cell that cannot be read: "
            f"{found.unread:,}; {said}{more}."
        )
    if found.guessed:
        lines = ", ".join(map(str, found.look_at))
        more = " and more" if found.guessed > len(found.look_at) else ""
        yield (
            f"Lines that are no UTF-8, read as cp1252: {found.guessed:,}; look whether every "
            f"letter is right on line {lines}{more}, or save the file as UTF-8."
        )


def _record(member: Member) -> dict[str, object]:
    row = row_of(member)
    said = {"address": str(row.address), "name": row.name, **asdict(row.details)}
    return {"id": member.person.id, **said}

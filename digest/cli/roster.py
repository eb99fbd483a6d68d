"""``digest subscribers import`` and ``export``: a CSV file to members and back, as a stream."""

from __future__ import annotations

import asyncio
import gc
import itertools
import sys
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO

import click

from digest.cli import rosterfile
from digest.cli.rosterrow import Offer
from digest.clock import Clock
from digest.errors import Misconfigured, Temporary
from digest.services.enrolment import Counts, Terms, enrol, foresee
from digest.storage import roster as table
from digest.storage.database import Store
from digest.storage.dialect import batches
from digest.storage.roster import Member
from subscribers import exports, lines, roster
from subscribers.dates import UnclearDates
from subscribers.exports import NotTheirs
from subscribers.headings import NoAddressColumn
from subscribers.lines import Line, Malformed
from subscribers.model import Status
from subscribers.roster import Details, Row, Survey
from subscribers.seen import Seen

BATCH = 10_000  # rows in one transaction: some tenths of a second in which a join waits
WINDOW = 4 * BATCH  # rows in memory
BREATH_SECONDS = 0.02  # between two batches, in which those who wait are served
BLOCK = 256 * 1024
PAGE = 2_000
LOOK_AT = 5  # lines that are named
KEPT = "whom it added before stays added; import the file again, and it goes on"


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What a pass over the file came to; ``rejected`` rows are in the rejects file.

    ``elsewhere``: rows of another newsletter, which are there, too. ``guessed``: lines that were
    read as cp1252, of which ``look_at`` are the first. ``unread``: rows of who left, bounced or
    complained that are taken without a cell that cannot be read; ``unread_at``: the first of them,
    with what is wrong. ``columns``: what the file has.
    """

    counts: Counts
    rejected: int
    elsewhere: int
    guessed: int
    look_at: Sequence[int]
    unread: int
    unread_at: Sequence[Malformed]
    columns: Survey


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Which file, which of its columns are which, where malformed rows go.

    ``offer``: what a row may ask for.
    """

    file: Path
    offer: Offer
    mapping: Mapping[str, str]
    program: str | None  # whose export it is; None: any CSV
    rejects: Path
    quiet: bool


class Pass:
    """One pass over a file: rows in batches, malformed and foreign ones counted and told."""

    def __init__(
        self, asked: Asked, newsletter: str, *, reject: Callable[[Malformed], None]
    ) -> None:
        self._path = asked.file
        self._newsletter = newsletter
        self._mapping = asked.mapping
        self._program = asked.program
        self._offer = asked.offer
        self._reject = reject
        self._quiet = asked.quiet or not sys.stderr.isatty()
        self.rejected = self.elsewhere = self.guessed = self.unread = 0
        self.look_at: list[int] = []
        self.unread_at: list[Malformed] = []
        self.columns = Survey()

    def batches(self) -> Iterator[Sequence[Row]]:
        """Raises Misconfigured where the file cannot be read or holds no addresses."""
        try:
            rosterfile.look(self._path)
            with (
                self._path.open("rb") as stream,
                click.progressbar(
                    length=self._path.stat().st_size,
                    label=self._path.name,
                    file=sys.stderr,
                    hidden=self._quiet,
                    update_min_steps=BLOCK,
                ) as bar,
            ):

                def read() -> Iterator[bytes]:
                    for block in _blocks(stream):
                        yield block
                        bar.update(len(block))

                self.columns = roster.survey(self._lines(_blocks(stream)), self._mapping)
                self.guessed, self.look_at = 0, []  # by the survey
                stream.seek(0)
                found = roster.read(self._lines(read()), self._mapping, self.columns.orders)
                for some in batches(self._ours(found), WINDOW):
                    # In the order of the index of addresses: a batch touches a part of it, not all.
                    yield from batches(sorted(some, key=_key), BATCH)
        except OSError as error:
            raise Misconfigured(
                str(self._path), f"cannot be read: {error.strerror}; check the path"
            ) from error
        except (NotTheirs, NoAddressColumn, UnclearDates) as error:
            raise Misconfigured(str(self._path), f"cannot be imported: {error}") from error

    def found(self, counts: Counts) -> Found:
        return Found(
            counts=counts,
            rejected=self.rejected,
            elsewhere=self.elsewhere,
            guessed=self.guessed,
            look_at=self.look_at,
            unread=self.unread,
            unread_at=self.unread_at,
            columns=self.columns,
        )

    def _lines(self, blocks: Iterator[bytes]) -> Iterator[Line | Malformed]:
        split = lines.split(blocks, self._note_guess)
        return exports.translated(split, self._program) if self._program else split

    def _note_guess(self, number: int) -> None:
        self.guessed += 1
        if self.guessed <= LOOK_AT:
            self.look_at.append(number)

    def _note_unread(self, row: Row) -> None:
        self.unread += 1
        if self.unread <= LOOK_AT:
            self.unread_at.append(Malformed(line=row.line, reason=row.unread))

    def _ours(self, found: Iterator[Row | Malformed]) -> Iterator[Row]:
        for one in found:
            if isinstance(one, Malformed):
                refused = one
            elif one.details.newsletter not in ("", self._newsletter):
                self.elsewhere += 1
                self._reject(Malformed(line=one.line, reason="The row is of another newsletter."))
                continue
            else:
                taken = self._offer.taken(one.details)
                if not isinstance(taken, str):
                    if one.unread:
                        self._note_unread(one)
                    yield one if taken is one.details else replace(one, details=taken)
                    continue
                refused = Malformed(line=one.line, reason=taken)
            self.rejected += 1
            self._reject(refused)


async def dry_run(url: str, asked: Asked, terms: Terms, *, clock: Clock) -> Found:
    """What importing the file would do. Nothing is written but the rejects file."""
    store = await Store.open_read_only(url)
    seen = Seen()
    counts = Counts()
    try:
        with rosterfile.rejects(asked.rejects) as reject:
            file = Pass(asked, terms.newsletter, reject=reject)
            for rows in file.batches():
                counts += await foresee(store, rows, terms, seen, clock=clock)
    finally:
        if store:
            await store.close()
    return file.found(counts)


async def imported(store: Store, asked: Asked, terms: Terms, *, clock: Clock) -> Found:
    """Import the file. Stopped half way, what was added stays, and the next run goes on."""
    counts = Counts()
    with rosterfile.rejects(asked.rejects) as reject, _tidied() as tidy:
        file = Pass(asked, terms.newsletter, reject=reject)
        for rows in file.batches():
            try:
                counts += await enrol(store, rows, terms, clock=clock)
            except Temporary as error:
                raise Temporary(f"{error}; {KEPT}") from error
            tidy()
            await asyncio.sleep(BREATH_SECONDS)
    return file.found(counts)


def _blocks(stream: IO[bytes]) -> Iterator[bytes]:
    while block := stream.read(BLOCK):
        yield block


def _key(row: Row) -> str:
    return row.address.key


@contextmanager
def _tidied() -> Iterator[Callable[[], object]]:
    """A batch is many small objects: garbage is looked for after each, among its own alone."""
    gc.freeze()
    gc.disable()
    try:
        yield gc.collect
    finally:
        gc.enable()
        gc.unfreeze()


async def pages(store: Store, newsletter: str | None) -> AsyncIterator[Sequence[Member]]:
    """Everybody in a stable order, a page in memory at a time."""
    after = ("", "")
    while True:
        found = await store.read(table.page, newsletter=newsletter, after=after, limit=PAGE)
        yield found
        if len(found) < PAGE:
            return
        after = (found[-1].person.id, found[-1].held.newsletter if found[-1].held else "")


def row_of(member: Member) -> Row:
    """A member as a row of an export."""
    person, held = member.person, member.held
    told = Details(language=person.language, timezone=person.timezone, standing=person.standing)
    if held is not None:
        told = replace(
            told,
            newsletter=held.newsletter,
            status=held.status,
            cadence=held.cadence,
            topics=held.topics,
            hour=held.hour,
            joined_at=held.joined_at,
            confirmed_at=held.confirmed_at,
            left_at=held.left_at,
            left_by=held.left_by,
            paused_until=held.paused_until,
        )
    return Row(address=person.address, name=person.name, details=told)


async def exported(store: Store, newsletter: str | None, write: Callable[[str], object]) -> int:
    """Write everybody as CSV; how many rows."""
    count = 0
    head, *_ = roster.write(())
    write(head)
    async for some in pages(store, newsletter):
        for line in itertools.islice(roster.write(map(_exported, some)), 1, None):
            write(line)
        count += len(some)
    return count


def _exported(member: Member) -> Row:
    """Who holds nothing has left: the import of a file must not take them for a reader.

    So are those whose confirmation bounced, and who were never asked again.
    """
    row = row_of(member)
    return row if member.held else replace(row, details=replace(row.details, status=Status.LEFT))

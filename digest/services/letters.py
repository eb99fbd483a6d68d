"""The office of letters: each rendered once per kind, newsletter and language, spliced per person.

A letter is a row; its consent is read again when it is claimed. See deliver/office.py.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy import Connection

from digest.deliver import journal, outbox, replies
from digest.deliver.journal import Entry
from digest.deliver.message import Compiled, compile_edition, splice
from digest.deliver.office import Brought, Outlook, Tally
from digest.deliver.outbox import Consequence
from digest.deliver.outcome import InDoubt, Outcome, Refused
from digest.deliver.postmark import Postmark, Reader, letter_personal
from digest.deliver.transport import Outgoing
from digest.deliver.tray import Box, Ready, Unwritten
from digest.deliver.verp import Ref, Sort
from digest.delivery import Skip, State
from digest.errors import DigestError, Temporary
from digest.isolation import Isolate
from digest.model import Issue, Newsletter
from digest.storage import postbag, shelf
from digest.storage.database import Store
from digest.storage.postbag import LEASE, Owed
from subscribers.address import Address
from subscribers.model import ASKING, Kind

if TYPE_CHECKING:
    from digest.compose.letters import LetterJob

BATCH = 50

# What a refused mail means for its reader, in the transaction that keeps it: feedback.refused.
Blame = Callable[[Connection, Ref, Address, Consequence, Refused, datetime], object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """What writing letters needs of the configuration: who publishes, and each one's postmark."""

    site_name: str
    base_url: str
    postal_address: str
    templates: tuple[Path, ...]  # the operator's folder first, ours second
    postmarks: Mapping[str, Postmark]  # by the newsletter's name, in the configuration's order


class LetterOffice:
    """Letters have refs below zero in the tray, so that no issue's delivery is mistaken for one.

    One in doubt is always sent again: nobody would ask the operator about one that is held.
    """

    def __init__(
        self,
        store: Store,
        desk: Desk,
        *,
        isolate: Isolate,
        blame: Blame,
        dice: Callable[[], float],
        first_delay: timedelta = outbox.FIRST_DELAY,
        tell: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._store = store
        self._mail = _MailRoom(store, desk, isolate)
        self._blame = blame
        self._dice = dice
        self._first_delay = first_delay
        self._tell = tell
        self._held: dict[int, Owed] = {}
        self._unsure = False  # whether a claim was committed is not known
        self._late: set[tuple[int, datetime | None]] = set()  # over when last looked at
        self._told: set[str] = set()

    async def claim(self, lease: UUID, limit: int, now: datetime) -> Brought:
        if self._unsure:
            await self._store.write(self._disown, lease)
            self._unsure = False
        try:
            taken, skipped = await self._store.write(_claimed, lease.hex, min(limit, BATCH), now)
        except BaseException:
            self._unsure = True
            raise
        self._held.update((-owed.delivery.id, owed) for owed in taken)
        ready = tuple([await self._ready(owed) for owed in taken])
        return Brought(ready=ready, skipped=skipped, seen=len(taken) + sum(skipped.values()))

    async def settle(self, lease: UUID, box: Box, now: datetime) -> Tally:
        sent, rest = box.sent, box.rest
        box.sent, box.rest = [], []
        outcomes: list[tuple[Owed, Outcome]] = [
            *((self._held[ref], replies.accepted((250, said))) for ref, said, _ in sent),
            *((self._held[one.ref], outcome) for one, outcome, _ in rest),
        ]
        try:
            tally = await self._store.write(self._keep, outcomes, now)
        except BaseException:
            box.sent, box.rest = sent + box.sent, rest + box.rest
            raise
        for owed, _ in outcomes:
            self._held.pop(-owed.delivery.id, None)
        return tally

    async def give_back(
        self, lease: UUID, some: Sequence[Ready], until: datetime | None, now: datetime
    ) -> None:
        back = [self._held[one.ref] for one in some]
        await self._store.write(_returned, back, until)
        for one in some:
            self._held.pop(one.ref)

    @property
    def unserved(self) -> Sequence[str]:
        return ()

    async def let_go(self, lease: UUID, now: datetime) -> None:
        """Nothing is: a letter is written when it is claimed."""

    async def recover(
        self, lease: UUID, entries: Sequence[Entry], *, trusted: bool, now: datetime
    ) -> Tally:
        held = await self._store.read(postbag.held, lease.hex)
        noted = {-entry.delivery: entry for entry in entries}
        told: list[tuple[Owed, Outcome]] = []
        silent: list[Owed] = []
        for owed in held:
            entry = noted.get(owed.delivery.id)
            if entry is None and trusted:
                silent.append(owed)  # the journal saw everything, and not this: it never left
            else:
                told.append((owed, journal.outcome(entry)))
        await self._store.write(_returned, silent, None)
        return await self._store.write(self._keep, told, now)

    async def renew(self, lease: UUID, now: datetime) -> None:
        await self._store.write(postbag.renew, lease.hex, now + LEASE)

    async def abandoned(self, now: datetime, *, twice: bool) -> Tally:
        lost = InDoubt("whoever was sending it is gone")
        found = await self._store.read(postbag.abandoned, now)
        before = self._late
        self._late = {(owed.delivery.id, owed.delivery.lease_until) for owed in found}
        gone = [
            (owed, lost)
            for owed in found
            if not twice or (owed.delivery.id, owed.delivery.lease_until) in before
        ]
        return await self._store.write(self._keep, gone, now) if gone else Tally()

    async def recall(self, lease: UUID, box: Box) -> list[Ready]:
        return []

    async def lapse(self, now: datetime) -> dict[Skip, int]:
        return {}

    async def outlook(self, now: datetime) -> Outlook:
        queued, next_at = await self._store.read(postbag.outlook)
        return Outlook(queued=queued > 0, next_at=next_at)

    async def waiting(self) -> int:
        return (await self._store.read(postbag.outlook))[0]

    async def _ready(self, owed: Owed) -> Ready:
        try:
            return self._mail.message(await self._mail.compiled(owed), owed)
        except DigestError as error:
            # The operator mends the template, and nobody loses a letter by it.
            why = Temporary(f"the {owed.kind.value} letter cannot be written: {error}")
            if str(error) not in self._told:
                self._told.add(str(error))
                self._tell(str(why))
            return Unwritten(-owed.delivery.id, str(owed.address), owed.subscriber, why)

    def _disown(self, tx: Connection, lease: UUID) -> None:
        """Queue again what a claim whose end we never heard took in our name."""
        held = postbag.held(tx, lease.hex)
        _returned(tx, [owed for owed in held if -owed.delivery.id not in self._held], None)

    def _keep(
        self, tx: Connection, outcomes: Sequence[tuple[Owed, Outcome]], now: datetime
    ) -> Tally:
        tally = Tally()
        for owed, outcome in sorted(outcomes, key=lambda told: told[0].subscriber):
            settled = outbox.settle(
                owed.delivery, outcome, now, self._dice(), first_delay=self._first_delay
            )
            if not postbag.save(tx, owed.delivery, settled.delivery):
                continue
            tally.count(settled.delivery.state)
            if isinstance(outcome, Refused):
                ref = Ref.of(Sort.LETTER, owed.delivery.id, owed.delivery.due_at)
                self._blame(tx, ref, owed.address, settled.consequence, outcome, now)
        return tally


class _MailRoom:
    """Each kind of letter rendered once per newsletter and language, spliced per person."""

    def __init__(self, store: Store, desk: Desk, isolate: Isolate) -> None:
        self._store = store
        self._desk = desk
        self._isolate = isolate
        # With the number of the latest issue that it shows; 0: none.
        self._compiled: dict[tuple[str, Kind, str], tuple[int, Compiled]] = {}

    async def compiled(self, owed: Owed) -> Compiled:
        postmark = self._postmark(owed)
        latest = await self._latest(postmark.newsletter) if owed.kind is Kind.WELCOME else None
        number = latest.number if latest else 0
        key = (postmark.newsletter.id, owed.kind, owed.language)
        if key not in self._compiled or self._compiled[key][0] != number:
            from digest.compose import letters as composing  # 10 MB, where a letter is owed

            job = replace(self._job(owed, postmark), latest=latest)
            edition = await self._isolate(composing.letter, job)
            self._compiled[key] = (number, compile_edition(edition, postmark.letterhead))
        return self._compiled[key][1]

    async def _latest(self, newsletter: Newsletter) -> Issue | None:
        """What a new reader missed; none where no archive holds the page it would lead to."""
        if newsletter.archive == "off":
            return None
        return await self._store.read(shelf.latest_issue, newsletter.id, newsletter.cadence.value)

    def message(self, compiled: Compiled, owed: Owed) -> Outgoing:
        postmark = self._postmark(owed)
        reader = Reader(
            id=owed.subscriber,
            address=str(owed.address),
            name="" if owed.kind in ASKING else owed.name,  # no word of whoever asked goes along
            due=owed.delivery.due_at,
        )
        new = owed.address.key if owed.kind is Kind.ADDRESS else ""
        own = letter_personal(postmark, owed.delivery.id, reader, new_address=new)
        return Outgoing(
            name=f"{owed.kind.value}-{owed.delivery.id}-{int(reader.due.timestamp())}",
            sender=postmark.envelope(Ref.of(Sort.LETTER, owed.delivery.id, reader.due)),
            recipient=str(owed.address),
            parts=(splice(compiled, own),),
            ref=-owed.delivery.id,
        )

    def _postmark(self, owed: Owed) -> Postmark:
        marks = self._desk.postmarks
        if owed.newsletter in marks:
            return marks[owed.newsletter]
        if owed.newsletter and owed.kind is not Kind.ADDRESS:
            missing = f"newsletter {owed.newsletter!r} is not in the configuration any more"
            raise Temporary(f"{missing}; put it back, or the letter is given up in time")
        return next(iter(marks.values()))  # of an address any newsletter may speak

    def _job(self, owed: Owed, postmark: Postmark) -> LetterJob:
        from digest.compose.letters import LetterJob  # as above

        desk = self._desk
        return LetterJob(
            kind=owed.kind.value,
            newsletter=postmark.newsletter,
            language=owed.language,
            site_name=desk.site_name,
            base_url=desk.base_url,
            postal_address=desk.postal_address,
            templates=desk.templates,
        )


def _claimed(
    tx: Connection, lease: str, limit: int, now: datetime
) -> tuple[list[Owed], dict[Skip, int]]:
    """The next letters, each taken or skipped with its reason in this one transaction."""
    taken: list[Owed] = []
    skipped: dict[Skip, int] = {}
    for owed in postbag.due(tx, now, limit):
        unless = postbag.objection(tx, owed, now)
        after = outbox.claim(owed.delivery, lease=LEASE, now=now, unless=unless)
        sending = after.state is State.SENDING
        if not postbag.save(tx, owed.delivery, after, lease if sending else None):
            continue
        if sending:
            taken.append(replace(owed, delivery=after))
        elif after.skip is not None:
            skipped[after.skip] = skipped.get(after.skip, 0) + 1
    return taken, skipped


def _returned(tx: Connection, some: Sequence[Owed], until: datetime | None) -> None:
    for owed in some:
        postbag.save(tx, owed.delivery, outbox.unclaim(owed.delivery, until))

"""The office of issues: deliveries from the ledger to messages, and what became of them back."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from itertools import repeat
from typing import Any
from uuid import UUID

from sqlalchemy import Connection

from digest.deliver import journal, outbox, receipts
from digest.deliver.journal import Entry
from digest.deliver.office import Brought, Outlook, Tally
from digest.deliver.outbox import Consequence, Settled, WhenInDoubt
from digest.deliver.outcome import InDoubt, Outcome, Refused
from digest.deliver.postmark import Postmark, Reader
from digest.deliver.presses import Presses
from digest.deliver.transport import Outgoing
from digest.deliver.tray import Box, Ready
from digest.deliver.verp import Ref, Sort
from digest.delivery import Delivery, DeliveryId, Skip, State
from digest.errors import DigestError, Permanent
from digest.storage import deliveries, posting
from digest.storage.database import Store
from digest.storage.deliveries import LEASE_SECONDS, NOTHING, Claim, Claimed
from digest.storage.posting import Sending
from subscribers.model import SubscriberId

AT_ONCE = 250  # messages written in one go: some milliseconds

# What a refusal means for the person, in the transaction that keeps it: their standing is the
# membership's to change.
Blame = Callable[[Connection, SubscriberId, Consequence, Refused, datetime], object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """``[deliver]``, as far as an office must know it."""

    in_doubt: WhenInDoubt = WhenInDoubt.RESEND
    first_delay: timedelta = outbox.FIRST_DELAY


class IssueOffice:
    """See deliver/office.py. ``postmarks`` by newsletter; one that is not there is not sent."""

    def __init__(
        self,
        store: Store,
        postmarks: Mapping[str, Postmark],
        *,
        rules: Rules,
        blame: Blame,
        dice: Callable[[], float],
        tell: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._store = store
        self._postmarks = postmarks
        self._rules = rules
        self._blame = blame
        self._dice = dice
        self._tell = tell
        self._presses = Presses()
        self._mine: set[int] = set()  # claimed and not settled
        self._unwritten: list[tuple[Sending, str, list[Claimed]]] = []  # claimed, by edition
        self._unsure = False  # whether a claim was committed is not known
        self._late: dict[str, datetime | None] = {}  # leases that were over when last looked at
        self._told: set[str] = set()
        self.unserved: list[str] = []

    async def claim(self, lease: UUID, limit: int, now: datetime) -> Brought:
        skipped: dict[Skip, int] = {}
        seen = 0
        if not self._unwritten:
            self.unserved.clear()
            for issue, claim in await self._claimed(lease, limit, now):
                seen += claim.seen
                if issue.newsletter not in self._postmarks:
                    self.unserved.append(_missing(issue))
                    self._say(_missing(issue))
                for reason, count in claim.skipped.items():
                    skipped[reason] = skipped.get(reason, 0) + count
                self._mine.update(one.id for one in claim.taken)
                self._unwritten += [(issue, key, some) for key, some in _editions(claim.taken)]
        ready: list[Ready] = []
        for issue, key, some in self._unwritten:
            for at in range(0, len(some), AT_ONCE):
                ready += await self._written(issue, key, some[at : at + AT_ONCE])
                await asyncio.sleep(0)  # connections and the web have their turn
        self._unwritten.clear()
        return Brought(ready=tuple(ready), skipped=skipped, seen=seen)

    async def settle(self, lease: UUID, box: Box, now: datetime) -> Tally:
        sent, rest = box.sent, box.rest
        box.sent, box.rest = [], []
        after = [(self._settled(one, outcome, now), relay) for one, outcome, relay in rest]
        blamed = [
            (one.person.id, settled.consequence, outcome)
            for (one, outcome, _), (settled, _) in zip(rest, after, strict=True)
            if isinstance(outcome, Refused)
        ]

        def keep(tx: Connection) -> None:
            for relay, enhanced, texts in receipts.alike(sent):
                deliveries.accepted(tx, lease.hex, texts, enhanced=enhanced, relay=relay, at=now)
            deliveries.settle(tx, lease.hex, [(one.delivery, relay) for one, relay in after])
            for who, consequence, refused in blamed:
                self._blame(tx, who, consequence, refused, now)

        try:
            await self._store.write(keep)
        except BaseException:
            box.sent, box.rest = sent + box.sent, rest + box.rest
            raise
        self._mine.difference_update(one[0] for one in sent)
        self._mine.difference_update(one.ref for one, _, _ in rest)
        tally = Tally.of(one.delivery for one, _ in after)
        tally.sent += len(sent)
        return tally

    async def give_back(self, lease: UUID, some: Sequence[Ready], until: datetime | None) -> None:
        ids = [DeliveryId(one.ref) for one in some]
        if until is None:
            await self._store.write(deliveries.give_back, lease.hex, ids)
        else:
            await self._store.write(posting.postpone, lease.hex, ids, until)
        self._mine.difference_update(ids)

    async def let_go(self, lease: UUID) -> None:
        if ids := [one.id for _, _, some in self._unwritten for one in some]:
            await self._store.write(deliveries.give_back, lease.hex, ids)
            self._mine.difference_update(ids)
            self._unwritten.clear()

    async def recover(
        self, lease: UUID, entries: Sequence[Entry], *, trusted: bool, now: datetime
    ) -> Tally:
        held = await self._store.read(posting.held, lease.hex)
        noted = {entry.delivery: entry for entry in entries}
        told = [one for one in held if one.delivery.id in noted or not trusted]
        after = [
            self._outcome(one.delivery, journal.outcome(noted.get(one.delivery.id)), now).delivery
            for one in told
        ]
        await self._store.write(deliveries.settle, lease.hex, [(one, "") for one in after])
        # The journal saw everything, and not these: they never left.
        await self._store.write(deliveries.give_back, lease.hex)
        return Tally.of(after)

    async def abandoned(self, now: datetime, *, twice: bool) -> Tally:
        tally = Tally()
        found = await self._store.read(posting.abandoned, now)
        before, self._late = (
            self._late,
            {lease: posting.over(held) for lease, held in found.items()},
        )
        for lease, held in found.items():
            if twice and before.get(lease) != posting.over(held):
                continue
            lost = InDoubt("whoever was sending it is gone")
            after = [self._outcome(one.delivery, lost, now).delivery for one in held]
            await self._store.write(deliveries.settle, lease, [(one, "") for one in after])
            tally.add(Tally.of(after))
        return tally

    async def renew(self, lease: UUID, now: datetime) -> None:
        until = now + timedelta(seconds=LEASE_SECONDS)
        await self._store.write(posting.renew, lease.hex, until)

    async def outlook(self, now: datetime) -> Outlook:
        queued, next_at = await self._store.read(posting.outlook, tuple(self._postmarks))
        return Outlook(queued=queued, next_at=next_at)

    async def waiting(self) -> int:
        return await self._store.read(posting.waiting, tuple(self._postmarks))

    async def _claimed(self, lease: UUID, limit: int, now: datetime) -> list[tuple[Sending, Claim]]:
        if self._unsure:
            await self._store.write(self._disown, lease)
            self._unsure = False
        try:
            return await self._store.write(self._claim, lease, limit, now)
        except BaseException:
            self._unsure = True
            raise

    def _disown(self, tx: Connection, lease: UUID) -> None:
        """Queue again what a claim whose end we never heard took in our name."""
        held = [one.delivery.id for one in posting.held(tx, lease.hex)]
        deliveries.give_back(tx, lease.hex, [one for one in held if one not in self._mine])

    def _claim(
        self, tx: Connection, lease: UUID, limit: int, now: datetime
    ) -> list[tuple[Sending, Claim]]:
        found: list[tuple[Sending, Claim]] = []
        for issue in posting.due(tx, now):
            claim = NOTHING
            if issue.newsletter not in self._postmarks:
                found.append((issue, deliveries.expire(tx, issue.id, now)))
                continue
            if limit > 0:
                claim = deliveries.claim(
                    tx,
                    issue.id,
                    lease=lease.hex,
                    until=now + timedelta(seconds=LEASE_SECONDS),
                    now=now,
                    limit=limit,
                )
            limit -= len(claim.taken)
            found.append((issue, claim))
        return found

    def _say(self, trouble: str) -> None:
        if trouble not in self._told:
            self._told.add(trouble)
            self._tell(trouble)

    async def _written(self, issue: Sending, key: str, some: Sequence[Claimed]) -> list[Ready]:
        """Deliveries of one edition with their messages."""
        postmark = self._postmarks[issue.newsletter]
        writer = self._presses.get(issue.id, key)
        if writer is None:
            edition = await self._store.read(posting.edition, issue.id, key)
            if edition is None:
                lost = f"issue {issue.id} has lost its edition {key!r}"
                self._say(f"{lost}; who should have read it is among the failed")
                return _ready(some, _readers(some), repeat(Permanent(lost)))
            writer = self._presses.add(
                issue.id, edition, postmark, cadence=issue.cadence, period=issue.period
            )
        readers = _readers(some)
        senders: list[str] = []
        if postmark.bounce_domain:
            refs = (Ref.of(Sort.ISSUE, one.id, one.due_at) for one in some)
            senders = list(map(postmark.envelope, refs))
        messages = writer.messages(readers, senders=senders, refs=[one.id for one in some])
        return _ready(some, readers, messages)

    def _settled(self, one: Ready, outcome: Outcome, now: datetime) -> Settled:
        before = Delivery(
            id=DeliveryId(one.ref),
            state=State.SENDING,
            enrolled_at=one.person.due,
            due_at=one.person.due,
            expires_at=one.expires_at,
            attempts=one.attempts,
        )
        return self._outcome(before, outcome, now)

    def _outcome(self, before: Delivery, outcome: Outcome, now: datetime) -> Settled:
        return outbox.settle(
            before,
            outcome,
            now,
            self._dice(),
            in_doubt=self._rules.in_doubt,
            first_delay=self._rules.first_delay,
        )


# Their own way to be made takes twice as long, and there are thousands a second.
_A_READER: Callable[[tuple[Any, ...]], Reader] = partial(tuple.__new__, Reader)
_A_READY: Callable[[tuple[Any, ...]], Ready] = partial(tuple.__new__, Ready)


def _editions(taken: Sequence[Claimed]) -> Iterable[tuple[str, list[Claimed]]]:
    found: dict[str, list[Claimed]] = {}
    if len({one.edition for one in taken}) == 1:  # as nearly always
        return [(taken[0].edition, list(taken))]
    for one in taken:
        found.setdefault(one.edition, []).append(one)
    return found.items()


def _readers(some: Sequence[Claimed]) -> list[Reader]:
    _, who, _, _, addresses, names, due, _ = zip(*some, strict=True)
    return list(map(_A_READER, zip(who, addresses, names, due, strict=True)))


def _ready(
    some: Sequence[Claimed], readers: Sequence[Reader], messages: Iterable[Outgoing | DigestError]
) -> list[Ready]:
    ids, _, _, attempts, addresses, _, _, expires = zip(*some, strict=True)
    # Where none could be written, one reason has no end.
    rows = zip(ids, attempts, expires, addresses, readers, messages, strict=False)
    return list(map(_A_READY, rows))


def _missing(issue: Sending) -> str:
    return (
        f"newsletter {issue.newsletter!r} is not in the configuration any more, and its issue "
        f"{issue.id} is on its way: put it back, or end the issue with "
        f"`digest issues cancel {issue.id}`"
    )

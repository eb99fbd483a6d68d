"""The office of issues: deliveries from the ledger to messages, and what became of them back."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import count
from uuid import UUID

from sqlalchemy import Connection

from digest.deliver import journal, outbox, readied, receipts
from digest.deliver.holdings import Holdings
from digest.deliver.journal import Entry
from digest.deliver.office import Brought, Outlook, Tally
from digest.deliver.outbox import Consequence, Settled, WhenInDoubt
from digest.deliver.outcome import InDoubt, Outcome, Refused
from digest.deliver.postmark import Postmark
from digest.deliver.presses import Presses
from digest.deliver.tray import Box, Ready, Result
from digest.deliver.verp import Ref, Sort
from digest.delivery import Claimed, Delivery, DeliveryId, Skip
from digest.errors import Permanent
from digest.storage import claiming, claims, deliveries, desk, posting
from digest.storage.batches import until_none
from digest.storage.claiming import Claim
from digest.storage.claims import LEASE_SECONDS, Lease
from digest.storage.database import Store
from digest.storage.posting import Sending
from subscribers.address import Address

AT_ONCE = 250  # messages written in one go: some milliseconds

# What a refused mail means for its reader, in the transaction that keeps it: feedback.refused.
Blame = Callable[[Connection, Ref, Address, Consequence, Refused, datetime], object]


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
        self._holdings = Holdings()
        self._numbers = count(1)  # of our claims
        self._unwritten: list[tuple[Sending, str, Claimed]] = []  # claimed, by edition
        self._unsure = False  # whether a claim was committed is not known
        self._late: dict[str, datetime] = {}  # leases that were over when last looked at
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
                    self.unserved.append(missing(issue.newsletter, issue.id))
                    self._say(self.unserved[-1])
                for reason, count in claim.skipped.items():
                    skipped[reason] = skipped.get(reason, 0) + count
                if claim.number is not None:
                    self._holdings.took(claim.number, claim.taken.ids)
                self._unwritten += [
                    (issue, key, some) for key, some in readied.editions(claim.taken)
                ]
        ready: list[Ready] = []
        for issue, key, some in self._unwritten:
            ready += await self._written(issue, key, some)
        self._unwritten.clear()
        return Brought(ready=tuple(ready), skipped=skipped, seen=seen)

    async def settle(self, lease: UUID, box: Box, now: datetime) -> Tally:
        sent, rest = box.sent, box.rest
        box.sent, box.rest = [], []
        said = [
            (number, alike.relay, alike.enhanced, texts)
            for alike in receipts.alike(sent)
            for number, texts in self._holdings.by_claim(alike.texts)
        ]
        refs = [one[0] for one in sent] + [one.ref for one, _, _ in rest]
        ending = self._holdings.ending(refs)

        def keep(tx: Connection) -> list[Delivery]:
            claims.lock(tx, lease.hex)
            for number, relay, enhanced, texts in said:
                whose = tx, lease.hex, number
                deliveries.accepted(*whose, texts, enhanced=enhanced, relay=relay, at=now)
            after = self._keep(tx, lease, rest, now)
            claims.end(tx, lease.hex, ending)
            if rest:
                claims.withdraw(tx, now)
            return after

        try:
            after = await self._store.write(keep)
        except BaseException:
            box.sent, box.rest = sent + box.sent, rest + box.rest
            raise
        self._holdings.settled(refs)
        tally = Tally.of(after)
        tally.sent += len(sent)
        return tally

    async def give_back(
        self, lease: UUID, some: Sequence[Ready], until: datetime | None, now: datetime
    ) -> None:
        await self._give_back(lease, [one.ref for one in some], until, now)

    async def let_go(self, lease: UUID, now: datetime) -> None:
        if refs := [ref for _, _, some in self._unwritten for ref in some.ids]:
            await self._give_back(lease, refs, None, now)
            self._unwritten.clear()

    async def _give_back(
        self, lease: UUID, refs: Sequence[int], until: datetime | None, now: datetime
    ) -> None:
        """Queue again what never left. Where its claim ends with it nothing need be written."""
        ending = self._holdings.ending(refs)
        moved = refs if until else [one for one in refs if self._holdings.claim(one) not in ending]

        def change(tx: Connection) -> None:
            ours = [one.id for one in claims.held(tx, lease.hex, moved)]
            if ours:
                deliveries.put_off(tx, ours, until or min(claims.behind(tx), now))
            claims.end(tx, lease.hex, ending)
            claims.withdraw(tx, now)

        await self._store.write(change)
        self._holdings.settled(refs)

    async def recover(
        self, lease: UUID, entries: Sequence[Entry], *, trusted: bool, now: datetime
    ) -> Tally:
        noted = {entry.delivery: entry for entry in entries}

        def becomes(one: Delivery) -> Delivery | None:
            if trusted and one.id not in noted:  # the journal saw everything, and not this
                return None
            return self._outcome(one, journal.outcome(noted.get(one.id)), now).delivery

        return Tally.of(await self._store.write(claims.inherit, lease.hex, becomes, now))

    async def abandoned(self, now: datetime, *, twice: bool) -> Tally:
        tally = Tally()
        before, self._late = self._late, await self._store.read(claims.over, now)
        for lease, until in self._late.items():
            if not twice or before.get(lease) == until:
                lost = await self._store.write(self._lost, lease, now)
                tally.add(Tally.of(lost))
        return tally

    async def renew(self, lease: UUID, now: datetime) -> None:
        until = now + timedelta(seconds=LEASE_SECONDS)
        await self._store.write(claims.renew, lease.hex, until)

    def _lost(self, tx: Connection, lease: str, now: datetime) -> list[Delivery]:
        claims.lock(tx, lease)
        if lease not in claims.over(tx, now):  # renewed meanwhile
            return []
        gone = InDoubt("whoever was sending it is gone")
        return claims.inherit(tx, lease, lambda one: self._outcome(one, gone, now).delivery, now)

    async def recall(self, lease: UUID, box: Box) -> list[Ready]:
        stopped = await self._store.read(claims.stopped, lease.hex)
        return box.take_out(lambda one: self._holdings.claim(one.ref) in stopped)

    async def lapse(self, now: datetime) -> dict[Skip, int]:
        store, late, kept = self._store, 0, 0
        for issue in await store.read(posting.late, now):
            late += await until_none(store, claiming.expire, issue, now)
        for issue in await store.read(posting.left_over):
            kept += await until_none(store, desk.cancel_waiting, issue, now)
        return {Skip.STALE: late, Skip.CANCELLED: kept}

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
        """End a claim in our name whose end we never heard."""
        known = self._holdings.numbers
        claims.end(tx, lease.hex, [one for one in claims.alive(tx, lease.hex) if one not in known])

    def _claim(
        self, tx: Connection, lease: UUID, limit: int, now: datetime
    ) -> list[tuple[Sending, Claim]]:
        found: list[tuple[Sending, Claim]] = []
        until = now + timedelta(seconds=LEASE_SECONDS)
        ours = Lease(name=lease.hex, until=until, numbers=self._numbers)
        for issue in posting.due(tx, now):
            if issue.newsletter not in self._postmarks:
                found.append((issue, claiming.expired(tx, issue.id, now)))
                continue
            for claim in claiming.claim(tx, issue.id, ours, now=now, limit=limit):
                limit -= len(claim.taken.ids)
                found.append((issue, claim))
        return found

    def _say(self, trouble: str) -> None:
        if trouble not in self._told:
            self._told.add(trouble)
            self._tell(trouble)

    async def _written(self, issue: Sending, key: str, some: Claimed) -> list[Ready]:
        """Deliveries of one edition with their messages."""
        postmark = self._postmarks[issue.newsletter].fixed(issue.id_domain)
        writer = self._presses.get(issue.id, key)
        if writer is None:
            edition = await self._store.read(posting.edition, issue.id, key)
            if edition is None:
                lost = f"issue {issue.id} has lost its edition {key!r}"
                self._say(f"{lost}; who should have read it is among the failed")
                return readied.lost(some, Permanent(lost))
            writer = self._presses.add(
                issue.id, edition, postmark, cadence=issue.cadence, period=issue.period
            )
        ready: list[Ready] = []
        for at in range(0, len(some.ids), AT_ONCE):
            ready += readied.written(some.part(slice(at, at + AT_ONCE)), writer, postmark)
            await asyncio.sleep(0)  # connections and the web have their turn
        return ready

    def _keep(
        self, tx: Connection, lease: UUID, rest: Sequence[Result], now: datetime
    ) -> list[Delivery]:
        """Keep what was not accepted as usual, and what it means for the people."""
        if not rest:
            return []
        held = {one.id: one for one in claims.held(tx, lease.hex, [one.ref for one, _, _ in rest])}
        after: list[tuple[Delivery, str]] = []
        # By their ids, as everybody locks several people: two never wait for each other.
        for one, outcome, relay in sorted(rest, key=lambda result: result[0].person):
            if (before := held.get(DeliveryId(one.ref))) is None:  # the claim was lost
                continue
            settled = self._outcome(before, outcome, now)
            after.append((settled.delivery, relay))
            if isinstance(outcome, Refused):
                address = Address.parse(one.recipient)
                ref = Ref.of(Sort.ISSUE, before.id, before.due_at)
                self._blame(tx, ref, address, settled.consequence, outcome, now)
        deliveries.settle(tx, after)
        return [one for one, _ in after]

    def _outcome(self, before: Delivery, outcome: Outcome, now: datetime) -> Settled:
        return outbox.settle(
            before,
            outcome,
            now,
            self._dice(),
            in_doubt=self._rules.in_doubt,
            first_delay=self._rules.first_delay,
        )


def missing(newsletter: str, issue: int) -> str:
    """Why nothing of an issue is sent whose newsletter is not served; and what to do."""
    return (
        f"newsletter {newsletter!r} is not in the configuration any more, and its issue {issue} is "
        f"on its way: put it back, or end the issue with `digest issues cancel {issue}`"
    )

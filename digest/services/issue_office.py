"""The office of issues: deliveries from the ledger to messages, and what became of them back."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from sqlalchemy import Connection

from digest.deliver import journal, outbox
from digest.deliver.journal import Entry
from digest.deliver.message import Compiled, compile_edition
from digest.deliver.office import Brought, Outlook, Tally
from digest.deliver.outbox import Consequence, Settled, WhenInDoubt
from digest.deliver.outcome import InDoubt, Outcome, Refused
from digest.deliver.postmark import Postmark, Reader
from digest.deliver.transport import Outgoing
from digest.deliver.tray import Box, Ready
from digest.deliver.verp import Ref, Sort
from digest.deliver.writer import Writer
from digest.delivery import Delivery, DeliveryId, Skip, State
from digest.errors import Permanent
from digest.model import Issue, NewsletterId
from digest.storage import deliveries, posting
from digest.storage.database import Store
from digest.storage.deliveries import LEASE_SECONDS, NOTHING, Claim, Claimed
from digest.storage.posting import Held, Sending
from subscribers.model import SubscriberId

EDITIONS = 64  # kept compiled

Clock = Callable[[], datetime]
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
    ) -> None:
        self._store = store
        self._postmarks = postmarks
        self._rules = rules
        self._blame = blame
        self._dice = dice
        self._writers: OrderedDict[tuple[int, str], _Writer] = OrderedDict()

    async def claim(self, lease: UUID, limit: int, now: datetime) -> Brought:
        claimed = await self._store.write(self._claim, lease, limit, now)
        ready: list[Ready] = []
        skipped: dict[Skip, int] = {}
        seen = 0
        for issue, claim in claimed:
            seen += claim.seen
            for reason, count in claim.skipped.items():
                skipped[reason] = skipped.get(reason, 0) + count
            for key in {one.edition for one in claim.taken}:
                await self._writer(issue, key)
            ready += [self._ready(issue.id, one) for one in claim.taken]
        return Brought(ready=tuple(ready), skipped=skipped, seen=seen)

    def _ready(self, issue: int, one: Claimed) -> Ready:
        person = Reader(one.subscriber, one.address, one.name, one.due_at)
        domain = one.address.rpartition("@")[2].lower()
        write = self._writers[issue, one.edition].write
        return Ready(one.id, one.attempts, one.expires_at, domain, person, write)

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
            _keep(tx, lease.hex, sent, [(one.delivery, relay) for one, relay in after], now)
            for who, consequence, refused in blamed:
                self._blame(tx, who, consequence, refused, now)

        try:
            await self._store.write(keep)
        except BaseException:
            box.sent, box.rest = sent + box.sent, rest + box.rest
            raise
        tally = _tally(one.delivery for one, _ in after)
        tally.sent += len(sent)
        return tally

    async def give_back(self, lease: UUID, some: Sequence[Ready], until: datetime | None) -> None:
        ids = [DeliveryId(one.ref) for one in some]
        if until is None:
            await self._store.write(deliveries.give_back, lease.hex, ids)
        else:
            await self._store.write(posting.postpone, lease.hex, ids, until)

    async def recover(
        self, lease: UUID, entries: Sequence[Entry], *, trusted: bool, now: datetime
    ) -> Tally:
        held = await self._store.read(posting.held, lease.hex)
        noted = {entry.delivery: entry for entry in entries}
        told = [one for one in held if one.delivery.id in noted or not trusted]
        after = [
            self._ended(one, journal.outcome(noted.get(one.delivery.id)), now).delivery
            for one in told
        ]
        await self._store.write(_keep, lease.hex, [], [(one, "") for one in after], now)
        # The journal saw everything, and not these: they never left.
        await self._store.write(deliveries.give_back, lease.hex)
        return _tally(after)

    async def abandoned(self, now: datetime) -> Tally:
        tally = Tally()
        for lease, held in (await self._store.read(posting.abandoned, now)).items():
            lost = InDoubt("whoever was sending it is gone")
            after = [self._ended(one, lost, now).delivery for one in held]
            await self._store.write(_keep, lease, [], [(one, "") for one in after], now)
            tally.add(_tally(after))
        return tally

    async def renew(self, lease: UUID, now: datetime) -> None:
        until = now + timedelta(seconds=LEASE_SECONDS)
        await self._store.write(posting.renew, lease.hex, until)

    async def outlook(self, now: datetime) -> Outlook:
        queued, next_at = await self._store.read(posting.outlook)
        return Outlook(queued=queued, next_at=next_at)

    def _claim(
        self, tx: Connection, lease: UUID, limit: int, now: datetime
    ) -> list[tuple[Sending, Claim]]:
        found: list[tuple[Sending, Claim]] = []
        for issue in posting.due(tx, now):
            if issue.newsletter not in self._postmarks:
                continue
            claim = NOTHING
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

    async def _writer(self, issue: Sending, key: str) -> _Writer:
        known = self._writers.get((issue.id, key))
        if known is None:
            edition = await self._store.read(posting.edition, issue.id, key)
            if edition is None:
                raise Permanent(f"issue {issue.id} has lost its edition {key!r}")
            postmark = self._postmarks[issue.newsletter]
            known = _Writer(issue, postmark, compile_edition(edition, postmark.letterhead))
            self._writers[issue.id, key] = known
            if len(self._writers) > EDITIONS:
                self._writers.popitem(last=False)
        self._writers.move_to_end((issue.id, key))
        return known

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

    def _ended(self, one: Held, outcome: Outcome, now: datetime) -> Settled:
        return self._outcome(one.delivery, outcome, now)

    def _outcome(self, before: Delivery, outcome: Outcome, now: datetime) -> Settled:
        return outbox.settle(
            before,
            outcome,
            now,
            self._dice(),
            in_doubt=self._rules.in_doubt,
            first_delay=self._rules.first_delay,
        )


class _Writer:
    """One edition, and a claimed delivery of it to its message."""

    def __init__(self, issue: Sending, postmark: Postmark, compiled: Compiled) -> None:
        # A Message-ID is made of newsletter, cadence and period; nothing else of it is asked.
        epoch = datetime.min.replace(tzinfo=UTC)
        stub = Issue(
            newsletter=NewsletterId(issue.newsletter),
            cadence=issue.cadence,
            period=issue.period,
            number=0,
            since=epoch,
            until=epoch,
            language="",
            subject="",
            preheader="",
            lead=None,
        )
        self._postmark = postmark
        self._writer = Writer(compiled, postmark, stub)

    def write(self, reader: Reader, ref: int) -> Outgoing:
        sender = ""
        if self._postmark.bounce_domain:
            sender = self._postmark.envelope(Ref(sort=Sort.ISSUE, id=ref))
        return self._writer.message(reader, sender=sender, ref=ref)


def _keep(
    tx: Connection,
    lease: str,
    sent: Sequence[deliveries.Sent],
    after: Sequence[tuple[Delivery, str]],
    now: datetime,
) -> None:
    deliveries.accepted(tx, lease, sent, now)
    deliveries.settle(tx, lease, after)


def _tally(after: Iterable[Delivery]) -> Tally:
    tally = Tally()
    for one in after:
        tally.count(one.state)
    return tally

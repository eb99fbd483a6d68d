"""Letters that are owed to the transport in force: each claimed, rendered, sent and settled.

Until the delivery engine lands this drains them one after the other; a letter is a row, so a
process that dies loses none.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection

from digest.compose import letters as composing
from digest.compose.letters import LetterJob
from digest.deliver import headers, outbox
from digest.deliver.message import Compiled, compile_edition, splice
from digest.deliver.outbox import Consequence, Settled
from digest.deliver.outcome import Deferred, InDoubt, Outcome, Refused, Stage
from digest.deliver.postmark import Postmark, Reader, letter_personal
from digest.deliver.transport import Outgoing, Transport
from digest.delivery import State
from digest.errors import DigestError
from digest.isolation import Isolate
from digest.storage import postbag
from digest.storage.database import Store
from digest.storage.postbag import LEASE, Owed
from subscribers.model import Kind, SubscriberId

BATCH = 50

Clock = Callable[[], datetime]


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """What writing letters needs of the configuration: who publishes, and each one's postmark."""

    site_name: str
    base_url: str
    postal_address: str
    templates: tuple[Path, ...]  # the operator's folder first, ours second
    postmarks: Mapping[str, Postmark]  # by the newsletter's name, in the configuration's order


@dataclass(slots=True, kw_only=True)
class Posted:
    """What a run came to. ``trouble``: the sentence that ended it early."""

    sent: int = 0
    later: int = 0
    failed: int = 0
    skipped: int = 0
    bounced: list[SubscriberId] = field(default_factory=list)  # for the membership to hear
    trouble: str | None = None


async def send_letters(
    store: Store,
    desk: Desk,
    transport: Transport,
    *,
    isolate: Isolate,
    clock: Clock,
    dice: Callable[[], float],
) -> Posted:
    """Send every letter that is due. Consent is read again when a letter is claimed.

    A relay that cannot be used ends the run; what was claimed then is queued again.
    """
    posted = Posted()
    room = _MailRoom(desk, isolate)
    for owed in await store.read(postbag.abandoned, clock()):
        # Nobody settled it: the relay may have it. The second carries the same Message-ID.
        lost = outbox.settle(owed.delivery, InDoubt("its process died"), clock(), dice())
        await store.write(postbag.save, owed.delivery, lost.delivery)
    while (claimed := await store.write(_claimed, clock())).some:
        posted.skipped += claimed.skipped
        batch = claimed.taken
        for place, owed in enumerate(batch):
            outcome = await _carried(owed, room, transport, posted)
            await _settle(store, owed, outcome, posted, clock=clock, dice=dice)
            if posted.trouble is not None:
                for rest in batch[place + 1 :]:
                    waiting = Deferred(0, "", posted.trouble, Stage.CONNECT)
                    await _settle(store, rest, waiting, posted, clock=clock, dice=dice)
                return posted
    return posted


@dataclass(frozen=True, slots=True)
class _Claimed:
    taken: tuple[Owed, ...]
    skipped: int

    @property
    def some(self) -> bool:
        return bool(self.taken or self.skipped)


def _claimed(tx: Connection, now: datetime) -> _Claimed:
    """The next letters, each taken or skipped with its reason in this one transaction."""
    taken: list[Owed] = []
    skipped = 0
    for owed in postbag.due(tx, now, BATCH):
        unless = postbag.objection(tx, owed, now)
        after = outbox.claim(owed.delivery, lease=LEASE, now=now, unless=unless)
        if not postbag.save(tx, owed.delivery, after):
            continue
        if after.state is State.SENDING:
            taken.append(replace(owed, delivery=after))
        else:
            skipped += 1
    return _Claimed(tuple(taken), skipped)


async def _carried(owed: Owed, room: _MailRoom, transport: Transport, posted: Posted) -> Outcome:
    try:
        outcome = await transport(await room.message(owed))
    except DigestError as error:
        posted.trouble = str(error)
        return Deferred(0, "", str(error), Stage.CONNECT)
    if isinstance(outcome, Refused) and outbox.consequence(outcome) is Consequence.PAUSE_RELAY:
        # It refuses us and not the reader, who must not lose a letter by it.
        posted.trouble = f"the relay refuses us: {outcome.code} {outcome.enhanced} {outcome.text}"
        return Deferred(outcome.code, outcome.enhanced, outcome.text, outcome.stage)
    return outcome


async def _settle(
    store: Store,
    owed: Owed,
    outcome: Outcome,
    posted: Posted,
    *,
    clock: Clock,
    dice: Callable[[], float],
) -> None:
    settled = outbox.settle(owed.delivery, outcome, clock(), dice())
    await store.write(postbag.save, owed.delivery, settled.delivery)
    _count(owed, settled, posted)


def _count(owed: Owed, settled: Settled, posted: Posted) -> None:
    match settled.delivery.state:
        case State.SENT:
            posted.sent += 1
        case State.QUEUED | State.HELD | State.SENDING:
            posted.later += 1
        case State.FAILED:
            posted.failed += 1
        case State.SKIPPED:
            posted.skipped += 1
    if settled.consequence is Consequence.BOUNCE:
        posted.bounced.append(owed.subscriber)


class _MailRoom:
    """Each kind of letter rendered once per newsletter and language, spliced per person."""

    def __init__(self, desk: Desk, isolate: Isolate) -> None:
        self._desk = desk
        self._isolate = isolate
        self._compiled: dict[tuple[str, Kind, str], Compiled] = {}

    async def message(self, owed: Owed) -> Outgoing:
        postmark = self._postmark(owed)
        key = (postmark.newsletter.id, owed.kind, owed.language)
        if key not in self._compiled:
            edition = await self._isolate(composing.letter, self._job(owed, postmark))
            self._compiled[key] = compile_edition(edition, postmark.letterhead)
        reader = Reader(
            id=owed.subscriber,
            address=str(owed.address),
            name=owed.name,
            due=owed.delivery.due_at,
        )
        own = letter_personal(postmark, owed.delivery.id, reader, new_address=owed.address.key)
        return Outgoing(
            name=f"{owed.kind.value}-{owed.delivery.id}",
            sender=headers.parsed(postmark.newsletter.sender)[1],
            recipient=str(owed.address),
            data=splice(self._compiled[key], own),
        )

    def _postmark(self, owed: Owed) -> Postmark:
        marks: Sequence[Postmark] = tuple(self._desk.postmarks.values())
        # A newsletter that left the configuration, or a letter about the address alone.
        return self._desk.postmarks.get(owed.newsletter, marks[0])

    def _job(self, owed: Owed, postmark: Postmark) -> LetterJob:
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

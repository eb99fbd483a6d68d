"""What came back, read and judged, to what becomes of the person: kept and done together, once.

Only what is proven acts (deliver/proof.py), and on the address that the mail went to. What others
get along with a mail leaves its newsletter, as a click does. An address that an unproven report
names loses nobody.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, assert_never

from sqlalchemy import Connection

from digest.clock import Clock
from digest.deliver import proof
from digest.deliver.opened import one_line
from digest.deliver.outbox import Consequence
from digest.deliver.outcome import Refused
from digest.deliver.proof import Whom
from digest.deliver.verdict import Finding, Mouth, Verdict
from digest.deliver.verp import Ref, Sort
from digest.delivery import Posted
from digest.storage import people, posted, reports
from digest.storage.database import Store
from digest.storage.dialect import batches
from digest.storage.reports import Report
from subscribers.acts import AddressAct, Bounce, Complain, Disown
from subscribers.address import Address
from subscribers.model import Status, Subscriber, SubscriberId

if TYPE_CHECKING:
    from digest.deliver.mailbox import Mailbox

ORIGINAL_BYTES = 64 * 1024  # of a report are kept
BATCH = 50  # mails read at a time, each up to 256 KiB
REMEMBERED = timedelta(days=90)  # a Message-ID older than this is not looked for
MOST_MAILS = 400  # of one person, that a Message-ID may be one of


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """``bounces.soft_limit`` passing failures within ``bounces.soft_days`` are a lasting one."""

    soft_limit: int = 5
    soft_days: int = 30
    signed_senders: bool = False  # deliver.bounce_domain: they prove what failed


@dataclass(frozen=True, slots=True, kw_only=True)
class Acts:
    """What the membership does about a person, within a transaction of ours."""

    on_address: Callable[[Connection, SubscriberId, AddressAct, datetime], object]
    leave: Callable[[Connection, SubscriberId, str, datetime], object]  # this newsletter


@dataclass(frozen=True, slots=True, kw_only=True)
class Incoming:
    """A verdict, and the mail or request that it was read from."""

    verdict: Verdict
    original: bytes = b""


class Came(StrEnum):
    """What a report came to."""

    ACTED = "acted"  # the person bounced, complained or left
    COUNTED = "counted"  # a passing failure, not the last one allowed
    KEPT = "kept"  # not the reader's fault; for the operator to see
    KNOWN = "known"  # told before, of the same mail
    PAST = "past"  # a failure of a mail that left before their last fresh start
    UNPROVEN = "unproven"  # it does not prove whom it is about, or their address is another now
    IGNORED = "ignored"  # an absence notice, a receipt, or it is still being tried
    NO_REPORT = "no report"  # some other mail
    UNREADABLE = "unreadable"  # a fault of ours

    @property
    def is_understood(self) -> bool:
        """Whether nobody has to look at it."""
        return self not in (Came.UNPROVEN, Came.NO_REPORT, Came.UNREADABLE)


async def heard(
    store: Store,
    came: Sequence[Incoming],
    *,
    acts: Acts,
    ring: Sequence[bytes],
    rules: Rules,
    clock: Clock,
) -> list[Came]:
    """Act on what came back, each in a transaction of its own; the same report twice is one."""

    async def hear(one: Incoming) -> Came:
        match one.verdict.finding:
            case Finding.NOTHING:
                return Came.NO_REPORT
            case Finding.UNREADABLE:
                return Came.UNREADABLE
            case Finding.AUTO_REPLY | Finding.DELAYED | Finding.RECEIPT:
                return Came.IGNORED
        return await store.write(_hear, one, acts, tuple(ring), rules, clock())

    return await asyncio.gather(*(hear(one) for one in came))


async def read(
    store: Store,
    mailbox: Mailbox,
    *,
    acts: Acts,
    ring: Sequence[bytes],
    rules: Rules,
    clock: Clock,
) -> Counter[Came]:
    """Hear all that is new in a mailbox, and put away what was understood.

    Acted on first and moved then: who dies in between only reads it again.
    """
    from digest.deliver import bounces  # flufl.bounce and imapclient: only who reads pays

    told: Counter[Came] = Counter()
    for some in batches(await asyncio.to_thread(mailbox.waiting), BATCH):
        mails = await asyncio.to_thread(mailbox.take, some)
        # A thread's: the costliest mail takes a good part of a second.
        verdicts = [await asyncio.to_thread(bounces.verdict, ring, m.raw) for m in mails]
        came = await heard(
            store,
            [Incoming(verdict=v, original=m.raw) for v, m in zip(verdicts, mails, strict=True)],
            acts=acts,
            ring=ring,
            rules=rules,
            clock=clock,
        )
        done = [m.uid for m, one in zip(mails, came, strict=True) if one.is_understood]
        await asyncio.to_thread(mailbox.put_away, done)
        await asyncio.to_thread(mailbox.leave, [m.uid for m in mails if m.uid not in done])
        told.update(came)
    return told


def refused(
    tx: Connection,
    ref: Ref,
    address: Address,
    consequence: Consequence,
    outcome: Refused,
    now: datetime,
    *,
    acts: Acts,
    rules: Rules,
) -> Came:
    """A relay refused the mail ``ref`` to an address while it was being sent: within the
    transaction that settles it."""
    match consequence:
        case Consequence.BOUNCE:
            finding = Finding.HARD
        case Consequence.COUNT:
            finding = Finding.SOFT
        case Consequence.NONE | Consequence.PAUSE_RELAY:
            return Came.IGNORED
        case _:
            assert_never(consequence)
    mail = _signed(tx, ref)
    person = people.of_id(tx, mail.subscriber) if mail else None
    if mail is None or person is None:
        return Came.UNPROVEN
    said = Verdict(
        finding=finding,
        mouth=Mouth.SMTP,
        code=outcome.enhanced,
        text=one_line(f"{outcome.code} {outcome.text}"),
    )
    whom = Whom(person=person, mail=proof.said(mail), address=address)
    return _act(tx, Incoming(verdict=said), whom, acts, rules, now)


def _hear(
    tx: Connection, came: Incoming, acts: Acts, ring: tuple[bytes, ...], rules: Rules, now: datetime
) -> Came:
    whom = _whom(tx, came, ring, rules, now)
    return _act(tx, came, whom, acts, rules, now) if whom else Came.UNPROVEN


def _whom(
    tx: Connection, came: Incoming, ring: tuple[bytes, ...], rules: Rules, now: datetime
) -> Whom | None:
    """Whom a report proves to be about."""
    verdict, about = came.verdict, came.verdict.about
    if mail := _signed(tx, about.ref):
        signed = people.of_id(tx, mail.subscriber)
        return _of_mail(tx, verdict, signed, mail) if signed else None
    linked = people.of_id(tx, about.subscriber) if about.subscriber else None
    named = proof.recipient(verdict)
    person = linked or (people.of_address(tx, named) if named else None)
    if person is None:
        return None
    if about.message_ids:
        mails = posted.recent(tx, person.id, now - REMEMBERED, MOST_MAILS)
        if mail := proof.mail_named(ring, verdict, person, mails):
            whom = _of_mail(tx, verdict, person, mail)
            return proof.by_message_id(verdict, whom, signed_senders=rules.signed_senders)
    return proof.by_word(verdict, person, came.original)


def _signed(tx: Connection, ref: Ref | None) -> Posted | None:
    """The mail of an envelope sender that we signed, or that is being sent."""
    if ref is None:
        return None
    mail = (posted.letter if ref.sort is Sort.LETTER else posted.delivery)(tx, ref.id)
    if mail is None or mail.due is None or int(mail.due.timestamp()) != ref.due:
        return None  # the row is gone, and its number may be another's
    return mail


def _of_mail(tx: Connection, verdict: Verdict, person: Subscriber, mail: Posted) -> Whom:
    address = posted.went_to(tx, mail, person)
    if address is None and proof.names(verdict, person):
        address = person.address
    said, past = proof.said(mail), posted.is_past(tx, mail)
    return Whom(person=person, mail=said, newsletter=mail.newsletter, address=address, is_past=past)


def _act(
    tx: Connection, came: Incoming, whom: Whom, acts: Acts, rules: Rules, now: datetime
) -> Came:
    finding, who = whom.means(came.verdict.finding), whom.person.id
    if finding is not Finding.UNSUBSCRIBE and not whom.is_theirs:
        return _disowned(tx, finding, whom, acts, now)
    if whom.is_past and finding in (Finding.HARD, Finding.SOFT):
        return Came.PAST
    name, own = whom.mail, proof.own_name(came.verdict, came.original)
    if came.verdict.finding is Finding.UNSUBSCRIBE:  # who came back may leave by the same mail
        name = own
    leaving = _leaving(tx, came.verdict, whom)
    if finding is Finding.UNSUBSCRIBE and name == own and not leaving:
        return Came.KNOWN  # without a row: of such names there is no end
    if not reports.add(tx, _report(came, who, name, now)):
        return Came.KNOWN
    match finding:
        case Finding.HARD:
            acts.on_address(tx, who, Bounce(), now)
        case Finding.COMPLAINT:
            acts.on_address(tx, who, Complain(), now)
        case Finding.UNSUBSCRIBE:
            for newsletter in leaving:
                acts.leave(tx, who, newsletter, now)
        case Finding.SOFT:
            since = now - timedelta(days=rules.soft_days)
            if reports.counted(tx, who, Finding.SOFT.value, since) < rules.soft_limit:
                return Came.COUNTED
            acts.on_address(tx, who, Bounce(), now)
        case _:
            return Came.KEPT
    return Came.ACTED


def _disowned(tx: Connection, finding: Finding, whom: Whom, acts: Acts, now: datetime) -> Came:
    """What is told of an address that is not the person's, or no more, is no fault of theirs."""
    if finding is not Finding.COMPLAINT or whom.address is None:
        return Came.UNPROVEN
    acts.on_address(tx, whom.person.id, Disown(address=whom.address), now)
    return Came.ACTED


def _report(came: Incoming, who: SubscriberId, name: str, now: datetime) -> Report:
    verdict = came.verdict
    return Report(
        subscriber=who,
        at=now,
        kind=verdict.finding.value,
        source=verdict.mouth.value,
        code=verdict.code[:16],
        text=verdict.text,
        message=name,
        original=came.original[:ORIGINAL_BYTES],
    )


def _leaving(tx: Connection, verdict: Verdict, whom: Whom) -> list[str]:
    """What somebody wants no more of: what they say, else what they were sent, else all.

    Without what they have left already.
    """
    one = verdict.newsletter or whom.newsletter
    return [
        held.newsletter
        for held in people.subscriptions_of(tx, whom.person.id)
        if held.status is not Status.LEFT and one in ("", held.newsletter)
    ]

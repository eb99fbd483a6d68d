"""Rows of a roster to members, a batch at a time, or only to the counts of what would happen."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from sqlalchemy import Connection

from digest.storage import consents, people
from digest.storage import roster as table
from digest.storage.consents import Evidence
from digest.storage.database import Store
from digest.storage.letters import Letter
from digest.storage.roster import Member, Newcomer
from subscribers.acts import Admit, Join
from subscribers.consent import Entry, decide
from subscribers.model import By, Kind, Standing, Status, Subscriber, SubscriberId, Subscription
from subscribers.roster import Row
from subscribers.seen import Seen
from subscribers.suppression import marks

Clock = Callable[[], datetime]


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What everybody in the file gets where it does not say; who vouches for their consent.

    ``vouched``: they confirmed elsewhere, the operator says. Otherwise each is owed a letter.
    """

    newsletter: str
    cadence: str
    language: str
    timezone: str
    vouched: bool
    ring: tuple[bytes, ...]
    evidence: Evidence = field(default_factory=Evidence)


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """Rows by what becomes of them. ``known``: also a second row of one address."""

    new: int = 0
    known: int = 0
    suppressed: int = 0

    def __add__(self, other: Counts) -> Counts:
        return Counts(
            new=self.new + other.new,
            known=self.known + other.known,
            suppressed=self.suppressed + other.suppressed,
        )


async def enrol(store: Store, rows: Sequence[Row], terms: Terms, *, clock: Clock) -> Counts:
    """Add a batch in one transaction; who is known, left or suppressed stays as they are."""
    return await store.write(_enrol, rows, terms, clock())


async def foresee(
    store: Store | None, rows: Sequence[Row], terms: Terms, seen: Seen, *, clock: Clock
) -> Counts:
    """What ``enrol`` would do; nothing is written. ``seen`` goes through the whole file."""
    fresh = [row for row in rows if not seen.again(row.address.key)]
    repeated = Counts(known=len(rows) - len(fresh))
    if store is None:
        return repeated + Counts(new=len(fresh))
    counts, _ = await store.read(_sorted, fresh, terms, clock())
    return repeated + counts


def _enrol(tx: Connection, rows: Sequence[Row], terms: Terms, now: datetime) -> Counts:
    table.lock(tx)
    counts, newcomers = _sorted(tx, rows, terms, now)
    table.add_all(tx, newcomers, terms.evidence)
    return counts


def _sorted(
    tx: Connection, rows: Sequence[Row], terms: Terms, now: datetime
) -> tuple[Counts, list[Newcomer]]:
    by_key = {row.address.key: row for row in reversed(rows)}  # the first of two rows counts
    repeated = len(rows) - len(by_key)
    barred = _barred(tx, by_key, terms)
    found = table.known(tx, by_key, terms.newsletter)
    newcomers: list[Newcomer] = []
    ids = people.new_ids()
    suppressed = 0
    for key, row in by_key.items():
        member = found.get(key)
        if key in barred or (member and member.person.standing is not Standing.OK):
            suppressed += 1
        elif newcomer := _newcomer(row, member, terms, now, next(ids)):
            newcomers.append(newcomer)
    known = len(by_key) - suppressed - len(newcomers)
    return Counts(new=len(newcomers), known=known + repeated, suppressed=suppressed), newcomers


def _barred(tx: Connection, rows: dict[str, Row], terms: Terms) -> set[str]:
    if not consents.any_suppressed(tx):
        return set()
    keys = {m: key for key, row in rows.items() for m in marks(terms.ring, row.address)}
    return {keys[m] for m in consents.suppressed(tx, keys.keys())}


def _newcomer(
    row: Row, member: Member | None, terms: Terms, now: datetime, who: SubscriberId
) -> Newcomer | None:
    if member and member.held:
        return None
    person = member.person if member else _person(row, terms, who)
    # Who bounced or left elsewhere is brought along as such: nobody is written to by moving house.
    asked = person
    if person.standing is not Standing.OK and not member:
        asked = replace(person, standing=Standing.OK)
    kind = Admit if terms.vouched and row.status is not Status.PENDING else Join
    act = kind(
        newsletter=terms.newsletter,
        cadence=row.cadence or terms.cadence,
        topics=row.topics,
        hour=row.hour,
    )
    done = decide(asked, None, act, by=By.IMPORT, now=now)
    if done.subscription is None or done.entry is None:
        return None
    held = _as_it_was(done.subscription, row, now)
    letter = None
    if held.confirm_by and person.standing is Standing.OK:
        letter = Letter(
            subscriber=person.id,
            newsletter=terms.newsletter,
            kind=Kind.CONFIRM,
            address=row.address,
            language=person.language,
            enrolled_at=now,
            expires_at=held.confirm_by,
            context={"name": person.name},
        )
    return Newcomer(
        person=person,
        held=held,
        entry=done.entry if held is done.subscription else _said(done.entry, held),
        letter=letter,
        is_new=member is None,
    )


def _said(entry: Entry, held: Subscription) -> Entry:
    return replace(entry, after=held.status.value)


def _person(row: Row, terms: Terms, who: SubscriberId) -> Subscriber:
    return Subscriber(
        id=who,
        address=row.address,
        name=row.name,
        language=row.language or terms.language,
        timezone=row.timezone or terms.timezone,
        standing=row.standing,
    )


def _as_it_was(held: Subscription, row: Row, now: datetime) -> Subscription:
    """What the file says of the past; it can take consent away, never give it."""
    if row.status is Status.LEFT:
        return replace(
            held,
            status=Status.LEFT,
            joined_at=row.joined_at or now,
            confirmed_at=row.confirmed_at,
            confirm_by=None,
            left_at=row.left_at or now,
            left_by=row.left_by or By.IMPORT,
        )
    if held.status is not Status.ACTIVE or row.status is None:
        return held
    return replace(
        held,
        status=row.status,
        joined_at=row.joined_at or now,
        confirmed_at=row.confirmed_at or now,
        paused_until=row.paused_until,
    )

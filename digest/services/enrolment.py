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
from digest.storage.roster import Member, Newcomers, Who
from subscribers.acts import Admit, Join
from subscribers.consent import decide
from subscribers.model import By, Kind, Standing, Status, Subscriber, SubscriberId, Subscription
from subscribers.roster import Details, Row
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
    done = await store.write(_enrol, rows, terms, clock())
    await store.catch_up()
    return done


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
) -> tuple[Counts, list[Newcomers]]:
    by_key = {row.address.key: row for row in reversed(rows)}  # the first of two rows counts
    repeated = len(rows) - len(by_key)
    by_key = {key: by_key[key] for key in sorted(by_key)}  # neighbours in the index are asked once
    barred = _barred(tx, by_key, terms)
    found = table.known(tx, by_key, terms.newsletter)
    # Strangers of whom the file says the same are decided on once.
    alike: dict[int, Newcomers | None] = {}
    others: list[Newcomers] = []
    ids = people.new_ids()
    new = suppressed = 0
    for key, row in by_key.items():
        member = found.get(key)
        if key in barred or (member and member.person.standing is not Standing.OK):
            suppressed += 1
            continue
        if member:
            newcomers = _newcomers(row, member, terms, now, member.person.id)
            others += [newcomers] if newcomers else []
        elif (pattern := id(row.details)) in alike:
            newcomers = alike[pattern]
        else:
            newcomers = alike[pattern] = _newcomers(row, None, terms, now, next(ids))
        if newcomers:
            who = member.person.id if member else next(ids)
            newcomers.who.append(Who(who, row.address, key, row.name))
            new += 1
    known = len(by_key) - suppressed - new + repeated
    return Counts(new=new, known=known, suppressed=suppressed), [
        *others,
        *(some for some in alike.values() if some),
    ]


def _barred(tx: Connection, rows: dict[str, Row], terms: Terms) -> set[str]:
    if not consents.any_suppressed(tx):
        return set()
    keys = {m: key for key, row in rows.items() for m in marks(terms.ring, row.address)}
    return {keys[m] for m in consents.suppressed(tx, keys.keys())}


def _newcomers(
    row: Row, member: Member | None, terms: Terms, now: datetime, who: SubscriberId
) -> Newcomers | None:
    """The row's person as a pattern of all who are like them; None: nothing is to be added."""
    said = row.details
    if member and member.held:
        return None
    person = member.person if member else _person(row, terms, who)
    # Who bounced or left elsewhere is brought along as such: nobody is written to by moving house.
    asked = person
    if person.standing is not Standing.OK and not member:
        asked = replace(person, standing=Standing.OK)
    kind = Admit if terms.vouched and said.status is not Status.PENDING else Join
    act = kind(
        newsletter=terms.newsletter,
        cadence=said.cadence or terms.cadence,
        topics=said.topics,
        hour=said.hour,
    )
    done = decide(asked, None, act, by=By.IMPORT, now=now)
    if done.subscription is None or done.entry is None:
        return None
    held = _as_it_was(done.subscription, said, now)
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
    return Newcomers(
        person=person,
        held=held,
        entry=replace(done.entry, after=held.status.value),
        letter=letter,
        are_new=member is None,
    )


def _person(row: Row, terms: Terms, who: SubscriberId) -> Subscriber:
    return Subscriber(
        id=who,
        address=row.address,
        name=row.name,
        language=row.details.language or terms.language,
        timezone=row.details.timezone or terms.timezone,
        standing=row.details.standing,
    )


def _as_it_was(held: Subscription, said: Details, now: datetime) -> Subscription:
    """What the file says of the past; it can take consent away, never give it."""
    if said.status is Status.LEFT:
        return replace(
            held,
            status=Status.LEFT,
            joined_at=said.joined_at or now,
            confirmed_at=said.confirmed_at,
            confirm_by=None,
            left_at=said.left_at or now,
            left_by=said.left_by or By.IMPORT,
        )
    if held.status is not Status.ACTIVE or said.status is None:
        return held
    return replace(
        held,
        status=said.status,
        joined_at=said.joined_at or now,
        confirmed_at=said.confirmed_at or now,
        paused_until=said.paused_until,
    )

"""Rows of a roster to members, a batch at a time, or only to the counts of what would happen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from sqlalchemy import Connection

from digest.clock import Clock
from digest.storage import consents, people
from digest.storage import roster as table
from digest.storage.consents import Evidence
from digest.storage.database import Store
from digest.storage.dialect import batches
from digest.storage.letters import owed
from digest.storage.roster import Member, Newcomers, Who
from subscribers import standing
from subscribers.acts import Admit, Bounce, Complain, Join, Leave
from subscribers.consent import Entry, decide
from subscribers.model import By, Kind, Standing, Status, Subscriber, SubscriberId, Subscription
from subscribers.roster import Details, Row
from subscribers.seen import Seen
from subscribers.suppression import mark, marks
from subscribers.withdrawals import GONE, losses, one_each, taken


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
    """Rows by what becomes of them. ``known``: also a second row of one address.

    ``gone``: of the new, those whom the file brings as left, bounced or complained.
    ``withdrawn``: people known here of whom the file says that they left, bounced or complained.
    """

    new: int = 0
    known: int = 0
    suppressed: int = 0
    withdrawn: int = 0
    gone: int = 0

    @property
    def others(self) -> int:
        """All but the known."""
        return self.new + self.suppressed + self.withdrawn

    def __add__(self, other: Counts) -> Counts:
        return Counts(
            new=self.new + other.new,
            known=self.known + other.known,
            suppressed=self.suppressed + other.suppressed,
            withdrawn=self.withdrawn + other.withdrawn,
            gone=self.gone + other.gone,
        )


async def enrol(store: Store, rows: Sequence[Row], terms: Terms, *, clock: Clock) -> Counts:
    """Add a batch in one transaction, and take away what the file takes away, in several.

    Otherwise who is known, left or suppressed stays as they are.
    """
    now = clock()
    found = await store.write(_enrol, one_each(rows), terms, now)
    for some in batches(found.withdrawals):
        await store.write(_withdraw, some, terms, now)
    await store.catch_up()
    return replace(found.counts, known=len(rows) - found.counts.others)


async def foresee(
    store: Store | None, rows: Sequence[Row], terms: Terms, seen: Seen, *, clock: Clock
) -> Counts:
    """What ``enrol`` would do; nothing is written. ``seen`` goes through the whole file."""
    fresh: dict[str, Row] = {}
    graver: dict[str, Row] = {}  # than what an earlier batch says of the same person
    for key, row in one_each(rows).items():
        again = seen.again(key)
        taken_before = [seen.again(f"{key} {word}") for word in losses(row.details)]
        if not again:
            fresh[key] = row
        elif not all(taken_before):
            graver[key] = row
    if store is None:
        gone = sum(bool(losses(row.details)) for row in fresh.values())
        counts = Counts(new=len(fresh), withdrawn=len(graver), gone=gone)
    else:
        counts = (await store.read(_sorted, fresh, terms, clock())).counts
        more = (await store.read(_sorted, graver, terms, clock())).counts
        taken_away = more.new + more.withdrawn  # whom the earlier batch will have added
        counts += Counts(suppressed=more.suppressed, withdrawn=taken_away)
    return replace(counts, known=len(rows) - counts.others)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sorted:
    """Whom rows add, and whose consent they take away."""

    counts: Counts
    newcomers: list[Newcomers]
    withdrawals: list[tuple[SubscriberId, Details]]


def _enrol(tx: Connection, rows: dict[str, Row], terms: Terms, now: datetime) -> _Sorted:
    table.lock(tx)
    found = _sorted(tx, rows, terms, now)
    table.add_all(tx, found.newcomers, terms.evidence)
    return found


def _sorted(tx: Connection, by_key: dict[str, Row], terms: Terms, now: datetime) -> _Sorted:
    by_key = {key: by_key[key] for key in sorted(by_key)}  # neighbours in the index are asked once
    barred = _barred(tx, by_key, terms)
    found = table.known(tx, by_key, terms.newsletter)
    # Strangers of whom the file says the same are decided on once.
    alike: dict[int, Newcomers | None] = {}
    others: list[Newcomers] = []
    ids = people.new_ids()
    new = suppressed = gone = 0
    withdrawals: list[tuple[SubscriberId, Details]] = []
    for key, row in by_key.items():
        member = found.get(key)
        withdrawn = member is not None and taken(row.details, member.person, member.held) != ()
        if member and withdrawn:
            withdrawals.append((member.person.id, row.details))
        elif key in barred or (member and member.person.standing is not Standing.OK):
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
            new += not withdrawn
            gone += not withdrawn and newcomers.are_gone
    return _Sorted(
        counts=Counts(new=new, suppressed=suppressed, withdrawn=len(withdrawals), gone=gone),
        newcomers=[*others, *(some for some in alike.values() if some)],
        withdrawals=withdrawals,
    )


def _withdraw(
    tx: Connection, some: Sequence[tuple[SubscriberId, Details]], terms: Terms, now: datetime
) -> None:
    """Take away what rows take away, of people as they are at this moment."""
    for who, details in some:
        person = people.of_id(tx, who)
        if person is None:  # erased meanwhile
            continue
        held = people.subscriptions_of(tx, who)
        ours = next((one for one in held if one.newsletter == terms.newsletter), None)
        for act in taken(details, person, ours):
            if isinstance(act, Leave):
                entry = _leave(tx, person, ours, act, now)
            else:
                entry = _on_address(tx, person, held, act, terms.ring, now)
            if entry:
                consents.note(tx, who, entry, terms.evidence)


def _leave(
    tx: Connection, person: Subscriber, held: Subscription | None, act: Leave, now: datetime
) -> Entry | None:
    done = decide(person, held, act, by=By.IMPORT, now=now)
    if done.entry and done.subscription:
        people.save_subscription(tx, done.subscription)
    return done.entry


def _on_address(
    tx: Connection,
    person: Subscriber,
    held: Sequence[Subscription],
    act: Bounce | Complain,
    ring: tuple[bytes, ...],
    now: datetime,
) -> Entry | None:
    done = standing.decide(person, held, act, by=By.IMPORT, now=now)
    if done.suppress:
        consents.suppress(tx, mark(ring[0], person.address), done.suppress, now)
    if done.subscriber:
        people.save(tx, done.subscriber)
    for one in done.subscriptions:
        people.save_subscription(tx, one)
    return done.entry


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
    if held.confirm_by and person.standing is said.standing is Standing.OK:
        letter = owed(person, terms.newsletter, Kind.CONFIRM, row.address, now, held.confirm_by)
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
    if said.status is Status.LEFT or said.standing in GONE:
        return replace(
            held,
            status=Status.LEFT,
            joined_at=said.joined_at or now,
            confirmed_at=said.confirmed_at,
            confirm_by=None,
            left_at=said.left_at or now,
            left_by=said.left_by or By.IMPORT,
        )
    if held.status is Status.PENDING and said.status is Status.PENDING and said.left_at:
        return replace(held, left_at=said.left_at, left_by=said.left_by or By.IMPORT)
    if held.status is not Status.ACTIVE:
        return held
    return replace(
        held,
        status=said.status or held.status,
        joined_at=said.joined_at or now,
        confirmed_at=said.confirmed_at or now,
        paused_until=said.paused_until,
    )

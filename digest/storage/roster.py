"""People by the thousand: import, list, export and count them."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field, replace
from operator import itemgetter
from typing import NamedTuple

from sqlalchemy import Connection, and_, func, or_, select, true

from digest.storage import consents, letters
from digest.storage.consents import Evidence
from digest.storage.dialect import alone, among, bare, by_index, pour, roomy
from digest.storage.letters import Letter
from digest.storage.people import held_of, held_row, person_of, person_row
from digest.storage.schema import consent_log, subscribers, subscriptions
from digest.storage.schema import letters as letters_table
from subscribers.address import Address
from subscribers.consent import Entry
from subscribers.model import Standing, Status, Subscriber, SubscriberId, Subscription


class Who(NamedTuple):
    """One of many people; ``key`` is the address's."""

    id: SubscriberId
    address: Address
    key: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """A person and one subscription of theirs; None where they have none (of those asked for)."""

    person: Subscriber
    held: Subscription | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Newcomers:
    """Whom an import adds, as far as they are alike: all but id, address and name.

    ``person``, ``held``, ``entry`` and ``letter`` are those of any one of them; ``who`` are all.
    ``are_new``: the people, too, not only their subscriptions.
    """

    person: Subscriber
    held: Subscription
    entry: Entry
    letter: Letter | None
    are_new: bool
    who: list[Who] = field(default_factory=list)

    @property
    def are_gone(self) -> bool:
        return self.held.status is Status.LEFT or self.person.standing is not Standing.OK


def known(tx: Connection, keys: Collection[str], newsletter: str) -> dict[str, Member]:
    """Those of the address keys that are somebody's, with what they hold of one newsletter."""
    asked = (
        select(subscribers, subscriptions)
        .join(
            subscriptions,
            and_(
                subscriptions.c.subscriber == subscribers.c.id,
                subscriptions.c.newsletter == newsletter,
            ),
            isouter=True,
        )
        .where(among(tx, subscribers.c.address_key, keys))
    )
    return {
        row.address_key: Member(
            person=person_of(row), held=held_of(row) if row.subscriber else None
        )
        for row in tx.execute(asked)
    }


def lock(tx: Connection) -> None:
    """Nobody else adds a person until this transaction ends: what is known now stays the truth."""
    roomy(tx)
    alone(tx, subscribers)


def add_all(tx: Connection, found: Sequence[Newcomers], evidence: Evidence) -> None:
    """Keep newcomers of whom none is known. Call ``lock`` before asking who is."""
    if not found:
        return
    one = found[0]
    tables = (
        (subscribers, list(person_row(one.person)), _people(tx, found), 2),
        (subscriptions, list(held_row(one.held)), _held(tx, found), 0),
        (consent_log, list(consents.row(one.person.id, one.entry, evidence)),
         _log(tx, found, evidence), 0),
    )  # fmt: skip
    for table, names, rows, place in tables:
        # In the order of the index that costs most to keep, so that each page is met once.
        pour(tx, table, names, sorted(rows, key=itemgetter(place)))
    owed = [letters.row(_to(who, some.letter)) for some in found if some.letter for who in some.who]
    if owed:
        pour(tx, letters_table, list(owed[0]), [bare(tx, letters_table, row) for row in owed])


def _people(tx: Connection, found: Sequence[Newcomers]) -> Iterator[tuple[object, ...]]:
    for some in found:
        if some.are_new:
            same = bare(tx, subscribers, person_row(some.person))[4:]
            for who in some.who:
                yield who.id, str(who.address), who.key, who.name, *same


def _held(tx: Connection, found: Sequence[Newcomers]) -> Iterator[tuple[object, ...]]:
    for some in found:
        same = bare(tx, subscriptions, held_row(some.held))[1:]
        for who in some.who:
            yield who.id, *same


def _log(
    tx: Connection, found: Sequence[Newcomers], evidence: Evidence
) -> Iterator[tuple[object, ...]]:
    for some in found:
        same = bare(tx, consent_log, consents.row(some.person.id, some.entry, evidence))[1:]
        for who in some.who:
            yield who.id, *same


def _to(who: Who, letter: Letter) -> Letter:
    context = {**letter.context, "name": who.name}
    return replace(letter, subscriber=who.id, address=who.address, context=context)


def page(
    tx: Connection,
    *,
    newsletter: str | None = None,
    status: Status | None = None,
    after: tuple[str, str] = ("", ""),
    limit: int = 100,
) -> list[Member]:
    """Members in a stable order, those past ``after`` (person's id, newsletter).

    One for each subscription; a person without any is listed once where all are asked for.
    """
    by_index(tx)
    theirs = and_(
        subscriptions.c.subscriber == subscribers.c.id,
        subscriptions.c.subscriber >= after[0],  # as below: a planner does not infer it
    )
    asked = select(subscribers, subscriptions).join(subscriptions, theirs, isouter=True)
    of = func.coalesce(subscriptions.c.newsletter, "")
    asked = asked.where(
        or_(
            subscribers.c.id > after[0],
            and_(subscribers.c.id == after[0], of > after[1]),
        ),
        subscribers.c.id >= after[0],  # lets the index find the place
        # Said of expressions, so that no index on newsletters tempts the planner into a sort.
        of == newsletter if newsletter else true(),
        func.coalesce(subscriptions.c.status, "") == status.value if status else true(),
    )
    rows = tx.execute(asked.order_by(subscribers.c.id, of).limit(limit))
    return [
        Member(person=person_of(row), held=held_of(row) if row.subscriber else None) for row in rows
    ]


def counts(tx: Connection) -> dict[tuple[str, str, str], int]:
    """How many hold what: (newsletter, status, standing) -> people; "" where there is none."""
    newsletter = func.coalesce(subscriptions.c.newsletter, "")
    status = func.coalesce(subscriptions.c.status, "")
    asked = (
        select(newsletter, status, subscribers.c.standing, func.count())
        .select_from(subscribers)
        .join(subscriptions, subscriptions.c.subscriber == subscribers.c.id, isouter=True)
        .group_by(newsletter, status, subscribers.c.standing)
        .order_by(newsletter, status, subscribers.c.standing)
    )
    return {(row[0], row[1], row[2]): int(row[3]) for row in tx.execute(asked)}

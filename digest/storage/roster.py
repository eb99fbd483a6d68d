"""People by the thousand: import, list, export and count them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, and_, func, or_, select, true

from digest.storage import consents, letters
from digest.storage.consents import Evidence
from digest.storage.dialect import alone, batches, pour
from digest.storage.letters import Letter
from digest.storage.people import held_of, held_row, person_of, person_row
from digest.storage.schema import consent_log, subscribers, subscriptions
from digest.storage.schema import letters as letters_table
from subscribers.consent import Entry
from subscribers.model import Status, Subscriber, Subscription


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """A person and one subscription of theirs; None where they have none (of those asked for)."""

    person: Subscriber
    held: Subscription | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Newcomer:
    """What an import adds. ``is_new``: the person, too, not only the subscription."""

    person: Subscriber
    held: Subscription
    entry: Entry
    letter: Letter | None
    is_new: bool


def known(tx: Connection, keys: Collection[str], newsletter: str) -> dict[str, Member]:
    """Those of the address keys that are somebody's, with what they hold of one newsletter."""
    found: dict[str, Member] = {}
    for some in batches(keys):
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
            .where(subscribers.c.address_key.in_(some))
        )
        for row in tx.execute(asked):
            found[row.address_key] = Member(
                person=person_of(row), held=held_of(row) if row.subscriber else None
            )
    return found


def lock(tx: Connection) -> None:
    """Nobody else adds a person until this transaction ends: what is known now stays the truth."""
    alone(tx, subscribers)


def add_all(tx: Connection, found: Sequence[Newcomer], evidence: Evidence) -> None:
    """Keep newcomers of which none is known. Call ``lock`` before asking who is."""
    pour(tx, subscribers, [person_row(one.person) for one in found if one.is_new])
    pour(tx, subscriptions, [held_row(one.held) for one in found])
    pour(tx, consent_log, [consents.row(one.person.id, one.entry, evidence) for one in found])
    pour(tx, letters_table, [letters.row(one.letter) for one in found if one.letter])


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
    asked = select(subscribers, subscriptions).join(
        subscriptions, subscriptions.c.subscriber == subscribers.c.id, isouter=True
    )
    of = func.coalesce(subscriptions.c.newsletter, "")
    asked = asked.where(
        or_(
            subscribers.c.id > after[0],
            and_(subscribers.c.id == after[0], of > after[1]),
        ),
        subscribers.c.id >= after[0],  # lets the index find the place
        # Said of the expression, so that no index on newsletters tempts the planner into a sort.
        of == newsletter if newsletter else true(),
        subscriptions.c.status == status.value if status else true(),
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

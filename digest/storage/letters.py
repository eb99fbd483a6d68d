"""The letters that are owed: confirm, welcome, goodbye, links; rows until dispatch settles them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection, select

from digest.storage.dialect import add
from digest.storage.schema import letters
from subscribers.address import Address
from subscribers.model import Kind, Subscriber, SubscriberId

QUEUED = "queued"


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """One letter to one person. ``newsletter`` "": it speaks of all. Moments are aware UTC;
    ``due_at`` None: due at once."""

    subscriber: SubscriberId
    newsletter: str
    kind: Kind
    address: Address
    language: str
    enrolled_at: datetime
    expires_at: datetime
    due_at: datetime | None = None
    state: str = QUEUED
    context: Mapping[str, str] = field(default_factory=dict)


def owed(
    person: Subscriber, newsletter: str, kind: Kind, to: Address, now: datetime, until: datetime
) -> Letter:
    """A letter to a person that is due now, and of no use any more at ``until``."""
    return Letter(
        subscriber=person.id,
        newsletter=newsletter,
        kind=kind,
        address=to,
        language=person.language,
        enrolled_at=now,
        expires_at=until,
        context={"name": person.name},
    )


def queue(tx: Connection, letter: Letter) -> bool:
    """Owe a letter; False if the very same is owed already."""
    return add(tx, letters, row(letter))


def of(tx: Connection, subscriber: SubscriberId) -> list[Letter]:
    """Every letter a person was ever owed, oldest first."""
    found = select(letters).where(letters.c.subscriber == subscriber).order_by(letters.c.id)
    return [
        Letter(
            subscriber=SubscriberId(one.subscriber),
            newsletter=one.newsletter,
            kind=Kind(one.kind),
            address=Address.parse(one.address),
            language=one.language,
            enrolled_at=one.enrolled_at,
            expires_at=one.expires_at,
            due_at=one.due_at,
            state=one.state,
            context=one.context,
        )
        for one in tx.execute(found)
    ]


def row(letter: Letter) -> dict[str, object]:
    """The columns of a letter that nobody has claimed yet."""
    return {
        "subscriber": letter.subscriber,
        "newsletter": letter.newsletter,
        "kind": letter.kind.value,
        "address": str(letter.address),
        "address_key": letter.address.untagged.key,  # counts what a mailbox gets, and no more
        "language": letter.language,
        "context": dict(letter.context),
        "state": letter.state,
        "attempts": 0,
        "enrolled_at": letter.enrolled_at,
        "due_at": letter.due_at or letter.enrolled_at,
        "expires_at": letter.expires_at,
    }

"""What a person may see of themselves: one subscription, or all that is kept."""

from __future__ import annotations

from dataclasses import asdict

from sqlalchemy import Connection, Text, bindparam, select

from digest.model import NewsletterId
from digest.storage import consents, letters, mailed, people, reports
from digest.storage.schema import subscribers, subscriptions
from subscribers.model import Kind, Subscriber, SubscriberId, Subscription

_WHO = bindparam("who", type_=Text)
_PERSON = select(subscribers).where(subscribers.c.id == _WHO)
_MEMBER = select(subscribers, subscriptions).where(
    subscribers.c.id == _WHO,
    subscriptions.c.subscriber == subscribers.c.id,
    subscriptions.c.newsletter == bindparam("newsletter"),
)


def person(tx: Connection, who: SubscriberId) -> Subscriber | None:
    """The person of an id, to look at and not to change."""
    row = tx.execute(_PERSON, {"who": who}).first()
    return people.person_of(row) if row else None


def member(
    tx: Connection, who: SubscriberId, newsletter: NewsletterId
) -> tuple[Subscriber, Subscription] | None:
    """A person and what they agreed to for one newsletter."""
    row = tx.execute(_MEMBER, {"who": who, "newsletter": newsletter}).first()
    return (people.person_of(row), people.held_of(row)) if row else None


def everything(tx: Connection, who: SubscriberId) -> dict[str, object] | None:
    """All that is kept about a person, as plain values (GDPR articles 15 and 20).

    Without the letters to a new address before it is theirs: that one was written, or was not,
    tells whether we know the address from somebody else.
    """
    found = person(tx, who)
    if found is None:
        return None
    return {
        "person": {
            **asdict(found),
            "address": str(found.address),
            "new_address": str(found.new_address) if found.new_address else None,
        },
        "subscriptions": [asdict(one) for one in people.subscriptions_of(tx, who)],
        "consents": [
            {**asdict(entry), **asdict(evidence)} for entry, evidence in consents.log_of(tx, who)
        ],
        "letters": [
            {**asdict(letter), "address": str(letter.address)}
            for letter in letters.of(tx, who)
            if letter.kind is not Kind.ADDRESS or letter.address.key == found.address.key
        ],
        "reports": reports.of(tx, who),
        "deliveries": [
            {**one._mapping, "text": reports.without_others(one.text or "", str(found.address))}
            for one in mailed.of(tx, who)
        ],
    }

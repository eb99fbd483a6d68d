"""Which issues went to one person, and what their mail server answered."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Row, Text, bindparam, select, update

from digest.storage.dialect import by_index
from digest.storage.postal import deliveries
from digest.storage.schema import issues
from subscribers.model import SubscriberId

# The key of deliveries begins with the issue, so each issue is looked up: a few hundred at most
# have rows, and an index of people alone would cost a release more than this.
_WHO = bindparam("who", type_=Text)
_OF = (
    select(
        issues.c.newsletter,
        issues.c.cadence,
        issues.c.period,
        deliveries.c.state,
        deliveries.c.skip,
        deliveries.c.due_at,
        deliveries.c.settled_at,
        deliveries.c.code,
        deliveries.c.enhanced,
        deliveries.c.text,
    )
    .join(issues, issues.c.id == deliveries.c.issue)
    .where(deliveries.c.issue.in_(select(issues.c.id)), deliveries.c.subscriber == _WHO)
    .order_by(deliveries.c.id)
)
_UNSAY = (
    update(deliveries)
    .where(
        deliveries.c.issue.in_(select(issues.c.id)),
        deliveries.c.subscriber == _WHO,
        deliveries.c.text.is_not(None),
    )
    .values(text=None)
)


def of(tx: Connection, subscriber: SubscriberId) -> list[Row[Any]]:
    """The deliveries to a person that are still kept, the oldest first."""
    by_index(tx)
    return list(tx.execute(_OF, {"who": subscriber}))


def unsay(tx: Connection, subscriber: SubscriberId) -> None:
    """Forget the words of mail servers about the deliveries to a person."""
    by_index(tx)
    tx.execute(_UNSAY, {"who": subscriber})

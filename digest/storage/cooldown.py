"""When an address was last asked to confirm something, by whomever: what protects a stranger.

The letters say so, also those that are owed and wait for their hour. Those of a person who is
erased go with them, and whoever asked could be erased and ask again: so a keyed hash of each
address that they had asked stays for a day.

What follows a + counts for nothing here, nor does a dot at Gmail: one mailbox has any number of
such addresses.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import Connection, and_, bindparam, delete, func, or_, select

from digest.storage import dialect
from digest.storage.schema import letters, paces
from subscribers.address import Address
from subscribers.model import ASKING, Kind, SubscriberId
from subscribers.suppression import mark, marks

KEPT = timedelta(days=1)
_KIND = "asked"  # among the paces, by ``mark|moment``
_MARK = 64  # characters
_LEFT = or_(letters.c.state != "skipped", letters.c.attempts > 0)  # else nobody got it
_ASKS = and_(letters.c.kind.in_([kind.value for kind in ASKING]), _LEFT)
# Written once: to write one takes SQLAlchemy longer than to run it, and readers wait for it.
_OUTLIVED = select(paces.c.at).where(
    paces.c.kind == _KIND,
    paces.c.at > bindparam("since"),
    func.substr(paces.c.name, 1, _MARK).in_(bindparam("marks", expanding=True)),
)
_WRITTEN = select(letters.c.due_at).where(
    letters.c.address_key == bindparam("key"),
    letters.c.due_at > bindparam("since"),
    _ASKS,
)


def asked(
    tx: Connection, address: Address, now: datetime, ring: Sequence[bytes]
) -> tuple[datetime, ...]:
    """When confirmations were written to an address in the last day, or are to be."""
    outlived = tx.execute(_OUTLIVED, {"marks": marks(ring, address.untagged), "since": now - KEPT})
    written = tx.execute(_WRITTEN, {"key": address.untagged.key, "since": now - KEPT})
    return tuple(sorted([*written.scalars(), *outlived.scalars()]))


def linked(tx: Connection, person: SubscriberId, now: datetime) -> tuple[datetime, ...]:
    """When fresh links were written to a person in the last day, or are to be.

    Not to their mailbox: who reads at ``ada+1@``, too, is kept from no link of theirs.
    """
    found = select(letters.c.due_at).where(
        letters.c.subscriber == person,
        letters.c.kind == Kind.LINKS.value,
        letters.c.due_at > now - KEPT,
        _LEFT,
    )
    return tuple(sorted(tx.execute(found).scalars()))


def outlive(tx: Connection, person: SubscriberId, now: datetime, ring: Sequence[bytes]) -> None:
    """Keep which addresses a person had asked in the last day, before all of theirs is deleted."""
    left = and_(letters.c.due_at > now - KEPT, letters.c.due_at <= now)
    found = select(letters.c.address, letters.c.due_at).where(
        letters.c.subscriber == person, left, _ASKS
    )
    for one in tx.execute(found).all():
        mailbox = Address.parse(one.address).untagged
        name = f"{mark(ring[0], mailbox)}|{one.due_at.isoformat()}"
        values = {"kind": _KIND, "name": name, "past": "", "at": one.due_at}
        dialect.add(tx, paces, values)


def spend_a_commit(tx: Connection, now: datetime) -> None:
    """Change something for nobody, so that this transaction takes as long as one that matters."""
    dialect.put(tx, paces, {"kind": "nobody", "name": "", "past": "", "at": now})


def forget(tx: Connection, now: datetime) -> int:
    """Drop the hashes that are older than a day; how many."""
    old = delete(paces).where(paces.c.kind == _KIND, paces.c.at <= now - KEPT)
    return tx.execute(old).rowcount

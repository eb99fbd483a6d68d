"""What relays and domains have had and how they fared, kept across restarts: texts by name."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum

from sqlalchemy import Connection, delete, select

from digest.storage.dialect import ROWS_AT_ONCE, insert
from digest.storage.schema import paces


class Of(StrEnum):
    """Whose past a text is; ``digest.deliver.memory`` writes and reads it."""

    RELAY = "relay"  # its limits
    CIRCUIT = "circuit"  # whether a relay works, rests or is paused
    DOMAIN = "domain"


def known(tx: Connection, of: Of) -> dict[str, str]:
    """Name to text, of all."""
    found = select(paces.c.name, paces.c.past).where(paces.c.kind == of.value)
    return {row.name: row.past for row in tx.execute(found)}


def held(tx: Connection, of: Of) -> dict[str, str]:
    """The same, and no other process reads them so until the end of this transaction.

    Who claims under a limit reads it with this and saves it in the same transaction: two workers
    that share a relay then never use the same room twice.
    """
    found = select(paces.c.name, paces.c.past).where(paces.c.kind == of.value)
    found = found.order_by(paces.c.name).with_for_update()  # SQLite's writers are alone by nature
    return {row.name: row.past for row in tx.execute(found)}


def begin(tx: Connection, of: Of, pasts: Mapping[str, str], now: datetime) -> None:
    """A row for each name that has none: what is not there cannot be ``held``."""
    rows = [
        {"kind": of.value, "name": name, "past": past, "at": now}
        for name, past in sorted(pasts.items())
    ]
    new = insert(tx, paces).values(rows)
    tx.execute(new.on_conflict_do_nothing(index_elements=["kind", "name"]))


def save(tx: Connection, of: Of, pasts: Mapping[str, str], now: datetime) -> None:
    """Keep each text under its name, in place of the one before."""
    rows = [
        {"kind": of.value, "name": name, "past": past, "at": now}
        for name, past in sorted(pasts.items())
    ]
    for first in range(0, len(rows), ROWS_AT_ONCE):
        new = insert(tx, paces).values(rows[first : first + ROWS_AT_ONCE])
        tx.execute(
            new.on_conflict_do_update(
                index_elements=["kind", "name"],
                set_={"past": new.excluded.past, "at": new.excluded.at},
            )
        )


def forget(tx: Connection, of: Of, before: datetime) -> int:
    """Drop what nobody has saved since ``before``; how many were dropped."""
    old = delete(paces).where(paces.c.kind == of.value, paces.c.at < before)
    return tx.execute(old).rowcount

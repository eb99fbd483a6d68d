"""Who leads: one row that its holder renews and the others watch.

No clocks are compared for it. The holder counts its beats up; who has seen the same beat for long
enough by a clock of its own takes the row over, on the condition that it still says what was seen.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, select, update

from digest.storage.dialect import add
from digest.storage.postal import leases

CLOCK = "clock"  # the lease of who makes the issues
NOBODY = ""
BEAT = 4.0  # seconds between two beats
PATIENCE = 10.0  # seconds of silence after which the next one leads
SILENT = timedelta(seconds=PATIENCE + BEAT)  # after which nobody keeps the clock


@dataclass(frozen=True, slots=True, kw_only=True)
class Lease:
    holder: str  # NOBODY: given back
    beat: int


def seen(tx: Connection, name: str) -> Lease:
    """The lease as it stands; one that never was is nobody's."""
    row = tx.execute(select(leases.c.holder, leases.c.beat).where(leases.c.name == name)).first()
    return Lease(holder=row.holder, beat=row.beat) if row else Lease(holder=NOBODY, beat=0)


def beaten(tx: Connection, name: str) -> datetime | None:
    """When its holder beat last, by their own clock; None: nobody ever did."""
    return tx.execute(select(leases.c.at).where(leases.c.name == name)).scalar()


def take(tx: Connection, name: str, was: Lease, holder: str, at: datetime) -> bool:
    """Make it ``holder``'s, or renew it: True where the row still said ``was``."""
    add(tx, leases, {"name": name, "holder": NOBODY, "beat": 0})
    changed = tx.execute(
        update(leases)
        .where(leases.c.name == name, leases.c.holder == was.holder, leases.c.beat == was.beat)
        .values(holder=holder, beat=was.beat + 1, at=at)
    )
    return changed.rowcount == 1


def give_back(tx: Connection, name: str, holder: str) -> None:
    """Let the next one lead at once."""
    tx.execute(
        update(leases)
        .where(leases.c.name == name, leases.c.holder == holder)
        .values(holder=NOBODY, beat=leases.c.beat + 1)
    )

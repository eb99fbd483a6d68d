"""What the soak left behind, held against the wire: every delivery and every period."""

from __future__ import annotations

import math
from collections import defaultdict
from datetime import datetime, timedelta
from itertools import takewhile
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Row, and_, exists, func, or_, select

from bench import soaklife
from bench.stage import run
from digest import periods
from digest.model import Newsletter
from digest.services import calendar
from digest.storage import agenda
from digest.storage.database import Store
from digest.storage.postal import deliveries, misses
from digest.storage.schema import issues, subscriptions

Wire = dict[tuple[str, str], list[tuple[str, float]]]  # (reader, period) to Message-ID and when


def audit(folder: Path, begin: datetime, days: int) -> dict[str, int]:
    """The figures; see bench.soak."""
    settings = soaklife.settings_in(folder)

    async def asked() -> dict[str, int]:
        store = await Store.open(settings.storage.url)
        try:
            newsletter = settings.newsletters["daily"]
            end = begin + timedelta(days=days)
            return await store.read(_held, _wire(folder), newsletter, begin, end)
        finally:
            await store.close()

    return run(asked())


def _wire(folder: Path) -> Wire:
    found: Wire = defaultdict(list)
    with (folder / "wire").open() as lines:
        for line in lines:
            reader, period, named, at = line.split()
            found[reader, period].append((named, float(at)))
    return found


def _held(
    tx: Connection, wire: Wire, newsletter: Newsletter, begin: datetime, end: datetime
) -> dict[str, int]:
    after_leaving = _after_leaving(tx, wire)
    once = explained = unexplained = 0
    rows = tx.execute(
        select(deliveries, issues.c.period).join(issues, issues.c.id == deliveries.c.issue)
    ).all()
    for row in rows:
        sent = wire.pop((row.subscriber, row.period), [])
        if len(sent) == 1 and row.state == "sent":
            once += 1
        elif _says_why(row, sent):
            explained += 1
        else:
            unexplained += 1
    settled = [_settled(tx, one, begin, end) for one in calendar.cadences(newsletter)]
    reasons = sum(missed for missed, _ in settled)
    lost = len(wire) + _not_enrolled(tx) + sum(unknown for _, unknown in settled)
    return {
        "issues": tx.execute(select(func.count()).select_from(issues)).scalar_one(),
        "deliveries": len(rows),
        "due": len(rows) + reasons + lost,
        "exactly_once": once,
        "explained": explained + reasons,
        "unexplained": unexplained + lost,
        "written_after_leaving": after_leaving,
    }


def _says_why(row: Row[Any], sent: list[tuple[str, float]]) -> bool:
    """Whether the row and the wire agree on why it was not exactly once."""
    if not sent:
        waits = row.state == "queued"  # its hour lies behind the last day
        return waits or (row.state == "skipped" and bool(row.skip)) or row.state == "failed"
    # In doubt after a kill: the same mail once more, which a mail client shows once.
    return len({named for named, _ in sent}) == 1 and row.state in ("sent", "queued", "sending")


def _settled(
    tx: Connection, newsletter: Newsletter, begin: datetime, end: datetime
) -> tuple[int, int]:
    """How many periods have a sentence in place of an issue, and how many have neither."""
    cadence = newsletter.cadence.value
    known = agenda.standing(tx, newsletter.id, cadence, end).settled
    turns = takewhile(lambda turn: turn.due < end, periods.turns_after(newsletter, begin))
    unknown = sum(turn.period not in known for turn in turns)
    missed = select(func.count()).where(misses.c.cadence == cadence, misses.c.again.is_(None))
    return int(tx.execute(missed).scalar_one()), unknown


def _not_enrolled(tx: Connection) -> int:
    """Who had a newsletter when an issue was released, and has no delivery of it."""
    owed = (
        select(func.count())
        .select_from(issues)
        .join(
            subscriptions,
            and_(
                subscriptions.c.newsletter == issues.c.newsletter,
                subscriptions.c.cadence == issues.c.cadence,
                subscriptions.c.joined_at <= issues.c.created_at,
                or_(
                    subscriptions.c.left_at.is_(None),
                    subscriptions.c.left_at > issues.c.released_at,
                ),
            ),
        )
        .where(
            ~exists().where(
                deliveries.c.issue == issues.c.id,
                deliveries.c.subscriber == subscriptions.c.subscriber,
            )
        )
    )
    return int(tx.execute(owed).scalar_one())


def _after_leaving(tx: Connection, wire: Wire) -> int:
    """How many messages were on the wire after their reader had left."""
    asked = select(subscriptions.c.subscriber, subscriptions.c.left_at).where(
        subscriptions.c.left_at.is_not(None)
    )
    left = {row.subscriber: row.left_at.timestamp() for row in tx.execute(asked)}
    return sum(
        at > left.get(reader, math.inf) for (reader, _), sent in wire.items() for _, at in sent
    )

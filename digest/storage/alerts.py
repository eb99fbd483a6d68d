"""What alerts are made of, read off the rows; and which of them were told."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, func, select

from digest.delivery import State
from digest.model import SourceId, Visit
from digest.storage import postbag, posting, sources
from digest.storage.dialect import insert
from digest.storage.postal import alerts, deliveries, tallies
from digest.storage.schema import issues, suppressions

WEEK = timedelta(days=7)
RECENT = timedelta(days=64)  # two months: a monthly issue and the one before it


@dataclass(frozen=True, slots=True, kw_only=True)
class LastRow:
    newsletter: str
    period: str
    audience: int
    failed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """``periods``: (newsletter, cadence) to what has an issue, of the last two months."""

    periods: Mapping[tuple[str, str], frozenset[str]]
    first_due: datetime | None
    last: LastRow | None
    complaints: int
    written_to: int
    visits: Mapping[SourceId, Visit]


def seen(tx: Connection, now: datetime) -> Seen:
    """The facts of this moment."""
    made: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
    for row in tx.execute(
        select(issues.c.newsletter, issues.c.cadence, issues.c.period).where(
            issues.c.until > now - RECENT, issues.c.state != "draft"
        )
    ):
        made[row.newsletter, row.cadence].add(row.period)
    waits = [due for _, due in (posting.outlook(tx), postbag.outlook(tx)) if due]
    complained = select(func.count()).where(
        suppressions.c.reason == "complained", suppressions.c.at > now - WEEK
    )
    written = select(func.coalesce(func.sum(issues.c.audience), 0)).where(
        issues.c.released_at > now - WEEK
    )
    return Seen(
        periods={key: frozenset(found) for key, found in made.items()},
        first_due=min(waits, default=None),
        last=_last(tx),
        complaints=int(tx.execute(complained).scalar_one()),
        written_to=int(tx.execute(written).scalar_one()),
        visits=sources.visits(tx),
    )


def told(tx: Connection) -> dict[str, datetime]:
    """Which alerts are known to the operator, and when each was said last."""
    return {row.key: row.told_at for row in tx.execute(select(alerts.c.key, alerts.c.told_at))}


def remember(tx: Connection, said: Mapping[str, str], over: Collection[str], at: datetime) -> None:
    """Keep what was said (key to words) and forget what is over."""
    if over:
        tx.execute(delete(alerts).where(alerts.c.key.in_(over)))
    for key, words in said.items():
        put = insert(tx, alerts).values(key=key, says=words, since=at, told_at=at)
        tx.execute(
            put.on_conflict_do_update(
                index_elements=[alerts.c.key], set_={"says": words, "told_at": at}
            )
        )


def _last(tx: Connection) -> LastRow | None:
    row = tx.execute(
        select(issues.c.id, issues.c.newsletter, issues.c.period, issues.c.audience)
        .where(issues.c.released_at.is_not(None), issues.c.audience > 0)
        .order_by(issues.c.released_at.desc(), issues.c.id.desc())
        .limit(1)
    ).first()
    if row is None:
        return None
    rows = select(func.count()).where(
        deliveries.c.issue == row.id, deliveries.c.state == State.FAILED.value
    )
    rolled_up = select(func.coalesce(func.sum(tallies.c.count), 0)).where(
        tallies.c.issue == row.id, tallies.c.state == State.FAILED.value
    )
    failed = tx.execute(rows).scalar_one() + tx.execute(rolled_up).scalar_one()
    return LastRow(
        newsletter=row.newsletter, period=row.period, audience=row.audience, failed=int(failed)
    )

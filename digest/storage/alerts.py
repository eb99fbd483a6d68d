"""What alerts are made of, read off the rows; and which of them were told."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, delete, func, literal_column, select

from digest.delivery import Skip, State
from digest.duty import Cause
from digest.model import SourceId, Visit
from digest.storage import agenda, lateness, paces, postbag, posting, reports, reviews, sources
from digest.storage.agenda import Miss
from digest.storage.dialect import insert
from digest.storage.paces import Of
from digest.storage.postal import alerts, deliveries, issue_hours, misses, tallies, watches
from digest.storage.postal import reviews as review_rows
from digest.storage.reviews import Review
from digest.storage.schema import issues, suppressions

WEEK = timedelta(days=7)
RECENT = timedelta(days=64)  # two months: a monthly issue and the one before it
_SORRY = (Cause.LATE.value, Cause.FAILED.value)


@dataclass(frozen=True, slots=True, kw_only=True)
class LastRow:
    issue: int
    newsletter: str
    cadence: str
    period: str
    audience: int
    failed: int
    returned: int
    stale: int


@dataclass(frozen=True, slots=True, kw_only=True)
class UnfinishedRow:
    """An issue whose audience is being written, or was to be, since then."""

    issue: int
    newsletter: str
    since: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """An alert that was told, and since when it stands."""

    key: str
    says: str
    since: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """Of the last two months. ``settled``: (newsletter, cadence) to the periods that have an issue,
    released or not, or have none on purpose; ``missing``: those that have none by misfortune.
    ``since``: when each calendar was begun; ``waiting``: what waits for the editor;
    ``unfinished``: releases that are not over; ``circuits``: how relays fare, by name."""

    settled: Mapping[tuple[str, str], frozenset[str]]
    missing: tuple[Miss, ...]
    since: Mapping[tuple[str, str], datetime]
    waiting: tuple[Review, ...]
    unfinished: tuple[UnfinishedRow, ...]
    first_due: datetime | None
    lasts: tuple[LastRow, ...]
    circuits: Mapping[str, str]
    complaints: int
    written_to: int
    visits: Mapping[SourceId, Visit]


def seen(tx: Connection, now: datetime) -> Seen:
    """The facts of this moment."""
    waits = [due for _, due in (posting.outlook(tx), postbag.outlook(tx)) if due]
    complained = select(func.count()).where(
        suppressions.c.reason == "complained", suppressions.c.at > now - WEEK
    )
    written = select(func.coalesce(func.sum(issues.c.audience), 0)).where(
        issues.c.released_at > now - WEEK
    )
    return Seen(
        settled=_settled(tx, now - RECENT),
        missing=tuple(one for one in agenda.misses_since(tx, now - RECENT) if one.kind in _SORRY),
        since={(row.newsletter, row.cadence): row.since for row in tx.execute(select(watches))},
        waiting=tuple(reviews.waiting(tx)),
        unfinished=tuple(_unfinished(tx)),
        first_due=min(waits, default=None),
        lasts=_lasts(tx, now),
        circuits=paces.known(tx, Of.CIRCUIT),
        complaints=int(tx.execute(complained).scalar_one()),
        written_to=int(tx.execute(written).scalar_one()),
        visits=sources.visits(tx),
    )


def told(tx: Connection) -> dict[str, datetime]:
    """Which alerts are known to the operator, and when each was said last."""
    return {row.key: row.told_at for row in tx.execute(select(alerts.c.key, alerts.c.told_at))}


def standing(tx: Connection) -> list[Standing]:
    """What the operator was told and is not over yet, the oldest first."""
    asked = select(alerts.c.key, alerts.c.says, alerts.c.since).order_by(
        alerts.c.since, alerts.c.key
    )
    return [Standing(**row._mapping) for row in tx.execute(asked)]


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


def _settled(tx: Connection, since: datetime) -> dict[tuple[str, str], frozenset[str]]:
    found: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
    made = select(issues.c.newsletter, issues.c.cadence, issues.c.period)
    meant = select(misses.c.newsletter, misses.c.cadence, misses.c.period)
    for newsletter, cadence, period in [
        *tx.execute(made.where(issues.c.until > since)),
        *tx.execute(meant.where(misses.c.due > since, misses.c.kind.not_in(_SORRY))),
    ]:
        found[newsletter, cadence].add(period)
    return {key: frozenset(periods) for key, periods in found.items()}


def _unfinished(tx: Connection) -> Iterator[UnfinishedRow]:
    # One that waited for the editor was made long before anybody let it go.
    since = func.coalesce(review_rows.c.release_by, issues.c.created_at).label("since")
    asked = (
        select(issues.c.id.label("issue"), issues.c.newsletter, since)
        .join(review_rows, review_rows.c.issue == issues.c.id, isouter=True)
        .where(issues.c.state == "enrolling")
        .order_by(issues.c.id)
    )
    for row in tx.execute(asked):
        yield UnfinishedRow(**row._mapping)


def _lasts(tx: Connection, now: datetime) -> tuple[LastRow, ...]:
    newest = _newest(tx, now - RECENT)
    back = reports.came_back(tx, min((row.released_at for row in newest), default=None))
    return tuple(_last(tx, row, back, now) for row in newest)


def _newest(tx: Connection, since: datetime) -> list[Row[Any]]:
    """The last issue of each newsletter at each cadence: a small one hides no large one's end."""
    ours = issues.c.released_at > since, issues.c.audience > 0, issues.c.corrects.is_(None)
    last = select(func.max(issues.c.id)).where(*ours)
    columns = (
        issues.c.id,
        issues.c.newsletter,
        issues.c.cadence,
        issues.c.period,
        issues.c.audience,
        issues.c.released_at,
    )
    newest = last.group_by(issues.c.newsletter, issues.c.cadence)
    asked = select(*columns).where(issues.c.id.in_(newest)).order_by(issues.c.id)
    return list(tx.execute(asked))


def _last(
    tx: Connection, row: Row[Any], back: Mapping[tuple[str, str], int], now: datetime
) -> LastRow:
    mine = deliveries.c.issue == row.id
    failed = select(func.count()).where(mine, deliveries.c.state == literal_column("'failed'"))
    return LastRow(
        issue=row.id,
        newsletter=row.newsletter,
        cadence=row.cadence,
        period=row.period,
        audience=row.audience,
        failed=tx.execute(failed).scalar_one()
        + _rolled_up(tx, row.id, tallies.c.state == State.FAILED.value),
        returned=back.get((reports.name_of(row.newsletter, row.cadence, row.period), "hard"), 0),
        stale=(lateness.stale(tx, row.id, row.audience) if _over(tx, row.id, now) else 0)
        + _rolled_up(tx, row.id, tallies.c.skip == Skip.STALE.value),
    )


def _over(tx: Connection, issue: int, now: datetime) -> bool:
    """Whether any of an issue may have come too late by now."""
    over = select(issue_hours.c.issue).where(
        issue_hours.c.issue == issue, issue_hours.c.expires_at <= now
    )
    return tx.execute(over.limit(1)).first() is not None


def _rolled_up(tx: Connection, issue: int, which: ColumnElement[bool]) -> int:
    asked = select(func.coalesce(func.sum(tallies.c.count), 0)).where(
        tallies.c.issue == issue, which
    )
    return int(tx.execute(asked).scalar_one())

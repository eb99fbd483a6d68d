"""Issues on their way: which have something due, who holds what, what an issue has come to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import (
    ColumnElement,
    Connection,
    bindparam,
    exists,
    func,
    literal_column,
    select,
    update,
)

from digest.delivery import Delivery, DeliveryId, Skip, State
from digest.model import Edition
from digest.storage.postal import deliveries, tallies
from digest.storage.schema import editions, issues
from subscribers.model import SubscriberId

# Said in so many words: an index over the queued rows alone is not used for a bound parameter.
_QUEUED = deliveries.c.state == literal_column("'queued'")
_SENDING = deliveries.c.state == literal_column("'sending'")
# ``+ 0`` keeps SQLite from the index on (issue, subscriber): it would walk a million settled rows
# for the few that are on the wire, which have an index of their own.
_IS_ITS_ISSUE = issues.c.id == deliveries.c.issue + 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Sending:
    """An issue that is released and has something due: what its messages are named after."""

    id: int
    newsletter: str
    cadence: str
    period: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A delivery somebody claimed, and whose it is."""

    delivery: Delivery
    subscriber: SubscriberId


# Made once: making it takes twice as long as asking.
_DUE = (
    select(issues.c.id, issues.c.newsletter, issues.c.cadence, issues.c.period)
    .where(
        issues.c.state == "released",
        exists().where(
            deliveries.c.issue == issues.c.id,
            _QUEUED,
            deliveries.c.next_attempt_at <= bindparam("now"),
        ),
    )
    .order_by(issues.c.released_at, issues.c.id)
)


def due(tx: Connection, now: datetime) -> list[Sending]:
    """The released issues that have deliveries that may go now, the oldest first."""
    return [Sending(**row._mapping) for row in tx.execute(_DUE, {"now": now})]


def edition(tx: Connection, issue: int, key: str) -> Edition | None:
    """An edition as release froze it."""
    row = tx.execute(
        select(editions).where(editions.c.issue == issue, editions.c.key == key)
    ).first()
    if row is None:
        return None
    return Edition(
        key=row.key,
        language=row.language,
        subject=row.subject,
        preheader=row.preheader,
        html=row.html,
        text=row.text,
    )


def held(tx: Connection, lease: str) -> list[Held]:
    """What is claimed under a lease and not settled."""
    return _held(tx, lease=lease)


def abandoned(tx: Connection, now: datetime) -> dict[str, list[Held]]:
    """What is claimed under leases that are over, by lease."""
    asked = select(deliveries.c.lease).where(_SENDING, deliveries.c.lease_until <= now).distinct()
    return {lease: _held(tx, lease=lease, until=now) for lease in tx.execute(asked).scalars()}


def over(held: Sequence[Held]) -> datetime | None:
    """When the lease of these is over."""
    return max((one.delivery.lease_until for one in held if one.delivery.lease_until), default=None)


def renew(tx: Connection, lease: str, until: datetime) -> None:
    """A worker that is alive keeps what it holds."""
    tx.execute(
        update(deliveries).where(_SENDING, deliveries.c.lease == lease).values(lease_until=until)
    )


def postpone(tx: Connection, lease: str, ids: Sequence[DeliveryId], until: datetime) -> None:
    """Queue again what is held under ``lease`` and could not leave yet; no attempt is counted."""
    tx.execute(
        update(deliveries)
        .where(deliveries.c.id.in_(ids), deliveries.c.lease == lease)
        .values(
            state="queued",
            attempts=deliveries.c.attempts - 1,
            lease=None,
            lease_until=None,
            next_attempt_at=until,
        )
    )


def outlook(
    tx: Connection, newsletters: Sequence[str] | None = None
) -> tuple[bool, datetime | None]:
    """Whether anything of these newsletters' released issues (None: of all) is not settled, and
    when the first of the queued may go. Asked every two seconds: it counts nothing."""
    released = _released(newsletters)
    of_issue = select(func.min(deliveries.c.next_attempt_at)).where(
        deliveries.c.issue == issues.c.id, _QUEUED
    )
    first = tx.execute(
        select(func.min(of_issue.correlate(issues).scalar_subquery())).where(*released)
    ).scalar()
    if first is not None:
        return True, first
    held = select(deliveries.c.id).join(issues, _IS_ITS_ISSUE).where(*released, _SENDING).limit(1)
    return tx.execute(held).first() is not None, None


def waiting(tx: Connection, newsletters: Sequence[str] | None = None) -> int:
    """How many deliveries of these newsletters' released issues (None: of all) are not settled."""
    released = _released(newsletters)
    queued = (
        select(func.count())
        .select_from(deliveries)
        .join(issues, issues.c.id == deliveries.c.issue)
        .where(*released, _QUEUED)
    )
    sending = (
        select(func.count())
        .select_from(deliveries)
        .join(issues, _IS_ITS_ISSUE)
        .where(*released, _SENDING)
    )
    return int(tx.execute(queued).scalar_one()) + int(tx.execute(sending).scalar_one())


def _released(newsletters: Sequence[str] | None) -> tuple[ColumnElement[bool], ...]:
    released = issues.c.state == "released"
    return (released,) if newsletters is None else (released, issues.c.newsletter.in_(newsletters))


def tally(tx: Connection, issue: int) -> dict[str, int]:
    """How many deliveries of an issue are in each state; those skipped by reason, as ``skipped:
    left``. Rows that were rolled up count as they did."""
    asked = (
        select(deliveries.c.state, deliveries.c.skip, func.count())
        .where(deliveries.c.issue == issue)
        .group_by(deliveries.c.state, deliveries.c.skip)
    )
    rolled_up = select(tallies.c.state, tallies.c.skip, tallies.c.count).where(
        tallies.c.issue == issue
    )
    found: Counter[str] = Counter()
    for state, skip, count in [*tx.execute(asked), *tx.execute(rolled_up)]:
        found[f"{state}: {skip}" if state == State.SKIPPED.value else state] += int(count)
    return dict(found)


def _held(tx: Connection, *, lease: str, until: datetime | None = None) -> list[Held]:
    asked = select(deliveries).where(deliveries.c.lease == lease, _SENDING)
    if until is not None:
        asked = asked.where(deliveries.c.lease_until <= until)
    return [
        Held(
            delivery=Delivery(
                id=DeliveryId(row.id),
                state=State(row.state),
                enrolled_at=row.enrolled_at,
                due_at=row.due_at,
                expires_at=row.expires_at,
                attempts=row.attempts,
                claimed_at=row.claimed_at,
                lease_until=row.lease_until,
                next_attempt_at=row.next_attempt_at,
                skip=Skip(row.skip) if row.skip else None,
            ),
            subscriber=SubscriberId(row.subscriber),
        )
        for row in tx.execute(asked)
    ]

"""Issues that do not get on: of which much waits long after it was due, or came too late."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from sqlalchemy import ColumnElement, Connection, and_, exists, func, select

from digest.delivery import Skip
from digest.storage.dialect import by_index
from digest.storage.postal import deliveries, is_queued, issue_hours
from digest.storage.schema import issues

SAMPLE = 5_000  # rows: a rate of some percent is known by them to a fifth of one
COUNTED = 10_000  # of one issue, and not many more: the look comes every five minutes


@dataclass(frozen=True, slots=True, kw_only=True)
class BehindRow:
    """``due``: the oldest of those that wait; ``waits``: how many, counted up to ``COUNTED``."""

    issue: int
    newsletter: str
    due: datetime
    waits: int
    audience: int
    said: str


def behind(
    tx: Connection, by: datetime, life: timedelta, many: Callable[[int], int]
) -> list[BehindRow]:
    """The released issues of which ``many`` of their audience were due at ``by`` and wait still.

    What is to be tried for a whole ``life`` from a later moment on was queued anew: it counts from
    then.
    """
    by_index(tx)
    begun = exists().where(issue_hours.c.issue == issues.c.id, issue_hours.c.due_at <= by)
    waits = exists().where(deliveries.c.issue == issues.c.id, is_queued)
    asked = select(issues.c.id, issues.c.newsletter, issues.c.audience).where(
        issues.c.state == "released", issues.c.audience > 0, begun, waits
    )
    found = []
    for issue, newsletter, audience in tx.execute(asked.order_by(issues.c.id)).all():
        enough = many(audience)
        count, due, said = _counted(tx, issue, by, life, max(enough, COUNTED))
        if due is not None and count >= enough:
            found.append(
                BehindRow(
                    issue=issue,
                    newsletter=newsletter,
                    due=due,
                    waits=count,
                    audience=audience,
                    said=said,
                )
            )
    return found


def stale(tx: Connection, issue: int, audience: int) -> int:
    """For how many of an issue it was too late; of many, as it is with ``SAMPLE`` of them.

    No index knows them, and the look comes every five minutes: a million are not walked for it.
    They are taken evenly from first to last, as they were enrolled: who was too late may well be
    who came last.
    """
    by_index(tx)
    mine, who = deliveries.c.issue == issue, deliveries.c.subscriber
    ends = [
        tx.execute(select(deliveries.c.id).where(mine).order_by(order).limit(1)).scalar()
        for order in (who, who.desc())
    ]
    first, last = min(filter(None, ends), default=0), max(filter(None, ends), default=0)
    step = (last - first) // SAMPLE + 1
    ids = list(range(first, last + 1, step))
    late = and_(mine, deliveries.c.skip == Skip.STALE.value)
    some = select(func.count().filter(mine), func.count().filter(late))
    seen, found = tx.execute(some.where(deliveries.c.id.in_(ids))).one()
    return int(found) if step == 1 else round(audience * found / max(seen, 1))


def _counted(
    tx: Connection, issue: int, by: datetime, life: timedelta, most: int
) -> tuple[int, datetime | None, str]:
    late = deliveries.c.due_at <= by, deliveries.c.expires_at <= by + life
    count, first, said = 0, None, ""
    for stretch in _stretches(tx, issue, by):
        some = (
            select(deliveries.c.id, deliveries.c.due_at)
            .where(deliveries.c.issue == issue, is_queued, *stretch, *late)
            .order_by(deliveries.c.next_attempt_at, deliveries.c.id)
            .limit(most - count)
            .subquery()
        )
        more, due, last = tx.execute(
            select(func.count(), func.min(some.c.due_at), func.max(some.c.id))
        ).one()
        if more:
            count, first = count + more, min(due, first or due)
            said = said or _answer(tx, last)
        if count >= most:
            break
    return count, first, said


def _stretches(tx: Connection, issue: int, by: datetime) -> Iterator[list[ColumnElement[bool]]]:
    """The queue but for those whose hour came after ``by``: they wait for it just then, and may be
    a million that need not be walked."""
    hours = select(issue_hours.c.due_at).where(
        issue_hours.c.issue == issue, issue_hours.c.due_at > by
    )
    at = deliveries.c.next_attempt_at
    for after, before in pairwise([None, *sorted(set(tx.execute(hours).scalars())), None]):
        yield [
            *([at > after] if after is not None else []),
            *([at < before] if before is not None else []),
        ]


def _answer(tx: Connection, delivery: int) -> str:
    row = tx.execute(
        select(deliveries.c.code, deliveries.c.enhanced, deliveries.c.text).where(
            deliveries.c.id == delivery
        )
    ).one()
    return " ".join(str(part) for part in row if part)

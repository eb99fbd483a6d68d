"""A ledger to try: one issue, people in every standing, and rows as release writes them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, time, timedelta
from itertools import count
from typing import Any

from sqlalchemy import Connection, select
from sqlalchemy.sql import ColumnElement

from digest.delivery import DeliveryId
from digest.storage import claiming, enrolling, issues
from digest.storage.claiming import Claim
from digest.storage.claims import Lease
from digest.storage.enrolling import Hour
from digest.storage.postal import claims, deliveries, is_covered, is_queued, state_now
from subscribers.address import Address
from subscribers.model import Status, Subscriber, SubscriberId, Subscription
from tests import planted
from tests.builders import NOW, an_issue

LIFE = timedelta(hours=20)


def person(tx: Connection, name: str, **given: Any) -> None:
    """Somebody who takes ``daily`` each day, unless it is said otherwise."""
    own = {key: given.pop(key) for key in ("standing", "language", "timezone") if key in given}
    planted.reader(
        tx,
        Subscriber(
            id=SubscriberId(name),
            address=Address.parse(f"{name}@example.org"),
            **{"name": name.title(), "language": "en", **own},
        ),
        Subscription(
            subscriber=SubscriberId(name),
            newsletter=given.pop("newsletter", "daily"),
            **{"status": Status.ACTIVE, "cadence": "daily", **given},
        ),
    )


def issue(tx: Connection, *, due: datetime = NOW, state: str = "enrolling", **given: Any) -> int:
    """An issue that is enrolling, with nobody written down yet."""
    new = issues.freeze(tx, an_issue(lead=None, **given), (), state=state, at=NOW)
    assert new is not None
    own = Hour(timezone="", hour=None, due_at=due, expires_at=due + LIFE)
    enrolling.freeze_audience(
        tx,
        new,
        hours=[own],
        choices=enrolling.choices(tx, an_issue().newsletter, "daily"),
        edition_for=lambda _: "en",
    )
    return new


def released(tx: Connection, *names: str, **given: Any) -> int:
    """A released issue with a row for each of ``names``."""
    for name in names:
        person(tx, name)
    new = issue(tx, **given)
    while enrolling.enrol(tx, new, NOW):
        pass
    issues.released(tx, new, NOW)
    return new


def rows(tx: Connection, *columns: str) -> dict[str, Any]:
    """Subscriber to the columns of their row; the bare value where there is one column."""
    found = tx.execute(select(deliveries.c.subscriber, *map(column, columns)))
    return {row[0]: row[1] if len(columns) == 1 else tuple(row[1:]) for row in found}


def column(name: str) -> ColumnElement[Any]:
    """A column of deliveries: also its state as people see it, and what its claim says."""
    if name == "state":
        return state_now
    if name in ("lease", "lease_until"):
        held = select(claims.c[name]).where(is_queued, is_covered)
        return held.correlate(deliveries).scalar_subquery()
    return deliveries.c[name]


def ids(tx: Connection) -> dict[str, DeliveryId]:
    return {name: DeliveryId(id_) for name, id_ in rows(tx, "id").items()}


_numbers = count(1)


def claim(
    tx: Connection,
    lease: str,
    *,
    now: datetime = NOW,
    limit: int = 10,
    issue: int = 1,
    numbers: Iterator[int] = _numbers,
) -> list[Claim]:
    """Claim for half an hour."""
    until = now + timedelta(minutes=30)
    return claiming.claim(
        tx, issue, Lease(name=lease, until=until, numbers=numbers), now=now, limit=limit
    )


def an_hour(zone: str, hour: time, due: datetime) -> Hour:
    return Hour(timezone=zone, hour=hour, due_at=due, expires_at=due + LIFE)

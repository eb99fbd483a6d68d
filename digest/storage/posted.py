"""A mail of ours that somebody speaks of: to whom it went, where, and for which newsletter."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, func, select

from digest.delivery import Posted
from digest.storage import consents, reports
from digest.storage.postal import deliveries
from digest.storage.schema import issues, letters, subscriptions
from subscribers.acts import ConfirmAddress
from subscribers.address import Address
from subscribers.model import Subscriber, SubscriberId


def letter(tx: Connection, row: int) -> Posted | None:
    """The letter of a row; None once it is forgotten."""
    found = tx.execute(select(letters).where(letters.c.id == row)).first()
    return _written(found) if found else None


def delivery(tx: Connection, row: int) -> Posted | None:
    """The issue of a delivery, and whom it went to; None once it is forgotten."""
    found = tx.execute(
        _issues()
        .add_columns(deliveries.c.subscriber, deliveries.c.due_at)
        .join(deliveries, deliveries.c.issue == issues.c.id)
        .where(deliveries.c.id == row)
    ).first()
    if found is None:
        return None
    return replace(_issued(found, SubscriberId(found.subscriber)), due=found.due_at)


def recent(tx: Connection, subscriber: SubscriberId, since: datetime, limit: int) -> list[Posted]:
    """What may have been sent to a person since a moment, the newest first: at most ``limit`` of
    the letters, and as many of the issues of what they subscribe to."""
    written = select(letters).where(
        letters.c.subscriber == subscriber, letters.c.enrolled_at > since
    )
    of_letters = tx.execute(written.order_by(letters.c.id.desc()).limit(limit))
    held = select(subscriptions.c.newsletter).where(subscriptions.c.subscriber == subscriber)
    made = _issues().where(issues.c.newsletter.in_(held), issues.c.created_at > since)
    found = tx.execute(made.order_by(issues.c.created_at.desc()).limit(limit))
    return [*map(_written, of_letters), *(_issued(row, subscriber) for row in found)]


def went_to(tx: Connection, mail: Posted, person: Subscriber) -> Address | None:
    """Where a mail to a person went; None for an issue that was made before they moved, which may
    have gone to either address."""
    if mail.address is not None:
        return mail.address
    moved = consents.last(tx, person.id, (ConfirmAddress.name,))
    return None if moved is not None and moved > mail.at else person.address


def is_past(tx: Connection, mail: Posted) -> bool:
    """Whether a mail left before its person's last fresh start, so that what it meets proves
    nothing of today. Not where it was never known to have left."""
    began = reports.fresh_start(tx, mail.subscriber)
    left = tx.execute(_left(mail)).scalar() if began else None
    return began is not None and left is not None and left <= began


def _left(mail: Posted) -> Select[Any]:
    if mail.issue is None:
        asked = select(letters.c.settled_at)
        return asked.where(letters.c.id == mail.letter, letters.c.state == "sent")
    cadence, period = mail.issue
    return (
        select(deliveries.c.settled_at)
        .join(issues, issues.c.id == deliveries.c.issue)
        .where(
            issues.c.newsletter == mail.newsletter,
            issues.c.cadence == cadence,
            issues.c.period == period,
            deliveries.c.subscriber == mail.subscriber,
            deliveries.c.state == "sent",
        )
    )


def _written(row: Row[Any]) -> Posted:
    return Posted(
        subscriber=SubscriberId(row.subscriber),
        newsletter=row.newsletter,
        at=row.enrolled_at,
        due=row.due_at,
        letter=row.id,
        address=Address.parse(row.address),
    )


def _issues() -> Select[Any]:
    return select(
        issues.c.newsletter,
        issues.c.cadence,
        issues.c.period,
        func.coalesce(issues.c.released_at, issues.c.created_at).label("at"),
    )


def _issued(row: Row[Any], subscriber: SubscriberId) -> Posted:
    return Posted(
        subscriber=subscriber,
        newsletter=row.newsletter,
        at=row.at,
        issue=(row.cadence, row.period),
    )

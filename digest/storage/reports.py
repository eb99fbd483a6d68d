"""What came back about whom: each report once, with the words of whoever wrote it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, func, select

from digest.storage.dialect import insert
from digest.storage.postal import deliveries
from digest.storage.schema import (
    consent_log,
    issues,
    letters,
    reports,
    subscribers,
    subscriptions,
)
from subscribers.acts import Admit, Confirm, ConfirmAddress, Reinstate
from subscribers.address import Address
from subscribers.model import SubscriberId

# What a person does, or the operator for them, after which older failures count no more.
_FRESH = (Confirm.name, ConfirmAddress.name, Admit.name, Reinstate.name)
_ADDRESS = re.compile(r"[^\s<>;:,()\"']+@[^\s<>;:,()\"']+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """One report. ``message``: the name of the mail it is about; ``code`` RFC 3463 or empty.

    ``original``: the beginning of the report as it came; empty where there was nothing but words.
    """

    subscriber: SubscriberId
    at: datetime
    kind: str
    source: str
    code: str
    text: str
    message: str
    original: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A line of the list of reports, with the address as it is now."""

    id: int
    address: Address
    at: datetime
    kind: str
    source: str
    code: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Posted:
    """A mail that we sent: to whom, for which newsletter, when it was owed.

    ``due``: of a row, when it was to go. ``issue``: its cadence and period; None for a letter,
    which has ``letter``, its row.
    """

    subscriber: SubscriberId
    newsletter: str
    at: datetime
    due: datetime | None = None
    issue: tuple[str, str] | None = None
    letter: int | None = None


def add(tx: Connection, report: Report) -> bool:
    """Keep a report; False if the same was told of the same mail before."""
    values = {
        "subscriber": report.subscriber,
        "at": report.at,
        "kind": report.kind,
        "source": report.source,
        "code": report.code,
        "text": report.text,
        "message": report.message,
        "original": report.original,
    }
    made = tx.execute(
        insert(tx, reports).values(values).on_conflict_do_nothing().returning(reports.c.id)
    ).first()
    return made is not None


def counted(tx: Connection, subscriber: SubscriberId, kind: str, since: datetime) -> int:
    """How many reports of a kind there are since a moment, and since the person's last fresh start:
    a confirmation, or the operator's word."""
    began = _last(tx, subscriber, _FRESH)
    asked = select(func.count()).where(
        reports.c.subscriber == subscriber,
        reports.c.kind == kind,
        reports.c.at > (max(since, began) if began else since),
    )
    return int(tx.execute(asked).scalar_one())


def moved_since(tx: Connection, subscriber: SubscriberId, at: datetime) -> bool:
    """Whether the person has another address than at a moment."""
    last = _last(tx, subscriber, (ConfirmAddress.name,))
    return last is not None and last > at


def page(
    tx: Connection, *, address: Address | None = None, kind: str | None = None, limit: int
) -> list[Kept]:
    """The newest reports, of one person or one kind where that is asked."""
    asked = _lines().order_by(reports.c.at.desc(), reports.c.id.desc()).limit(limit)
    if address is not None:
        asked = asked.where(subscribers.c.address_key == address.key)
    if kind is not None:
        asked = asked.where(reports.c.kind == kind)
    return [_kept(row) for row in tx.execute(asked)]


def shown(tx: Connection, report: int) -> tuple[Kept, bytes] | None:
    """One report and its original."""
    row = tx.execute(_lines().add_columns(reports.c.original).where(reports.c.id == report)).first()
    return (_kept(row), row.original) if row else None


def of(tx: Connection, subscriber: SubscriberId) -> list[dict[str, object]]:
    """What reports said of a person, as plain values for themselves.

    Without the originals, and with no address but their own: a report may name other people.
    """
    asked = _lines().where(reports.c.subscriber == subscriber).order_by(reports.c.id)
    return [
        {
            "at": row.at,
            "kind": row.kind,
            "source": row.source,
            "code": row.code,
            "text": _without_others(row.text, row.address),
        }
        for row in tx.execute(asked)
    ]


def letter(tx: Connection, row: int) -> Posted | None:
    """The letter of a row; None once it is forgotten."""
    found = tx.execute(select(letters).where(letters.c.id == row)).first()
    if found is None:
        return None
    return Posted(
        subscriber=SubscriberId(found.subscriber),
        newsletter=found.newsletter,
        at=found.enrolled_at,
        due=found.due_at,
        letter=row,
    )


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
    written = select(letters.c.id).where(
        letters.c.subscriber == subscriber, letters.c.enrolled_at > since
    )
    rows = list(tx.execute(written.order_by(letters.c.id.desc()).limit(limit)).scalars())
    of_letters = [one for row in rows if (one := letter(tx, row))]
    held = select(subscriptions.c.newsletter).where(subscriptions.c.subscriber == subscriber)
    made = _issues().where(issues.c.newsletter.in_(held), issues.c.created_at > since)
    found = tx.execute(made.order_by(issues.c.created_at.desc()).limit(limit))
    return [*of_letters, *(_issued(row, subscriber) for row in found)]


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


def _last(tx: Connection, subscriber: SubscriberId, acts: Sequence[str]) -> datetime | None:
    return tx.execute(
        select(func.max(consent_log.c.at)).where(
            consent_log.c.subscriber == subscriber, consent_log.c.act.in_(acts)
        )
    ).scalar()


def _without_others(text: str, own: str) -> str:
    def shown(found: re.Match[str]) -> str:
        return found[0] if found[0].rstrip(".").lower() == own.lower() else "…"

    return _ADDRESS.sub(shown, text)


def _lines() -> Select[Any]:
    return select(
        reports.c.id,
        subscribers.c.address,
        reports.c.at,
        reports.c.kind,
        reports.c.source,
        reports.c.code,
        reports.c.text,
    ).join(subscribers, subscribers.c.id == reports.c.subscriber)


def _kept(row: Row[Any]) -> Kept:
    return Kept(
        id=row.id,
        address=Address.parse(row.address),
        at=row.at,
        kind=row.kind,
        source=row.source,
        code=row.code,
        text=row.text,
    )

"""What came back about whom: each report once, with the words of whoever wrote it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, func, select, update

from digest.storage import consents, dialect
from digest.storage.schema import reports, subscribers
from subscribers.acts import Admit, Confirm, ConfirmAddress, Reinstate
from subscribers.address import Address
from subscribers.model import SubscriberId

# What a person does, or the operator for them, after which older failures count no more.
_FRESH = (Confirm.name, ConfirmAddress.name, Admit.name, Reinstate.name)
_SENDING = "smtp"  # the source of what a relay said to a mail while it was being sent
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


def add(tx: Connection, report: Report) -> bool:
    """Keep a report; False if the same was told of the same mail before.

    What was said before the person's last fresh start was taken back. A refusal while sending is
    no repetition of it, nor is anything one of such a refusal: then it stands in its place.
    """
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
    return dialect.add(tx, reports, values) or _told_anew(tx, report, values)


def counted(tx: Connection, subscriber: SubscriberId, kind: str, since: datetime) -> int:
    """How many reports of a kind there are since a moment, and since the person's last fresh start:
    a confirmation, or the operator's word."""
    began = fresh_start(tx, subscriber)
    asked = select(func.count()).where(
        reports.c.subscriber == subscriber,
        reports.c.kind == kind,
        reports.c.at > (max(since, began) if began else since),
    )
    return int(tx.execute(asked).scalar_one())


def fresh_start(tx: Connection, subscriber: SubscriberId) -> datetime | None:
    """When a person confirmed last, or the operator said that they may be written to."""
    return consents.last(tx, subscriber, _FRESH)


def came_back(tx: Connection, since: datetime | None) -> Counter[tuple[str, str]]:
    """How many reports of a kind, ``hard`` or ``complaint``, there are about an issue since a
    moment: by its ``name_of`` and the kind. Nothing without a moment.

    Without refusals while sending: the deliveries that failed say so themselves.
    """
    if since is None:
        return Counter()
    # A report is named after the mail it is about, which ends with the person (postmark.py).
    named, person = reports.c.message, reports.c.subscriber
    issue = func.substr(named, 1, func.length(named) - func.length(person) - 1)
    asked = (
        select(issue, reports.c.kind, func.count())
        .where(reports.c.at >= since, reports.c.kind.in_(("hard", "complaint")))
        .where(func.length(named) > func.length(person), reports.c.source != _SENDING)
        .group_by(issue, reports.c.kind)
    )
    return Counter({(about, kind): count for about, kind, count in tx.execute(asked)})


def name_of(newsletter: str, cadence: str, period: str) -> str:
    """What the names of all mails of an issue begin with."""
    return f"{newsletter}|{cadence}|{period}"


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
            "text": without_others(row.text, row.address),
        }
        for row in tx.execute(asked)
    ]


def without_others(text: str, own: str) -> str:
    """Words of a mail server or a report, with no address but their own."""

    def shown(found: re.Match[str]) -> str:
        return found[0] if found[0].rstrip(".").lower() == own.lower() else "…"

    return _ADDRESS.sub(shown, text)


def _told_anew(tx: Connection, report: Report, values: Mapping[str, object]) -> bool:
    began = fresh_start(tx, report.subscriber)
    if began is None:
        return False
    # What comes back by mail or webhook comes again, days later and from another server, too.
    same = reports.c.message == report.message, reports.c.kind == report.kind
    old = update(reports).where(*same, reports.c.at <= began)
    if report.source != _SENDING:
        old = old.where(reports.c.source == _SENDING)
    return tx.execute(old.values(values)).rowcount == 1


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

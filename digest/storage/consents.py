"""The consent log, and the list of those who must not come back unasked."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, bindparam, delete, func, select, tuple_, update

from digest.storage.dialect import add, batches, by_index
from digest.storage.schema import consent_log, suppressions
from subscribers.consent import Entry
from subscribers.model import By, SubscriberId
from subscribers.standing import Suppression

LIMIT = 500  # lines changed in one go: who joins meanwhile waits for it


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What a publisher can show when asked: to which words somebody agreed, and where.

    ``page``: a path or command, never with a query. ``ip_mark``: a keyed hash.
    """

    text_version: str | None = None
    page: str | None = None
    ip_mark: str | None = None


NO_EVIDENCE = Evidence()


def note(
    tx: Connection, subscriber: SubscriberId, entry: Entry, evidence: Evidence = NO_EVIDENCE
) -> None:
    """Add a line to a person's log; the same line twice is one."""
    add(tx, consent_log, row(subscriber, entry, evidence))


def log_of(tx: Connection, subscriber: SubscriberId) -> list[tuple[Entry, Evidence]]:
    """A person's whole history, oldest first."""
    asked = (
        select(consent_log)
        .where(consent_log.c.subscriber == subscriber)
        .order_by(consent_log.c.at, consent_log.c.newsletter, consent_log.c.act)
    )
    return [
        (
            Entry(
                act=one.act,
                by=By(one.actor),
                at=one.at,
                newsletter=one.newsletter,
                before=one.was,
                after=one.became,
            ),
            Evidence(text_version=one.text_version, page=one.page, ip_mark=one.ip_mark),
        )
        for one in tx.execute(asked)
    ]


def last(tx: Connection, subscriber: SubscriberId, acts: Sequence[str]) -> datetime | None:
    """When a person, or somebody for them, did one of these acts last."""
    return tx.execute(
        select(func.max(consent_log.c.at)).where(
            consent_log.c.subscriber == subscriber, consent_log.c.act.in_(acts)
        )
    ).scalar()


def times(
    tx: Connection, subscriber: SubscriberId, act: str, since: datetime
) -> tuple[datetime, ...]:
    """When an act is in a person's log after ``since``."""
    asked = select(consent_log.c.at).where(
        consent_log.c.subscriber == subscriber, consent_log.c.act == act, consent_log.c.at > since
    )
    return tuple(tx.execute(asked).scalars())


def forget_networks(tx: Connection, before: datetime, limit: int = LIMIT) -> int:
    """Take the keyed hash of the network off the next lines older than ``before``; how many. 0:
    none has one."""
    by_index(tx)
    key = tuple(consent_log.primary_key)
    old = select(*key).where(consent_log.c.ip_mark.is_not(None), consent_log.c.at < before)
    some = tuple_(*key).in_(old.order_by(consent_log.c.at).limit(limit))
    return int(tx.execute(update(consent_log).where(some).values(ip_mark=None)).rowcount)


def row(subscriber: SubscriberId, entry: Entry, evidence: Evidence) -> dict[str, object]:
    """The columns of a line, its person first."""
    return {
        "subscriber": subscriber,
        "at": entry.at,
        "newsletter": entry.newsletter,
        "act": entry.act,
        "actor": entry.by.value,
        "was": entry.before,
        "became": entry.after,
        "text_version": evidence.text_version,
        "page": evidence.page,
        "ip_mark": evidence.ip_mark,
    }


def suppress(tx: Connection, mark: str, reason: Suppression, at: datetime) -> None:
    """Put a mark on the list; the first reason stands."""
    add(tx, suppressions, {"mark": mark, "reason": reason.value, "at": at})


def lift(tx: Connection, marks: Collection[str]) -> bool:
    """Take marks off the list; whether one was on it."""
    return bool(tx.execute(delete(suppressions).where(suppressions.c.mark.in_(marks))).rowcount)


def why_suppressed(tx: Connection, marks: Collection[str]) -> str | None:
    """Why the address of these marks is on the list; None where it is not."""
    asked = select(suppressions.c.reason).where(suppressions.c.mark.in_(marks))
    return tx.execute(asked.order_by(suppressions.c.at.desc()).limit(1)).scalar()


def suppressed(tx: Connection, marks: Collection[str]) -> set[str]:
    """Which of the marks are on the list."""
    found: set[str] = set()
    for some in batches(marks):
        found.update(tx.execute(_SUPPRESSED, {"marks": some}).scalars())
    return found


_SUPPRESSED = select(suppressions.c.mark).where(
    suppressions.c.mark.in_(bindparam("marks", expanding=True))
)


def any_suppressed(tx: Connection) -> bool:
    """Whether the list holds anything: an import need not hash a million addresses for nothing."""
    return tx.execute(select(suppressions.c.mark).limit(1)).first() is not None

"""Issues that wait for the editor: until when, and whether they were asked."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select, update

from digest.duty import Cause
from digest.model import NewsletterId
from digest.storage import agenda
from digest.storage.agenda import Miss
from digest.storage.postal import reviews
from digest.storage.schema import editions, issues


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """One that waits. ``due``: when its period was; ``release_by`` None: as long as it takes."""

    issue: int
    newsletter: NewsletterId
    cadence: str
    period: str
    subject: str
    due: datetime
    release_by: datetime | None
    asked_at: datetime | None


def add(tx: Connection, issue: int, due: datetime, release_by: datetime | None) -> None:
    tx.execute(reviews.insert().values(issue=issue, due=due, release_by=release_by))


def waiting(tx: Connection) -> list[Review]:
    """What waits, the oldest first."""
    asked = (
        select(
            reviews.c.issue,
            issues.c.newsletter,
            issues.c.cadence,
            issues.c.period,
            issues.c.subject,
            reviews.c.due,
            reviews.c.release_by,
            reviews.c.asked_at,
        )
        .join(issues, issues.c.id == reviews.c.issue)
        .where(issues.c.state == "draft")
        .order_by(reviews.c.issue)
    )
    return [Review(**row._mapping) for row in tx.execute(asked)]


def find(tx: Connection, issue: int) -> Review | None:
    """One that waits; None where it does not any more."""
    return next((one for one in waiting(tx) if one.issue == issue), None)


def set_release(tx: Connection, issue: int, at: datetime) -> None:
    """Let it go at ``at``."""
    tx.execute(update(reviews).where(reviews.c.issue == issue).values(release_by=at))


def set_asked(tx: Connection, issue: int, at: datetime) -> None:
    """The editor has the letter."""
    tx.execute(update(reviews).where(reviews.c.issue == issue).values(asked_at=at))


def give_way(
    tx: Connection, newsletter: NewsletterId, cadence: str, period: str, now: datetime
) -> None:
    """What waits of a newsletter is discarded for the sake of the issue of a newer period."""
    for one in waiting(tx):
        if (one.newsletter, one.cadence) == (newsletter, cadence) and one.period != period:
            # Approved or overdue while the other was made already, which tells the same stories.
            late = one.release_by is not None and one.release_by <= now
            why = "it was let go too late, after" if late else "nobody approved it before"
            discard(tx, one, f"{why} the issue of {period}, which takes its place", now)


def discard(tx: Connection, one: Review, reason: str, now: datetime) -> None:
    """It goes to nobody, ever, and its period keeps the sentence that says why."""
    tx.execute(update(issues).where(issues.c.id == one.issue).values(state="discarded"))
    why = Miss(
        newsletter=one.newsletter,
        cadence=one.cadence,
        period=one.period,
        due=one.due,
        reason=reason,
        at=now,
        kind=Cause.HELD.value,
    )
    agenda.miss(tx, [why])


def text(tx: Connection, issue: int) -> str:
    """The words of the whole issue in its own language, its places still blank; empty: none."""
    asked = (
        select(editions.c.text)
        .join(issues, issues.c.id == editions.c.issue)
        .where(editions.c.issue == issue)
        .order_by(editions.c.language != issues.c.language, editions.c.key)
    )
    return tx.execute(asked.limit(1)).scalar() or ""

"""The issues of each newsletter, their editions, and what they told."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, and_, exists, func, or_, select, update

from digest.model import Article, Edition, Issue, NewsletterId
from digest.storage import volume
from digest.storage.articles import article_of
from digest.storage.dialect import insert
from digest.storage.postal import deliveries, tallies
from digest.storage.schema import articles, editions, issues, told

# The states in which an issue's window and stories count for the ones that follow.
COUNTED = ("enrolling", "released", "paused", "cancelled")


@dataclass(frozen=True, slots=True, kw_only=True)
class IssueRow:
    id: int
    period: str
    number: int
    state: str
    since: datetime
    until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where an issue tells an article: ``story`` is counted from 1."""

    issue: IssueRow
    newsletter: str
    cadence: str
    story: int
    leads: bool  # else another article leads that story
    score: float


_ROW = (
    issues.c.id,
    issues.c.period,
    issues.c.number,
    issues.c.state,
    issues.c.since,
    issues.c.until,
)


def last(tx: Connection, newsletter: NewsletterId, cadence: str) -> IssueRow | None:
    """The newest issue that told its news: its ``until`` is where the next window begins."""
    row = tx.execute(
        select(*_ROW)
        .where(
            issues.c.newsletter == newsletter,
            issues.c.cadence == cadence,
            _reached(),
        )
        .order_by(issues.c.until.desc(), issues.c.id.desc())
    ).first()
    return IssueRow(**row._mapping) if row else None


def next_number(tx: Connection, newsletter: NewsletterId) -> int:
    """The number of the next issue of a newsletter; the first is 1."""
    highest = tx.execute(
        select(func.max(issues.c.number)).where(
            issues.c.newsletter == newsletter, issues.c.state.in_(COUNTED)
        )
    ).scalar()
    return int(highest or 0) + 1


def told_since(
    tx: Connection, newsletter: NewsletterId, cadence: str, since: datetime
) -> list[tuple[Article, str]]:
    """The articles that issues released after ``since`` told, each with that issue's period."""
    rows = tx.execute(
        select(articles, issues.c.period.label("period"))
        .join(told, told.c.article_url == articles.c.url)
        .join(issues, issues.c.id == told.c.issue)
        .where(
            issues.c.newsletter == newsletter,
            issues.c.cadence == cadence,
            issues.c.until > since,
            _reached(),
        )
        .order_by(issues.c.until, told.c.position, articles.c.url)
    )
    return [(article_of(row), row.period) for row in rows]


def _reached() -> ColumnElement[bool]:
    """Whether an issue counts and told its news: a cancelled one that left for nobody did not."""
    left = deliveries.c.state.in_(("queued", "sending", "sent"))  # queued: a worker has it still
    return and_(
        issues.c.state.in_(COUNTED),
        or_(
            issues.c.state != "cancelled",
            exists().where(deliveries.c.issue == issues.c.id, left),
            exists().where(tallies.c.issue == issues.c.id, tallies.c.state == "sent"),
        ),
    )


def that_told(tx: Connection, url: str) -> list[Place]:
    """Where the article at ``url`` was told, or waits to be, the newest last; no correction."""
    rows = tx.execute(
        select(
            *_ROW,
            issues.c.newsletter,
            issues.c.cadence,
            told.c.story,
            told.c.leads,
            told.c.score,
        )
        .join(told, told.c.issue == issues.c.id)
        .where(
            told.c.article_url == url,
            or_(issues.c.state == "draft", _reached()),
            issues.c.corrects.is_(None),
        )
        .order_by(issues.c.newsletter, issues.c.id)
    )
    return [
        Place(
            issue=IssueRow(**{column.name: row._mapping[column.name] for column in _ROW}),
            newsletter=row.newsletter,
            cadence=row.cadence,
            story=row.story + 1,
            leads=row.leads,
            score=row.score,
        )
        for row in rows
    ]


def of_period(tx: Connection, newsletter: str, cadence: str, period: str) -> IssueRow | None:
    """The issue of a period that counts; None where there is none yet."""
    row = tx.execute(
        select(*_ROW).where(
            issues.c.newsletter == newsletter,
            issues.c.cadence == cadence,
            issues.c.period == period,
            issues.c.state.in_(COUNTED),
        )
    ).first()
    return IssueRow(**row._mapping) if row else None


def enrolling(tx: Connection) -> list[IssueRow]:
    """The issues whose audience is still being written."""
    asked = select(*_ROW).where(issues.c.state == "enrolling").order_by(issues.c.id)
    return [IssueRow(**row._mapping) for row in tx.execute(asked)]


def released(tx: Connection, issue: int, at: datetime) -> int:
    """The audience of an issue is written: it may leave from now on. How many they are."""
    tx.execute(
        update(issues)
        .where(issues.c.id == issue, issues.c.state == "enrolling")
        .values(state="released", released_at=at)
    )
    return int(tx.execute(select(issues.c.audience).where(issues.c.id == issue)).scalar() or 0)


def next_extra(tx: Connection, newsletter: NewsletterId, cadence: str) -> str:
    """The period of the next issue made by hand: extra-1, extra-2 ..."""
    asked = select(issues.c.period).where(
        issues.c.newsletter == newsletter,
        issues.c.cadence == cadence,
        issues.c.period.startswith("extra-"),
    )
    taken = [int(period.removeprefix("extra-")) for period in tx.execute(asked).scalars()]
    return f"extra-{max(taken, default=0) + 1}"


def freeze(
    tx: Connection,
    issue: Issue,
    made: Sequence[Edition],
    *,
    state: str,
    at: datetime,
    corrects: int | None = None,
    id_domain: str | None = None,
) -> int | None:
    """Keep an issue with what it tells and its editions; its id, or None if its period is taken.

    ``id_domain``: of its Message-IDs, from now on.
    """
    new = tx.execute(
        insert(tx, issues)
        .values(
            newsletter=issue.newsletter,
            cadence=issue.cadence,
            period=issue.period,
            state=state,
            number=issue.number,
            since=issue.since,
            until=issue.until,
            language=issue.language,
            subject=issue.subject,
            preheader=issue.preheader,
            created_at=at,
            released_at=at if state == "released" else None,
            corrects=corrects,
            content=volume.written(issue),
            id_domain=id_domain,
        )
        .on_conflict_do_nothing()
        .returning(issues.c.id)
    ).scalar()
    if new is None:
        return None
    rows = _told_rows(new, issue)
    if rows:
        tx.execute(insert(tx, told).on_conflict_do_nothing(), rows)
    if made:
        tx.execute(editions.insert(), [_edition_row(new, edition) for edition in made])
    return int(new)


def _told_rows(issue_id: int, issue: Issue) -> list[dict[str, object]]:
    return [
        {
            "issue": issue_id,
            "article_url": article.url,
            "story": number,
            "position": place,
            "leads": place == 0,
            "score": story.score,
        }
        for number, story in enumerate(issue.stories)
        for place, article in enumerate(story.articles)
    ]


def _edition_row(issue_id: int, edition: Edition) -> dict[str, object]:
    return {
        "issue": issue_id,
        "key": edition.key,
        "language": edition.language,
        "subject": edition.subject,
        "preheader": edition.preheader,
        "html": edition.html,
        "text": edition.text,
    }

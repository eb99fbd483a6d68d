"""The last released issue, as a stranger may see it before joining."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select

from digest.model import NewsletterId
from digest.storage.schema import articles, issues, told

HEADLINES = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Headline:
    title: str
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Showcase:
    """``until``: where the issue's window ends (aware UTC)."""

    number: int
    until: datetime
    headlines: tuple[Headline, ...]


def latest(tx: Connection, newsletter: NewsletterId, cadence: str) -> Showcase | None:
    """The newest issue that went out, with the first of its lead articles; None before that."""
    issue = tx.execute(
        select(issues.c.id, issues.c.number, issues.c.until)
        .where(
            issues.c.newsletter == newsletter,
            issues.c.cadence == cadence,
            issues.c.state == "released",
        )
        .order_by(issues.c.until.desc(), issues.c.id.desc())
        .limit(1)
    ).first()
    if issue is None:
        return None
    leads = tx.execute(
        select(articles.c.title, articles.c.source_name)
        .join(told, told.c.article_url == articles.c.url)
        .where(told.c.issue == issue.id, told.c.leads)
        .order_by(told.c.story)
        .limit(HEADLINES)
    )
    return Showcase(
        number=issue.number,
        until=issue.until,
        headlines=tuple(Headline(title=row.title, source=row.source_name) for row in leads),
    )

"""A database to the throwaway copy that a rehearsal works on: the editorial tables only."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, Table, insert, select

from digest.storage.database import Store
from digest.storage.dialect import batches
from digest.storage.schema import articles, issues, sightings, sources, told


async def seed(main: Store, copy: Store, since: datetime) -> None:
    """Copy sources, articles first seen after ``since`` or told after it, and the issues.

    No person is copied: a rehearsal asks the database itself for its audience.
    """
    for table, rows in await main.read(_editorial, since):
        await copy.write(_pour, table, rows)


def _editorial(tx: Connection, since: datetime) -> list[tuple[Table, Sequence[Row[Any]]]]:
    recent = issues.c.until > since
    retold = select(told.c.article_url).join(issues, issues.c.id == told.c.issue).where(recent)
    wanted = select(articles.c.url).where(
        (articles.c.first_seen > since) | articles.c.url.in_(retold)
    )
    questions: list[tuple[Table, Select[Any]]] = [
        (sources, select(sources)),
        (articles, select(articles).where(articles.c.url.in_(wanted))),
        (
            sightings,
            select(sightings).where(
                sightings.c.article_url.in_(wanted)
                | (sightings.c.article_url.is_(None) & (sightings.c.seen_at > since))
            ),
        ),
        (issues, select(issues)),
        (told, select(told).where(told.c.article_url.in_(wanted))),
    ]
    return [(table, tx.execute(question).all()) for table, question in questions]


def _pour(tx: Connection, table: Table, rows: Sequence[Row[Any]]) -> None:
    for some in batches(rows):
        tx.execute(insert(table), [dict(row._mapping) for row in some])

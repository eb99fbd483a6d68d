"""What is remembered of each source between visits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from sqlalchemy import Connection, Row, select, update

from digest.model import SourceId, Visit
from digest.storage.dialect import put
from digest.storage.schema import sources


def visits(tx: Connection) -> dict[SourceId, Visit]:
    """Every source that was ever visited."""
    return {SourceId(row.source): _visit(row) for row in tx.execute(select(sources))}


def visit(tx: Connection, source: SourceId) -> Visit | None:
    row = tx.execute(select(sources).where(sources.c.source == source)).first()
    return _visit(row) if row else None


def remember(tx: Connection, visit: Visit) -> None:
    """Keep the newest visit of a source in place of the one before."""
    put(tx, sources, asdict(visit))


def wake(tx: Connection, named: Sequence[SourceId]) -> None:
    """Let sources be visited at once: they rest no more, nor are they gone."""
    told = update(sources).where(sources.c.source.in_(named))
    tx.execute(told.values(next_visit=None, gone=False))


def _visit(row: Row[Any]) -> Visit:
    return Visit(**row._mapping)  # the columns bear the fields' names

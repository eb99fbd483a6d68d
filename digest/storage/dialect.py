"""The named spot for what SQLite and PostgreSQL say differently. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, TypeVar

from sqlalchemy import JSON, Connection, Table, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.types import TypeEngine

T = TypeVar("T")

# SQLite allows 32,766 variables in a statement; the widest of our rows has 16.
ROWS_AT_ONCE = 500


def insert(tx: Connection, table: Table) -> sqlite.Insert | postgresql.Insert:
    """An INSERT that understands ON CONFLICT on the dialect at hand."""
    if tx.dialect.name == "postgresql":
        return postgresql.insert(table)
    return sqlite.insert(table)


def alone(tx: Connection, table: Table) -> None:
    """Let nobody else write to ``table`` until the end of this transaction; others may read."""
    if tx.dialect.name == "postgresql":  # SQLite's transactions that write are alone by nature
        tx.execute(text(f'LOCK TABLE "{table.name}" IN SHARE ROW EXCLUSIVE MODE'))


def pour(tx: Connection, table: Table, rows: Sequence[dict[str, object]]) -> None:
    """Add many rows that share their columns by the driver's fastest way. No conflict may occur."""
    if not rows:
        return
    names = list(rows[0])
    columns = ", ".join(f'"{name}"' for name in names)
    kinds = [table.c[name].type for name in names]
    if tx.dialect.name == "postgresql":
        cursor = tx.connection.cursor()
        with cursor.copy(f'COPY "{table.name}" ({columns}) FROM STDIN') as copy:
            for row in rows:
                copy.write_row([_bare(row[n], k) for n, k in zip(names, kinds, strict=True)])
        return
    marks = ", ".join("?" * len(names))
    columns_of = [[_bare(row[n], k) for row in rows] for n, k in zip(names, kinds, strict=True)]
    tx.exec_driver_sql(
        f'INSERT INTO "{table.name}" ({columns}) VALUES ({marks})',  # noqa: S608 -- our own names
        [
            tuple(_stamp(v) if type(v) is datetime else v for v in values)
            for values in zip(*columns_of, strict=True)
        ],
    )


def _bare(value: object, kind: TypeEngine[Any]) -> object:
    return json.dumps(value) if isinstance(kind, JSON) else value


@lru_cache(maxsize=64)  # an import stamps a million rows with one moment
def _stamp(at: datetime) -> str:
    """A moment as SQLAlchemy's own DateTime writes it into SQLite."""
    return at.astimezone(UTC).replace(tzinfo=None).isoformat(" ", "microseconds")


def batches(rows: Iterable[T], size: int = ROWS_AT_ONCE) -> Iterator[Sequence[T]]:
    """``rows`` in lists of at most ``size``."""
    batch: list[T] = []
    for row in rows:
        batch.append(row)
        if len(batch) == size:
            yield batch
            batch = []
    if batch:
        yield batch

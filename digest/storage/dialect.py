"""The named spot for what SQLite and PostgreSQL say differently. Pure."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from functools import cache, lru_cache
from typing import Any, TypeVar

from sqlalchemy import (
    JSON,
    Column,
    ColumnElement,
    Connection,
    Executable,
    Table,
    Text,
    any_,
    func,
    literal,
    select,
    text,
)
from sqlalchemy.dialects import postgresql, sqlite

from digest.storage.moments import Instant, at_tick, ticks

T = TypeVar("T")

# 2 MB of pages; the log is copied back beside the writing (storage/checkpoints.py), and by whoever
# commits only where it has grown to 256 MB all the same. Begun anew it is cut to 16 MB.
SMALL = (
    "PRAGMA cache_size=-2000",
    "PRAGMA wal_autocheckpoint=64000",
    "PRAGMA journal_size_limit=16777216",
)

# SQLite allows 32,766 variables in a statement; the widest of our rows has 16.
ROWS_AT_ONCE = 500


_INSERT: Mapping[str, Callable[[Table], sqlite.Insert | postgresql.Insert]] = {
    "postgresql": postgresql.insert,
    "sqlite": sqlite.insert,
}


def insert(tx: Connection, table: Table) -> sqlite.Insert | postgresql.Insert:
    """An INSERT that understands ON CONFLICT on the dialect at hand."""
    return _INSERT[tx.dialect.name](table)


def add(tx: Connection, table: Table, row: Mapping[str, object]) -> bool:
    """Keep a new row; False where one of its keys is taken."""
    return tx.execute(_new(tx.dialect.name, table), row).first() is not None


@cache
def _new(dialect: str, table: Table) -> Executable:
    # Made once: writing a statement takes SQLAlchemy longer than running it.
    return _INSERT[dialect](table).on_conflict_do_nothing().returning(*table.primary_key.columns)


def put(tx: Connection, table: Table, row: Mapping[str, object]) -> None:
    """Keep a row; where its primary key is taken, in place of the one that has it."""
    tx.execute(_upsert(tx.dialect.name, table, tuple(row)), row)


@cache
def _upsert(dialect: str, table: Table, names: tuple[str, ...]) -> Executable:
    made = _INSERT[dialect](table)
    key = list(table.primary_key.columns)
    rest = {name: made.excluded[name] for name in names if table.c[name] not in set(key)}
    return made.on_conflict_do_update(index_elements=key, set_=rest)


def roomy(tx: Connection) -> None:
    """Give this connection room for an import: a million people touch every page of an index with
    each batch, so hold what 12 MB can."""
    if tx.dialect.name == "sqlite":
        tx.exec_driver_sql("PRAGMA cache_size=-12000")


def alone(tx: Connection, table: Table) -> None:
    """Let nobody else write to ``table`` until the end of this transaction; others may read."""
    if tx.dialect.name == "postgresql":  # SQLite's transactions that write are alone by nature
        tx.execute(text(f'LOCK TABLE "{table.name}" IN SHARE ROW EXCLUSIVE MODE'))


def by_index(tx: Connection) -> None:
    """Let what is left of this transaction find rows by an index and read them in its order.

    Then so many rows cost the same wherever they begin. Of a new list PostgreSQL knows nothing: it
    would sort all that is left, or read whole tables, for each batch of a million.
    """
    if tx.dialect.name == "postgresql":
        tx.execute(_BY_INDEX)


def side_by_side(tx: Connection) -> None:
    """``by_index``, and what is joined is read in the order of one index each, not row by row.

    For tables of which most is wanted: a batch of an audience takes PostgreSQL a third less time.
    """
    by_index(tx)
    if tx.dialect.name == "postgresql":
        tx.execute(_SIDE_BY_SIDE)


# Joined as it is written, and planned for the values at hand: a plan for any, made while one table
# was known and the other not, took half a minute a batch. Where something must be sorted or read
# whole all the same, "off" makes it look so dear that it would be compiled first.
_BY_INDEX = text(
    "select set_config('plan_cache_mode', 'force_custom_plan', true),"
    " set_config('join_collapse_limit', '1', true), set_config(name, 'off', true)"
    " from unnest(array['enable_sort', 'enable_seqscan', 'enable_bitmapscan', 'enable_hashjoin',"
    " 'enable_mergejoin', 'enable_material', 'jit']) as name"
)


_SIDE_BY_SIDE = text(
    "select set_config('enable_nestloop', 'off', true), set_config('enable_mergejoin', 'on', true),"
    " set_config('enable_hashjoin', 'on', true)"
)


def among(tx: Connection, column: Column[str], values: Iterable[str]) -> ColumnElement[bool]:
    """Whether ``column`` is one of many texts, which travel as one parameter."""
    if tx.dialect.name == "postgresql":
        return column == any_(literal(list(values), postgresql.ARRAY(Text)))
    listed = func.json_each(json.dumps(list(values))).table_valued("value")
    return column.in_(select(listed.c.value))


def bare(tx: Connection, table: Table, row: Mapping[str, object]) -> tuple[object, ...]:
    """The values of a row as the driver takes them."""
    return tuple([_bare(tx, table.c[name], value) for name, value in row.items()])


def pour(
    tx: Connection, table: Table, names: Sequence[str], rows: Sequence[tuple[object, ...]]
) -> None:
    """Add many rows by the driver's fastest way; their values ``bare``, in the order of ``names``.

    No conflict may occur. Rows in the order of an index are kept with the least work.
    """
    if not rows:
        return
    listed = ", ".join(f'"{name}"' for name in names)
    if tx.dialect.name == "postgresql":
        cursor = tx.connection.cursor()
        with cursor.copy(f'COPY "{table.name}" ({listed}) FROM STDIN') as copy:
            for row in rows:
                copy.write_row(row)
        return
    marks = ", ".join("?" * len(names))
    tx.exec_driver_sql(
        f'INSERT INTO "{table.name}" ({listed}) VALUES ({marks})',  # noqa: S608 -- our own names
        list(rows),
    )


def moment(tx: Connection, at: datetime) -> datetime | str:
    """What a statement of our own words hands to the driver to compare with a ``Moment``."""
    return _stamp(at) if tx.dialect.name == "sqlite" else at


def instant(tx: Connection, at: datetime) -> datetime | int:
    """The same, for an ``Instant``."""
    return ticks(at) if tx.dialect.name == "sqlite" else at


def day(tx: Connection, at: Column[datetime]) -> ColumnElement[str]:
    """The day (UTC) of a moment, ``2026-11-24``."""
    if tx.dialect.name == "postgresql":
        return func.to_char(func.timezone("UTC", at), "YYYY-MM-DD", type_=Text)
    return func.substr(at, 1, 10, type_=Text)


def domain(tx: Connection, address: Column[str]) -> ColumnElement[str]:
    """What stands after the @ of an address."""
    if tx.dialect.name == "postgresql":
        return func.split_part(address, "@", 2, type_=Text)
    return func.substr(address, func.instr(address, "@") + 1, type_=Text)


def read_moment(said: str | int) -> datetime:
    """A Moment or Instant that the database wrote into JSON."""
    if isinstance(said, int):
        return at_tick(said)
    at = datetime.fromisoformat(said)
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)


def _bare(tx: Connection, column: Column[Any], value: object) -> object:
    if isinstance(column.type, JSON):
        return json.dumps(value)
    if isinstance(value, datetime) and tx.dialect.name == "sqlite":
        return ticks(value) if isinstance(column.type, Instant) else _stamp(value)
    return value


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

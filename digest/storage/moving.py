"""A SQLite database into an empty PostgreSQL one: every row, or none.  ~ world

The world stands still meanwhile: nobody can write to the source while it is read, and the target
shows nothing before the last table is in and the counts agree.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import JSON, Connection, Engine, Integer, Table, func, select, text
from sqlalchemy.exc import DBAPIError

from digest.errors import Misconfigured, Permanent, Temporary
from digest.storage import migrate, postgres
from digest.storage.database import engine, parse
from digest.storage.postal import deliveries
from digest.storage.trouble import place, said

AT_ONCE = 2_000  # rows in memory
SHARED = 0x4000_0002, 510  # where SQLite holds a lock for as long as a connection lives; how many
EVERY_TABLE = deliveries.metadata
Told = Callable[[str, int], None]  # a table and the rows that were copied


async def sqlite_to_postgres(source: Path, target: str, *, told: Told) -> dict[str, int]:
    """Copy every table of the file ``source`` into the database at ``target``; rows per table.

    Raises Misconfigured where the source is not there or old, or where the target is no PostgreSQL
    or holds anything; Temporary where somebody is writing to the source.
    """
    where = parse(target)
    if where.get_backend_name() != "postgresql":
        raise Misconfigured(
            "storage.url",
            "is where the rows go, and must be PostgreSQL; set it, or DIGEST_DATABASE_URL",
        )
    return await asyncio.to_thread(_move, source, target, told)


def _move(source: Path, target: str, told: Told) -> dict[str, int]:
    if not source.is_file():
        raise Misconfigured(str(source), "does not exist; name the SQLite file to copy from")
    _refuse_one_in_use(source)
    old, new = parse(f"sqlite:///{source.absolute()}"), parse(target)
    reading, writing = engine(old, write=True), engine(new, write=True)
    try:
        migrate.to_head(writing, new)
        # BEGIN IMMEDIATE: whoever else would write to the source waits until we are done.
        with _said_as(place(old)), reading.begin() as whence:
            migrate.refuse_old(migrate.revision(whence) or "", place(old))
            # COPY goes past SQLAlchemy, so its errors come as the driver's own.
            driver = writing.dialect.loaded_dbapi.Error
            with _said_as(place(new), driver):
                return _kept(whence, writing, place(new), told)
    finally:
        reading.dispose()
        writing.dispose()


def _refuse_one_in_use(source: Path) -> None:
    """Raise Misconfigured where another process has ``source`` open: it would go on with it, and
    what it writes after the copy, such as who left, would be lost.

    Called before we open it: whoever closes a file lets go of all its own locks on it.
    """
    try:
        with source.open("r+b") as file:
            fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB, *reversed(SHARED))
    except BlockingIOError as error:
        cure = "is open in another process; stop Digest first, pages and workers, too"
        raise Misconfigured(str(source), cure) from error
    except OSError as error:
        raise Misconfigured(str(source), f"cannot be opened: {error.strerror}") from error


def _kept(whence: Connection, writing: Engine, where: str, told: Told) -> dict[str, int]:
    """All of it, committed. Where nobody heard the answer to the commit, looked at anew."""
    counts: dict[str, int] = {}
    try:
        with writing.begin() as there:
            postgres.without_haste(there)
            counts = _copied(whence, there, where, told)
    except DBAPIError as error:
        if not counts or not isinstance(said(error, where), Temporary):
            raise
        if not _arrived(writing, counts):
            raise Temporary(
                f"{where} broke off just as all was to be kept: all of it is there, or nothing "
                "is. Run the same command again; where that says that the database is not empty, "
                "all of it is there"
            ) from error
    return counts


def _arrived(writing: Engine, counts: dict[str, int]) -> bool:
    """Whether the rows are there; they are locked until the server has decided."""
    with contextlib.suppress(DBAPIError), writing.begin() as there:
        return all(
            _count(there, table) == counts[table.name] for table in EVERY_TABLE.sorted_tables
        )
    return False


def _copied(whence: Connection, there: Connection, where: str, told: Told) -> dict[str, int]:
    tables = EVERY_TABLE.sorted_tables  # those that others refer to come first
    names = ", ".join(f'"{table.name}"' for table in tables)
    there.execute(text(f"lock table {names} in access exclusive mode"))
    for table in tables:
        if there.execute(select(table).limit(1)).first():
            raise Misconfigured(where, f"is not empty ({table.name} has rows); name a new database")
    counts = {}
    for table in tables:
        _pour(whence, there, table)
        counts[table.name] = _agree(whence, there, table)
        _go_on_counting(there, table)
        told(table.name, counts[table.name])
    return counts


def _pour(whence: Connection, there: Connection, table: Table) -> None:
    columns = list(table.columns)
    listed = ", ".join(f'"{column.name}"' for column in columns)
    cursor = there.connection.cursor()
    with cursor.copy(f'COPY "{table.name}" ({listed}) FROM STDIN') as copy:
        for row in _rows(whence, table):
            copy.write_row(
                [_bare(column.type, value) for column, value in zip(columns, row, strict=True)]
            )


def _rows(whence: Connection, table: Table) -> Iterator[Any]:
    found = whence.execution_options(yield_per=AT_ONCE).execute(select(table))
    for some in found.partitions():
        yield from some


def _bare(kind: object, value: object) -> object:
    if isinstance(kind, JSON):
        return None if value is None else json.dumps(value)
    # SQLite keeps a NUL in text, PostgreSQL cannot; it means nothing in any of our columns.
    return value.replace("\x00", "") if isinstance(value, str) else value


def _agree(whence: Connection, there: Connection, table: Table) -> int:
    had, has = _count(whence, table), _count(there, table)
    if had != has:
        raise Permanent(f"{table.name} has {had:,} rows, and {has:,} arrived; nothing was kept")
    return has


def _count(tx: Connection, table: Table) -> int:
    return int(tx.execute(select(func.count()).select_from(table)).scalar_one())


def _go_on_counting(there: Connection, table: Table) -> None:
    """The next id is one more than the highest that was copied."""
    [*keys] = table.primary_key.columns
    if len(keys) != 1 or not isinstance(keys[0].type, Integer):
        return
    highest = there.execute(select(func.max(keys[0]))).scalar()
    sequence = there.execute(select(func.pg_get_serial_sequence(table.name, keys[0].name))).scalar()
    if highest is not None and sequence is not None:
        there.execute(select(func.setval(sequence, highest)))


@contextmanager
def _said_as(where: str, *kinds: type[Exception]) -> Iterator[None]:
    """What a driver complains of, in our words."""
    told: tuple[type[Exception], ...] = (DBAPIError, *kinds)
    try:
        yield
    except told as error:
        raise said(error, where) from error

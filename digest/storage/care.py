"""A database's keeper: upgrade it, look at it, copy it while it is in use.  ~ world"""

from __future__ import annotations

import asyncio
import contextlib
import os
import sqlite3
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection, func, inspect, select, text

from digest.errors import Misconfigured, Permanent
from digest.storage import migrate
from digest.storage.database import Store, parse
from digest.storage.schema import metadata
from digest.storage.trouble import place, said


@dataclass(frozen=True, slots=True, kw_only=True)
class DatabaseInfo:
    """Where a database is, which schema it has, its size in bytes, and rows per table."""

    place: str
    dialect: str
    revision: str | None
    head: str
    size_bytes: int
    rows: dict[str, int]


async def upgrade(url: str) -> str:
    """Bring the schema to the newest; the revision it is at then."""
    store = await Store.open(url)
    await store.close()
    return migrate.HEAD


async def info(url: str) -> DatabaseInfo:
    """Look without touching. Raises Misconfigured where there is no database."""
    store = await Store.open_read_only(url)
    if store is None:
        raise Misconfigured(place(parse(url)), "does not exist yet; `digest gather` makes it")
    try:
        return await store.read(_info, store.place)
    finally:
        await store.close()


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """A database that could be read. ``time``: its own clock; None where that is this machine's."""

    place: str
    revision: str
    head: str
    time: datetime | None


async def look(url: str) -> Looked | None:
    """Read a database without changing it; None where there is none yet.

    Raises Misconfigured for one that cannot be written or is old, Permanent for a damaged one.
    """
    parsed = parse(url)
    store = await Store.open_read_only(url)
    if store is None:
        return None
    try:
        if parsed.get_backend_name() == "sqlite" and not os.access(parsed.database or "", os.W_OK):
            raise Misconfigured(store.place, "cannot be written; let this user write it")
        return await store.read(_looked, store.place)
    finally:
        await store.close()


async def backup(url: str, target: Path) -> None:
    """Copy a SQLite database to ``target`` while it is in use; appears whole or not at all.

    Raises Misconfigured for PostgreSQL, and where ``target`` exists or cannot be written.
    """
    parsed = parse(url)
    if parsed.get_backend_name() != "sqlite":
        raise Misconfigured("storage.url", "is PostgreSQL; back it up with pg_dump")
    await asyncio.to_thread(_copy, Path(parsed.database or ""), target)


def _info(tx: Connection, where: str) -> DatabaseInfo:
    present = set(inspect(tx).get_table_names())
    if tx.dialect.name == "sqlite":
        size = text("select page_count * page_size from pragma_page_count(), pragma_page_size()")
    else:
        size = text("select pg_database_size(current_database())")
    return DatabaseInfo(
        place=where,
        dialect=tx.dialect.name,
        revision=migrate.revision(tx),
        head=migrate.HEAD,
        size_bytes=int(tx.execute(size).scalar_one()),
        rows={
            table.name: tx.execute(select(func.count()).select_from(table)).scalar_one()
            for table in metadata.sorted_tables
            if table.name in present
        },
    )


def _looked(tx: Connection, where: str) -> Looked:
    time = None
    if tx.dialect.name == "postgresql":
        time = tx.execute(text("select clock_timestamp()")).scalar_one()
    else:
        said = tx.execute(text("pragma quick_check(1)")).scalar_one()
        if said != "ok":
            raise Permanent(f"{where} is damaged ({said}); restore the backup")
    return Looked(place=where, revision=migrate.revision(tx) or "", head=migrate.HEAD, time=time)


def _copy(source: Path, target: Path) -> None:
    if not source.exists():
        raise Misconfigured(str(source), "does not exist yet; there is nothing to back up")
    if target.exists():
        raise Misconfigured(str(target), "exists already; name a new file")
    unfinished = target.with_name(f"{target.name}.part")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with contextlib.closing(sqlite3.connect(source)) as reading:
            _try(reading, source)
            unfinished.unlink(missing_ok=True)  # of a backup that was killed
            unfinished.touch(mode=0o600)
            with contextlib.closing(sqlite3.connect(unfinished)) as writing:
                reading.backup(writing)
        unfinished.rename(target)
    except sqlite3.Error as error:
        unfinished.unlink(missing_ok=True)
        whose = source if isinstance(said(error, ""), Permanent) else target
        raise said(error, str(whose)) from error
    except OSError as error:
        with contextlib.suppress(OSError):
            unfinished.unlink()
        raise Misconfigured(str(target), f"cannot be written: {error.strerror}") from error


def _try(reading: sqlite3.Connection, source: Path) -> None:
    """Raise DigestError where ``source`` itself cannot be read: the copy would be blamed for it."""
    try:
        reading.execute("select count(*) from sqlite_schema").fetchone()
    except sqlite3.Error as error:
        raise said(error, str(source)) from error

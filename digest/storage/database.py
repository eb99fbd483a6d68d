"""A database URL to a Store: whole transactions, run off the event loop.  ~ world

A question or change is a plain function of a connection; ``Store`` runs all of it as one
transaction (docs/decisions/0002). No error of SQLAlchemy or of a driver leaves this file.
"""

from __future__ import annotations

import asyncio
import os
import sqlite3
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Concatenate, ParamSpec, TypeVar

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import OperationalError, SQLAlchemyError
from sqlalchemy.pool import NullPool, QueuePool

from digest.errors import DigestError, Misconfigured, Permanent
from digest.storage import migrate, postgres
from digest.storage.checkpoints import Checkpoints
from digest.storage.commits import Commits, unhurried
from digest.storage.dialect import SMALL
from digest.storage.transaction import run
from digest.storage.trouble import is_locked, place
from digest.storage.untouched import Opened, Untouched, file_of, has_wal

P = ParamSpec("P")
T = TypeVar("T")

LOCK_SECONDS = 15  # how long a statement waits for another process before it gives up
# SQLite looks at a lock less and less often, at last ten times a second. Asked anew after this
# long, it looks every 20 ms: the gap between two batches of an import is not slept through.
ASK_AGAIN_MS = 50
READERS = 4


class Store:
    """One open database. Make it with ``open`` or ``open_read_only``; close it."""

    def __init__(self, url: URL, reader: Engine, writer: Engine | None) -> None:
        self._url = url
        self._reader = reader
        self._writer = writer
        alone = url.get_backend_name() == "sqlite"
        self._reading = ThreadPoolExecutor(READERS, thread_name_prefix="store-read")
        self._writing = ThreadPoolExecutor(
            1 if alone else READERS, thread_name_prefix="store-write", initializer=unhurried
        )
        self._checkpoints = self._commits = self._opened = None
        if writer and alone:
            self._opened = opened = Opened(url)
            self._checkpoints = checkpoints = Checkpoints(file_of(url))
            self._commits = Commits(
                writer, place(url), before=opened.refuse_another, after=checkpoints.look
            )
        self._untouched = Untouched.of(url) if writer is None else None

    @classmethod
    async def open(cls, url: str, *, patience: float = LOCK_SECONDS) -> Store:
        """Open for reading and writing; a new file is made, an old schema brought up to date.

        ``patience``: seconds that a change waits for another process that writes a SQLite file.
        Raises Misconfigured where the place cannot be used, Permanent for a damaged file.
        """
        parsed = parse(url)
        return await asyncio.to_thread(cls._open, parsed, patience)

    @classmethod
    async def open_read_only(cls, url: str) -> Store | None:
        """Open without changing one byte; None where there is no database yet.

        Raises Misconfigured when the schema is older than this program.
        """
        parsed = parse(url)
        return await asyncio.to_thread(cls._open_read_only, parsed)

    @property
    def dialect(self) -> str:
        return self._url.get_backend_name()

    @property
    def place(self) -> str:
        """The file, or the URL with its password hidden."""
        return place(self._url)

    async def read(
        self, question: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Answer ``question(connection, …)`` from one consistent snapshot."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(
            self._reading, lambda: self._ask(lambda tx: question(tx, *args, **kwargs))
        )

    async def write(
        self, change: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Run ``change(connection, …)`` durably: all of it is kept or nothing.

        It may be run again (storage/transaction.py), so it does nothing else. Raises
        DigestError; Permanent where the store was opened to read only.
        """
        writer = self._writer
        if writer is None:
            raise Permanent(f"{self.place} was opened to read only")
        if self._commits:
            answer = self._commits.add(lambda tx: change(tx, *args, **kwargs))
            self._writing.submit(self._commits.commit)
            return await asyncio.wrap_future(answer)
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(
            self._writing,
            lambda: run(writer, self._url, lambda tx: change(tx, *args, **kwargs)),
        )

    async def catch_up(self) -> None:
        """Between two of many changes: let the disk catch up, so that nobody else has to wait."""
        if self._checkpoints:
            await self._checkpoints.catch_up()

    async def close(self) -> None:
        await asyncio.to_thread(self._close)

    @classmethod
    def _open(cls, url: URL, patience: float) -> Store:
        if url.get_backend_name() == "sqlite":
            _make_folder(url)
            _refuse_read_only(file_of(url))
        writer = engine(url, write=True, patience=patience)
        try:
            migrate.to_head(writer, url)
        except BaseException:
            writer.dispose()
            raise
        return cls(url, engine(url, write=False), writer)

    @classmethod
    def _open_read_only(cls, url: URL) -> Store | None:
        if url.get_backend_name() == "sqlite" and not file_of(url).exists():
            return None
        store = cls(url, engine(url, write=False, immutable=not has_wal(url)), None)
        try:
            revision = store._ask(migrate.revision)
            if revision is not None:
                migrate.refuse_old(revision, place(url))
                return store
        except BaseException:
            store._close()
            raise
        store._close()
        return None

    def _ask(self, question: Callable[[Connection], T]) -> T:
        if self._opened:
            self._opened.refuse_another()
        try:
            answer = run(self._reader, self._url, question)
        except DigestError:
            if self._untouched is None or self._untouched.still(self._url):
                raise
        else:
            if self._untouched is None or self._untouched.still(self._url):
                return answer
        # Somebody began to write while the file was read as if nobody could: read it again.
        self._reader.dispose()
        self._untouched = None
        self._reader = engine(self._url, write=False)
        return run(self._reader, self._url, question)

    def _close(self) -> None:
        self._reading.shutdown()
        self._writing.shutdown()
        if self._checkpoints:
            self._checkpoints.close()
        self._reader.dispose()
        if self._writer:
            self._writer.dispose()


def refuse_gone(url: str) -> None:
    """Raises Misconfigured where a SQLite file that was there is not: an empty one made in its
    place would take in readers beside those who are kept."""
    parsed = parse(url)
    if parsed.get_backend_name() == "sqlite" and not file_of(parsed).exists():
        raise Misconfigured(place(parsed), "is gone; put it back, or a backup of it")


def parse(url: str) -> URL:
    """The URL with the driver we speak. Raises Misconfigured for any other database."""
    try:
        parsed = make_url(url)
    except (SQLAlchemyError, ValueError) as error:  # the second: of a port that is no number
        raise Misconfigured(
            "storage.url", "is no database URL; write sqlite:///digest.db or postgresql://…"
        ) from error
    backend = parsed.get_backend_name()
    if backend == "sqlite":
        if not parsed.database or parsed.database == ":memory:":
            raise Misconfigured("storage.url", "names no file; write sqlite:///digest.db")
        return parsed.set(drivername="sqlite")
    if backend in ("postgresql", "postgres"):
        return parsed.set(drivername="postgresql+psycopg")
    raise Misconfigured("storage.url", f"names {backend!r}; Digest speaks sqlite and postgresql")


def engine(
    url: URL, *, write: bool, immutable: bool = False, patience: float = LOCK_SECONDS
) -> Engine:
    """An engine whose transactions begin as we say, not as the driver guesses."""
    if url.get_backend_name() == "sqlite":
        return _sqlite(url, write=write, immutable=immutable, patience=patience)
    return postgres.engine(url, write=write, connections=READERS)


def _sqlite(url: URL, *, write: bool, immutable: bool, patience: float) -> Engine:
    target = f"file:{_quoted(file_of(url))}"
    if not write:
        target += "?immutable=1" if immutable else "?mode=ro"

    def connect() -> sqlite3.Connection:
        connection = sqlite3.connect(
            target, uri=True, timeout=LOCK_SECONDS, check_same_thread=False, isolation_level=None
        )
        connection.execute("PRAGMA foreign_keys=ON")
        if write:
            _to_wal(connection, patience)
            # FULL: a commit that was acknowledged survives the plug being pulled.
            connection.execute("PRAGMA synchronous=FULL")
            # Who is erased is gone from the file; not every SQLite is built to do so by itself.
            connection.execute("PRAGMA secure_delete=ON")
            for pragma in SMALL:  # an import asks for more, see dialect.roomy
                connection.execute(pragma)
            connection.execute(f"PRAGMA busy_timeout={ASK_AGAIN_MS}")
        return connection

    made = create_engine("sqlite://", creator=connect, poolclass=QueuePool if write else NullPool)
    event.listen(made, "begin", partial(_begin_alone, patience=patience) if write else _begin)
    return made


def _to_wal(connection: sqlite3.Connection, patience: float) -> None:
    """Where others open the same new file, SQLite says at once that it is locked."""
    until = time.monotonic() + patience
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > until:
                raise
            time.sleep(ASK_AGAIN_MS / 1000)
        else:
            return


def _begin(tx: Connection) -> None:
    tx.exec_driver_sql("BEGIN")


def _begin_alone(tx: Connection, *, patience: float) -> None:
    until = time.monotonic() + patience
    while True:
        try:
            tx.exec_driver_sql("BEGIN IMMEDIATE")
        except OperationalError as error:
            if not is_locked(error) or time.monotonic() > until:
                raise
        else:
            return


def _make_folder(url: URL) -> None:
    folder = file_of(url).parent
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise Misconfigured(str(folder), f"cannot be made: {error.strerror}") from error


def _refuse_read_only(path: Path) -> None:
    # SQLite itself opens such a file without a word, and says so at the first change.
    ours = os.access in os.supports_effective_ids
    if path.exists() and not os.access(path, os.W_OK, effective_ids=ours):
        raise Misconfigured(str(path), "cannot be written: make the file and its folder writable")


def _quoted(path: Path) -> str:
    text = str(path.absolute())
    return text.replace("%", "%25").replace("?", "%3f").replace("#", "%23")

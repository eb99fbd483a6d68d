"""SQLite's write-ahead log copied back into the file beside the writing, not in its way.

By default whoever commits past a mark copies the log back and waits for the disk meanwhile: with a
million people in the file that took a reader at the form up to a second. A passive checkpoint
(https://sqlite.org/wal.html, 3.3) on a connection of its own keeps nobody waiting.
"""

from __future__ import annotations

import sqlite3
import time
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

ENOUGH = 4 * 1024 * 1024  # bytes of log that are worth it
PAUSE = 1.0  # seconds between two


class Checkpoints:
    """``look`` after each commit, from one thread; cheap where there is nothing to do."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._log = Path(f"{file}-wal")
        self._working = ThreadPoolExecutor(1, thread_name_prefix="store-checkpoint")
        self._running: Future[None] | None = None
        self._looked = 0.0

    def look(self) -> None:
        now = time.monotonic()
        if now - self._looked < PAUSE or (self._running and not self._running.done()):
            return
        self._looked = now
        try:
            large = self._log.stat().st_size >= ENOUGH
        except OSError:
            return
        if large:
            self._running = self._working.submit(self._copy)

    def close(self) -> None:
        self._working.shutdown()

    def _copy(self) -> None:
        # Busy, full or read-only: the writer's own mark and the next look are still there.
        try:
            connection = sqlite3.connect(self._file, isolation_level=None, timeout=0)
            try:
                connection.execute("PRAGMA wal_checkpoint(PASSIVE)")
            finally:
                connection.close()
        except sqlite3.Error:
            pass

"""SQLite's write-ahead log copied back into the file beside the writing, not in its way.

By default whoever commits past a mark copies the log back and waits for the disk meanwhile: with a
million people in the file that took a reader at the form up to a second. A passive checkpoint
(https://sqlite.org/wal.html, 3.3) on a connection of its own keeps nobody waiting.
"""

from __future__ import annotations

import asyncio
import sqlite3
import time
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

ENOUGH = 4 * 1024 * 1024  # bytes of log that are worth it
PAUSE = 1.0  # seconds between two
# From so many bytes on whoever writes much waits. At dialect.SMALL's mark everybody would.
LARGE = 32 * 1024 * 1024
TRIES = 3


class Checkpoints:
    """``look`` after each commit, from one thread; cheap where there is nothing to do."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._log = Path(f"{file}-wal")
        self._working = ThreadPoolExecutor(1, thread_name_prefix="store-checkpoint")
        self._running: Future[bool] | None = None
        self._looked = 0.0

    def look(self) -> None:
        now = time.monotonic()
        if now - self._looked < PAUSE or (self._running and not self._running.done()):
            return
        self._looked = now
        if self._size() >= ENOUGH:
            self._running = self._working.submit(self._copy)

    async def catch_up(self) -> None:
        """Wait until a large log is copied back: the next change then begins it anew."""
        loop = asyncio.get_running_loop()
        for _ in range(TRIES if self._size() >= LARGE else 0):
            if await loop.run_in_executor(self._working, self._copy):
                break

    def close(self) -> None:
        self._working.shutdown()

    def _size(self) -> int:
        try:
            return self._log.stat().st_size
        except OSError:
            return 0

    def _copy(self) -> bool:
        """Whether all of it is copied."""
        # Busy, full or read-only: the writer's own mark and the next look are still there.
        try:
            connection = sqlite3.connect(self._file, isolation_level=None, timeout=0)
            try:
                row = connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
            finally:
                connection.close()
        except sqlite3.Error:
            return False
        busy, frames, copied = row
        return not busy and bool(frames == copied)

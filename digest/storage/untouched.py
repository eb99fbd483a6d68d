"""The files of a SQLite database, and the look of one that nobody had open."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy.engine import URL


def file_of(url: URL) -> Path:
    return Path(url.database or "")


def _wal(url: URL) -> Path:
    return Path(f"{url.database}-wal")


def has_wal(url: URL) -> bool:
    return url.get_backend_name() == "sqlite" and _wal(url).exists()


class Untouched:
    """The look of a SQLite file that nobody had open.

    Opened with ``mode=ro`` a database in WAL mode leaves a -wal and a -shm file behind. Where there
    is no -wal nobody is writing, and the file can be read as immutable, as long as that stays so.
    """

    def __init__(self, look: tuple[int, int]) -> None:
        self._look = look

    @classmethod
    def of(cls, url: URL) -> Untouched | None:
        if url.get_backend_name() != "sqlite" or has_wal(url):
            return None
        return cls(cls._looked(url))

    def still(self, url: URL) -> bool:
        return not has_wal(url) and self._looked(url) == self._look

    @staticmethod
    def _looked(url: URL) -> tuple[int, int]:
        found = file_of(url).stat()
        return found.st_mtime_ns, found.st_size

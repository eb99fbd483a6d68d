"""The files of a SQLite database: which one was opened, and the look of one nobody had open."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy.engine import URL

from digest.errors import Misconfigured, Permanent
from digest.storage.trouble import UNOPENED


def file_of(url: URL) -> Path:
    return Path(url.database or "")


def _wal(url: URL) -> Path:
    return Path(f"{url.database}-wal")


def has_wal(url: URL) -> bool:
    return url.get_backend_name() == "sqlite" and _wal(url).exists()


class Opened:
    """The very file that was opened. Another may be put in its place, as when a backup is.

    SQLite would go on writing to the old one, which nobody finds any more, and whoever opens the
    new one would read, and keep, what the log of the old one says.
    """

    def __init__(self, url: URL) -> None:
        self._file = file_of(url)
        self._known = _which(self._file)
        logs = (_wal(url), Path(f"{url.database}-shm"))
        self._logs = [(one, known) for one in logs if (known := _which(one))]

    def refuse_another(self) -> None:
        """Raises Permanent where the path leads to another file, Misconfigured where to none.

        Beside another file the log of the old one is taken away.
        """
        found = _which(self._file)
        if found is None:
            raise Misconfigured(str(self._file), UNOPENED)
        if found == self._known:
            return
        for path, known in self._logs:
            if _which(path) == known:
                path.unlink(missing_ok=True)
        raise Permanent(
            f"{self._file} is not the file that was opened: another was put in its place, and "
            "what the old one is told is lost; stop Digest before a backup is put back, and "
            "start it anew"
        )


def _which(path: Path) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


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

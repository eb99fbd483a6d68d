"""A mail that nobody understood, into a Maildir for a person to read; old ones go.  ~ world"""

from __future__ import annotations

import hashlib
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from digest.deliver import maildir

MOST = 1000  # mails; of more the oldest go


def keep(folder: Path, mail: bytes) -> Path:
    """Keep a mail, the same one twice as one file. Raises Misconfigured where it cannot be."""
    name = f"{hashlib.sha256(mail).hexdigest()[:32]}.digest"
    kept = maildir.put(folder, name, mail, key="bounces.unread")
    for _, path in _aged(folder)[:-MOST]:
        _drop(path)
    return kept


def count(folder: Path) -> int:
    """How many lie there, read or not."""
    return len(_aged(folder))


def old(folder: Path, before: datetime) -> list[Path]:
    """Those that came before a moment (aware)."""
    return [path for at, path in _aged(folder) if at < before.timestamp()]


def let_go(folder: Path, before: datetime) -> int:
    """Delete those that came before a moment (aware), and say how many they were."""
    found = old(folder, before)
    for path in found:
        _drop(path)
    return len(found)


def _aged(folder: Path) -> list[tuple[float, Path]]:
    """All of them with the time they came, the oldest first. None where there is no folder."""
    found = []
    for inner in ("new", "cur"):
        with suppress(OSError):  # none yet, or not ours to look into
            for path in (folder / inner).iterdir():
                with suppress(FileNotFoundError):  # read and moved just now
                    found.append((path.stat().st_mtime, path))
    return sorted(found)


def _drop(path: Path) -> None:
    with suppress(OSError):
        path.unlink()

"""Which ``digest run`` lives in a folder: a locked file for each, named by its process.  ~ world"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from digest.errors import Misconfigured

FOLDER = "running"


@contextmanager
def noted(folder: Path) -> Iterator[None]:
    """Be found by ``alive`` for as long as the block lasts. Raises Misconfigured."""
    path = folder / FOLDER / str(os.getpid())
    try:
        path.parent.mkdir(mode=0o700, exist_ok=True)
        with path.open("w") as held:
            fcntl.flock(held, fcntl.LOCK_EX)
            try:
                yield
            finally:
                path.unlink(missing_ok=True)
    except PermissionError as error:
        raise Misconfigured(
            str(path.parent), "cannot be written; run as the user whom the folder belongs to"
        ) from error


def alive(folder: Path) -> list[int]:
    """The processes; what a dead one left behind is cleared away."""
    found = []
    for path in sorted((folder / FOLDER).glob("[0-9]*")):
        # One that ends at this moment has taken its file along.
        with suppress(FileNotFoundError), path.open() as held:
            try:
                fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                found.append(int(path.name))
            else:
                path.unlink(missing_ok=True)
    return found

"""Where templates lie: the operator's own first, ours second, file by file."""

from __future__ import annotations

from functools import cache
from pathlib import Path

PACKAGE = Path(__file__).resolve().parent.parent


@cache
def ours() -> Path:
    """The folder ``templates`` that ships with Digest: inside a wheel, or beside a checkout."""
    return next(
        path for path in (PACKAGE / "templates", PACKAGE.parent / "templates") if path.is_dir()
    )


def find(name: str, folders: tuple[Path, ...]) -> Path | None:
    """The first ``name`` in ``folders``."""
    return next((path for folder in folders if (path := folder / name).is_file()), None)

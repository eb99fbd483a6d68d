"""A change to config.toml, written only if the result loads again.  ~ world"""

from __future__ import annotations

import stat
from collections.abc import Callable, Mapping
from pathlib import Path

from digest.config import document
from digest.config.document import BOM, Document
from digest.config.load import Loaded, load_document
from digest.config.problems import ConfigErrors
from digest.config.replace import folder_lock, write_whole
from digest.errors import Misconfigured

Change = Callable[[Document], str]  # the document to its new text


def rewrite(path: Path, change: Change, environ: Mapping[str, str]) -> Loaded:
    """Change the file at ``path`` in one step, keeping its mode; what is in force afterwards.

    Raises Misconfigured, with nothing written, where the result would not load.
    """
    target = path.resolve()  # a link to the file stays a link
    try:
        with folder_lock(target.parent):
            before = document.text_of(path)
            text = change(document.parse(before, path))
            loaded = _loadable(text, path, environ)
            if text != before.removeprefix(BOM):
                mark = BOM if before.startswith(BOM) else ""
                mode = stat.S_IMODE(target.stat().st_mode)
                write_whole(target, (mark + text).encode(), mode=mode, like=target)
    except OSError as error:
        raise Misconfigured(
            str(path), f"cannot be written ({error.strerror}); nothing was changed"
        ) from error
    return loaded


def _loadable(text: str, path: Path, environ: Mapping[str, str]) -> Loaded:
    try:
        return load_document(document.parse(text, path), environ)
    except ConfigErrors as errors:
        told = "; ".join(f"{problem.key} {problem.words}" for problem in errors.problems)
        raise Misconfigured(
            str(path), f"was left as it was, since with this change it would not load: {told}"
        ) from errors

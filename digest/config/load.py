"""config.toml and the environment to one frozen Settings, and where each value came from.  ~ world

All mistakes are told at once (ConfigErrors), each with its line and what to write instead.
"""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from digest.config import checks, derive, document
from digest.config.document import Document
from digest.config.draft import Draft, take_in
from digest.config.positions import Key
from digest.config.problems import ConfigErrors, dotted
from digest.config.rulebook import RULES
from digest.config.settings import Settings
from digest.config.shape import NOT_WRITTEN
from digest.config.validate import settings_of
from digest.errors import Misconfigured

FILE = "config.toml"
VARIABLE = "DIGEST_CONFIG"
DEFAULT = "default"


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """The settings in force. ``origins``: dotted key -> ``config.toml:LINE``, ``default`` or
    ``environment NAME``. ``warnings``: what is allowed and probably not meant, a line each."""

    settings: Settings
    path: Path
    origins: Mapping[str, str]
    warnings: tuple[str, ...] = ()


def load_for(config: Path | None) -> Loaded:
    """What a command line means by ``--config``: with this process's environment and folder."""
    return load(config, os.environ, here=Path.cwd())


def load(path: Path | None, environ: Mapping[str, str], *, here: Path) -> Loaded:
    """The configuration at ``path``, else at ``DIGEST_CONFIG``, else in ``here``."""
    return load_document(document.read(find(path, environ, here=here)), environ)


def load_text(text: str, path: Path, environ: Mapping[str, str]) -> Loaded:
    """``text`` read as if it were the file at ``path``."""
    return load_document(document.parse(text, path), environ)


def find(path: Path | None, environ: Mapping[str, str], *, here: Path) -> Path:
    """Where config.toml is: a file, or a folder that holds it. Raises Misconfigured."""
    named = environ.get(VARIABLE, "").strip()
    asked = path or (Path(named) if named else here)
    found = (here / home(asked)).absolute()
    if found.is_dir():
        found = found / FILE
    if found.exists():
        return found
    by = "--config" if path else VARIABLE if named else None
    if by:
        raise Misconfigured(str(found), f"is not there; mend {by}, or make it with `digest init`")
    raise Misconfigured(
        str(found), "is not there; `digest init` writes one, --config names another"
    )


def home(path: Path) -> Path:
    """A path that was named to us, with the folder its ``~`` means. Raises Misconfigured."""
    try:
        return path.expanduser()
    except RuntimeError as error:  # ~nobody: a user who is not
        cure = "begins with a home folder that nobody knows; write the whole path"
        raise Misconfigured(str(path), cure) from error


def load_document(read: Document, environ: Mapping[str, str]) -> Loaded:
    """A document that was read, checked and completed. Raises ConfigErrors."""
    folder = read.path.parent
    draft = take_in(read)
    for pattern, rule in RULES:
        draft.apply(pattern, rule)
    derive.newsletters(draft)
    derive.sources(draft, folder)
    derive.paths(draft, folder)
    derive.files(draft, folder)
    by_environment = derive.database(draft, folder, environ)
    draft.tree["folder"] = str(folder)
    settings = settings_of(draft)
    checks.check(draft)
    if draft.problems or settings is None:
        raise ConfigErrors(read.path, draft.problems)
    origins = {dotted(key): _origin(draft, key) for key, _ in leaves(settings)}
    if by_environment:
        origins["storage.url"] = f"environment {derive.DATABASE_VARIABLE}"
    return Loaded(
        settings=settings,
        path=read.path,
        origins=origins,
        warnings=tuple(checks.warnings(draft, folder)),
    )


def _origin(draft: Draft, key: Key) -> str:
    written = draft.written_as.get(key, key)
    place = draft.document.layout.places.get(written)
    return f"{draft.document.path.name}:{place.line}" if place else DEFAULT


def leaves(value: object, key: Key = ()) -> Iterator[tuple[Key, object]]:
    """Every key that config.toml could give, with the value in force."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        for field in dataclasses.fields(value):
            if (type(value), field.name) not in NOT_WRITTEN:
                yield from leaves(getattr(value, field.name), (*key, field.name))
    elif isinstance(value, dict):
        for name, below in value.items():
            yield from leaves(below, (*key, name))
    elif isinstance(value, tuple) and value and dataclasses.is_dataclass(value[0]):
        for index, below in enumerate(value):
            yield from leaves(below, (*key, index))
    else:
        yield key, value

"""A config.toml to its tree and its lines; an unreadable one to plain words.  ~ world"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path

from digest.config import positions, syntax
from digest.config.positions import Key, Layout
from digest.config.problems import ConfigErrors, Problem, dotted
from digest.errors import Misconfigured

MAX_BYTES = 4_000_000
BOM = "\ufeff"  # editors on Windows put it there; it means nothing
Table = dict[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    path: Path
    text: str
    tree: Table
    layout: Layout

    def problem(self, key: Key, words: str) -> Problem:
        line = self.layout.line(key)
        return Problem(where=f"{self.path.name}:{line}", line=line, key=dotted(key), words=words)


def read(path: Path) -> Document:
    """The file at ``path``. Raises Misconfigured where it is no readable TOML."""
    return parse(text_of(path), path)


def text_of(path: Path) -> str:
    """The text of a configuration file. Raises Misconfigured where it cannot be read."""
    try:
        if not path.is_file():
            raise Misconfigured(str(path), "is no file; give the path of a config.toml")
        if path.stat().st_size > MAX_BYTES:
            raise Misconfigured(str(path), "is larger than 4 MB; that is no config.toml")
        raw = path.read_bytes()
    except OSError as error:
        raise Misconfigured(
            str(path), f"cannot be read: {error.strerror}; let this user read it (chmod u+r)"
        ) from error
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise _one(path, 1, "encoding", "is UTF-16; save the file as UTF-8")
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        words = f"byte 0x{raw[error.start]:02x} is not UTF-8; save the file as UTF-8"
        raise _one(path, line, "encoding", words) from error


def parse(text: str, path: Path) -> Document:
    """``text`` as the document at ``path``.

    Raises ConfigErrors with the line of a mistake; Misconfigured where there is nothing to read.
    """
    text = text.removeprefix(BOM)
    try:
        tree: Table = tomllib.loads(text)
        layout = positions.layout(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigErrors(path, [syntax.problem(path.name, text, str(error))]) from error
    except RecursionError as error:
        raise Misconfigured(str(path), "nests lists too deeply; no key needs that") from error
    if not tree:
        raise Misconfigured(
            str(path), "says nothing: it is empty; `digest init DIR` writes one to start from"
        )
    return Document(path=path, text=text, tree=tree, layout=layout)


def _one(path: Path, line: int, key: str, words: str) -> ConfigErrors:
    where = f"{path.name}:{line}"
    return ConfigErrors(path, [Problem(where=where, line=line, key=key, words=words)])

"""A config.toml to its tree and its lines; an unreadable one to plain words.  ~ world"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from pathlib import Path

from digest.config import positions
from digest.config.positions import Key, Layout
from digest.config.problems import ConfigErrors, Problem, dotted, shown
from digest.errors import Misconfigured

MAX_BYTES = 4_000_000
Table = dict[str, object]

# What tomllib says -> what is wrong; what to write instead.
PLAIN_WORDS = (
    ("Expected '=' after a key", 'has no value; write KEY = VALUE, such as title = "The Quayside"'),
    ("Unterminated string", "is a text that never ends; close it with the quote it began with"),
    ("Illegal character '\\n'", 'is a text that breaks off; close it with ", or begin it with """'),
    ("Illegal character", "holds a control character; remove it or write it as \\u0000 would be"),
    ("Found invalid character", "holds a control character; remove it"),
    ("Unclosed array", "is a list that never ends; close it with ]"),
    ("Unclosed inline table", "is a table that never ends; close it with }, all on one line"),
    ("Unescaped '\\\\'", "holds a lone backslash; write \\\\ or use 'single quotes'"),
    ("Invalid hex value", "holds a broken \\u escape; write four hexadecimal digits after \\u"),
    ("Escaped character is not", "holds a broken \\u escape; it names no character"),
    ("Expected ']'", "is a table name that never ends; close it with ]"),
    ("Expected ']]'", "is a table name that never ends; close it with ]]"),
    ("Invalid date", "is no date or time; write text in quotes"),
    ("Invalid initial character for a key", "is no key; use letters, digits, - and _"),
    ("Expected newline", "has more on the line than one value; put text in quotes"),
    ("Cannot", "contradicts an earlier line that gives the same key or table; keep one of them"),
    ("Duplicate inline table key", "is given twice in one table; keep one of them"),
    ("Invalid value", "has no value that can be read; put text in quotes"),
    ("Invalid statement", "is neither KEY = VALUE nor [TABLE]; begin comments with #"),
)
_WHERE = re.compile(r" \(at (?:line (\d+), column \d+|end of document)\)$")
_PAIR = re.compile(r"\s*([\w.\"'-]+)\s*=\s*([^#\n]*)")
_WORDS_FOR_BOOLS = {"yes": "true", "on": "true", "no": "false", "off": "false"}


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
    """``text`` as the document at ``path``. Raises ConfigErrors with the line of a mistake."""
    text = text.removeprefix("\ufeff")  # editors on Windows put it there; it means nothing
    try:
        tree: Table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise _syntax(path, text, str(error)) from error
    except RecursionError as error:
        raise Misconfigured(str(path), "nests lists too deeply; no key needs that") from error
    if not tree:
        raise Misconfigured(
            str(path), "says nothing: it is empty; `digest init DIR` writes one to start from"
        )
    return Document(path=path, text=text, tree=tree, layout=positions.layout(text))


def _syntax(path: Path, text: str, said: str) -> ConfigErrors:
    where = _WHERE.search(said)
    line = int(where[1]) if where and where[1] else text.rstrip().count("\n") + 1
    if said.startswith(("Cannot", "Duplicate")) and (twice := positions.layout(text).twice):
        name = dotted(twice.key)
        cure = "put its keys together" if twice.table else "keep one of them"
        words = f"is given twice, first on line {twice.first}; {cure}"
        return _one(path, twice.line, f"[{name}]" if twice.table else name, words)
    lines = text.split("\n")
    found = _PAIR.match(lines[min(line, len(lines)) - 1])
    words = next((plain for said_so, plain in PLAIN_WORDS if said.startswith(said_so)), said)
    if found and said.startswith(("Invalid value", "Expected newline")):
        words = _bare_value(found[2].strip()) or words
    return _one(path, line, found[1] if found else "syntax", words)


def _bare_value(raw: str) -> str | None:
    """What to write for a value that lacks its quotes."""
    if not raw:
        return 'has no value; write one, such as "" for none'
    if raw.lower() in ("true", "false"):
        return f"is {raw}; write {raw.lower()}"
    if raw.lower() in _WORDS_FOR_BOOLS:
        return f"is {raw}; write {_WORDS_FOR_BOOLS[raw.lower()]}"
    if raw[0] in "\"'[{":
        return None
    return f"is text without quotes; write {shown(raw)}"


def _one(path: Path, line: int, key: str, words: str) -> ConfigErrors:
    where = f"{path.name}:{line}"
    return ConfigErrors(path, [Problem(where=where, line=line, key=key, words=words)])

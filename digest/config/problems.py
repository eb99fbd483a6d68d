"""What is wrong with a configuration, every problem at once with its line. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time
from pathlib import Path

from digest.config.positions import Key
from digest.errors import Misconfigured

SHOWN_CHARACTERS = 44


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One line for the operator: where, which key, what is wrong and what to write instead."""

    where: str  # config.toml:12, or the environment
    line: int
    key: str
    words: str

    def __str__(self) -> str:
        return f"{self.where}  {self.key}  {self.words}"


class ConfigErrors(Misconfigured):
    """Everything that is wrong with one config.toml, in the order of its lines."""

    def __init__(self, path: Path, problems: Iterable[Problem]) -> None:
        self.path = path
        self.problems = tuple(sorted(problems, key=lambda p: (p.line, p.key)))
        count = len(self.problems)
        listed = "\n".join(str(problem) for problem in self.problems)
        super().__init__(
            str(path), f"has {'a mistake' if count == 1 else f'{count} mistakes'}:\n{listed}"
        )


class Wrong(Exception):
    """A value that breaks its rule; the text says what is wrong and what to write instead."""


def dotted(key: Key) -> str:
    """A key as people read it: ``collect.sources[2].name``, list elements counted from 1."""
    text = ""
    for part in key:
        if isinstance(part, int):
            text += f"[{part + 1}]"
        else:
            bare = part.replace("-", "").replace("_", "").isalnum() and part.isascii()
            text += f"{'.' if text else ''}{part if bare else json.dumps(part)}"
    return text


def shown(value: object) -> str:
    """A value as TOML writes it, cut to fit a line."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if isinstance(value, dict):
        return "a table"
    if isinstance(value, list):
        return "a list"
    text = json.dumps(value, ensure_ascii=False) if isinstance(value, str) else repr(value)
    if len(text) <= SHOWN_CHARACTERS:
        return text
    return text[: SHOWN_CHARACTERS - 1] + "…" + ('"' if isinstance(value, str) else "")

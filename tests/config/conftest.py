"""A configuration that loads, and what is wrong with one that does not."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from digest.config.load import Loaded, load
from digest.config.problems import ConfigErrors

GOOD = """\
[site]
name = "Harrow Quay Library"
base_url = "https://quayside.example"

[newsletters.daily]
title = "The Quayside"
sender = "The Quayside <digest@quayside.example>"

[[collect.sources]]
location = "sample:"
name = "Sample paper"
"""

Write = Callable[..., Path]
Read = Callable[..., Loaded]
Mistakes = Callable[..., list[str]]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def write(text: str = GOOD, name: str = "config.toml") -> Path:
        path = tmp_path / name
        path.write_bytes(text.encode())
        return path

    return write


@pytest.fixture
def read(write: Write) -> Read:
    def read(text: str = GOOD, environ: Mapping[str, str] | None = None) -> Loaded:
        path = write(text)
        return load(path, environ or {}, here=path.parent)

    return read


@pytest.fixture
def mistakes(read: Read) -> Mistakes:
    """The problems of a configuration: as ``LINE key words``, or for ``GOOD`` with one line more."""

    def mistakes(text: str, environ: Mapping[str, str] | None = None) -> list[str]:
        with pytest.raises(ConfigErrors) as caught:
            read(text, environ)
        return [
            f"{p.where.removeprefix('config.toml:')} {p.key} {p.words}"
            for p in caught.value.problems
        ]

    return mistakes

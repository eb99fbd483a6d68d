"""A desk: a folder with a configuration, and the command line run in it as an operator would."""

from __future__ import annotations

import json
import os
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from digest import cli
from tests.collect.conftest import Web, a_web

CONFIG = """
[site]
name = "Harrow Quay Library"
base_url = "https://quayside.example"
postal_address = "1 Ferry Steps"

[newsletters.daily]
title = "The Quayside"
sender = "The Quayside <digest@quayside.example>"
{newsletter}

[collect]
allow_private = true
host_delay_seconds = 0.0

{sources}
"""


@dataclass(frozen=True, slots=True)
class Said:
    """What one command answered."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


@dataclass
class Desk:
    folder: Path
    capsys: pytest.CaptureFixture[str]

    def configure(self, *sources: str, newsletter: str = "", **named: str) -> None:
        """``sources``: locations; ``named``: name to location."""
        tables = [(location, "") for location in sources]
        tables += [(location, f'name = "{name}"') for name, location in named.items()]
        text = "\n".join(
            f'[[collect.sources]]\nlocation = "{location}"\n{name}\n' for location, name in tables
        )
        (self.folder / "config.toml").write_text(
            CONFIG.format(newsletter=newsletter, sources=text), encoding="utf-8"
        )

    def run(self, *args: str) -> Said:
        """``digest ARGS`` in this folder."""
        self.capsys.readouterr()
        with pytest.raises(SystemExit) as stopped:
            cli.main([str(one) for one in args])
        said = self.capsys.readouterr()
        code = stopped.value.code
        return Said(code if isinstance(code, int) else 0, said.out, said.err)

    def write(self, name: str, text: str | bytes) -> Path:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        return path

    @property
    def config(self) -> str:
        return (self.folder / "config.toml").read_text("utf-8")


@pytest.fixture
def desk(tmp_path, monkeypatch, capsys) -> Desk:
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.startswith("DIGEST_")]:
        if name != "DIGEST_TESTS":
            monkeypatch.delenv(name)
    return Desk(tmp_path, capsys)


@pytest.fixture
async def web() -> AsyncIterator[Web]:
    async with a_web() as served:
        yield served

"""``~`` means a home folder, and ``~nobody-here`` none that anybody knows."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from digest.cli import digest
from digest.config.load import find
from digest.errors import Misconfigured
from tests.config.conftest import GOOD, Mistakes, Read

NOBODY = "~nobody-here/news"
UNKNOWN = f'is "{NOBODY}", and nobody knows that home folder; write the whole path'


def test_a_home_folder_is_found(read: Read, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("HOME", "/srv/ada")

    settings = read(GOOD + '[deliver]\nmaildir = "~/mail"\n').settings

    assert settings.deliver.maildir == Path("/srv/ada/mail")


@pytest.mark.parametrize(
    ("table", "key"),
    [
        ('[deliver]\nmaildir = "{}"', "deliver.maildir"),
        ('[compose]\ntemplates = "{}"', "compose.templates"),
        ('[storage]\nurl = "sqlite:///{}"', "storage.url"),
        (
            '[deliver.dkim]\ndomain = "a.example"\nselector = "a"\nkey_file = "{}"',
            "deliver.dkim.key_file",
        ),
        ('[[collect.sources]]\nlocation = "{}"', "collect.sources[2].location"),
    ],
)
def test_one_that_nobody_knows_is_a_mistake_in_the_file(mistakes: Mistakes, table: str, key: str):
    text = f"{GOOD}\n{table.format(NOBODY)}\n"

    assert mistakes(text) == [f"{text.count(chr(10))} {key} {UNKNOWN}"]


def test_one_that_nobody_knows_is_no_place_for_the_file(tmp_path: Path):
    with pytest.raises(Misconfigured, match=f"^{NOBODY} begins with a home folder that nobody"):
        find(Path(NOBODY), {}, here=tmp_path)


def test_no_folder_is_made_where_nobody_knows_the_home(tmp_path: Path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    ran = CliRunner().invoke(digest, ["init", NOBODY])

    assert "whole path" in str(ran.exception)
    assert not list(tmp_path.iterdir())

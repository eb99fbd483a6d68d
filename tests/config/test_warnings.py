"""What is allowed, and stands in the way of a real mail."""

from __future__ import annotations

from pathlib import Path

import pytest

from digest.compose import templates
from digest.config.checks import EXAMPLE_ADDRESS, SPOKEN
from tests.config.conftest import GOOD, Read

SMTP = '\n[deliver]\ntransport = "smtp"\n[[deliver.relays]]\nname = "a"\nhost = "127.0.0.1"\n'


def at(host: str) -> str:
    return GOOD.replace("quayside.example", host)


@pytest.mark.parametrize("host", ["quayside.example", "a.INVALID", "my.test", "example.org"])
def test_a_name_for_examples_is_told_where_mail_leaves(read: Read, host: str):
    assert list(read(at(host) + SMTP).warnings) == [
        f"config.toml:3  site.base_url  is at {host.lower()}, a name for examples: "
        "no link in a mail will lead anywhere; write where your own pages are",
        f"config.toml:7  newsletters.daily.sender  is at {host}, a name for examples: "
        "receivers refuse such mail; write an address of your own",
    ]


@pytest.mark.parametrize("host", ["quayside.net", "example.net.uk", "my-example.org", "test.de"])
def test_a_name_of_ones_own_is_not(read: Read, host: str):
    assert read(at(host) + SMTP).warnings == ()


def test_the_postal_address_that_init_writes_is_told_where_mail_leaves(read: Read):
    starter = (Path(__file__).parents[2] / "config.toml").read_text(encoding="utf-8")
    assert f'postal_address = "{EXAMPLE_ADDRESS}"' in starter
    line = f'\npostal_address = "{EXAMPLE_ADDRESS}"\nbase_url'
    own = at("quayside.net") + SMTP

    assert list(read(own.replace("\nbase_url", line)).warnings) == [
        "config.toml:3  site.postal_address  is the example of `digest init`, and stands in every "
        "mail; write your own"
    ]
    assert read(own.replace("\nbase_url", line.replace("1 Ferry", "2 Ferry"))).warnings == ()


def test_into_a_folder_any_name_will_do(read: Read):
    assert read(GOOD).warnings == ()


def test_an_issue_that_waits_for_an_editor_nobody_writes_to_is_told(read: Read):
    waits = GOOD.replace("\nsender", '\napproval = "required"\nsender')

    assert list(read(waits).warnings) == [
        'config.toml:7  newsletters.daily.approval  is "required", and nobody is told that an issue '
        "waits: site.operator is not set; write the editor's address there"
    ]
    named = waits.replace("\nbase_url", '\noperator = "ada@example.org"\nbase_url')
    assert read(named).warnings == ()


def test_a_language_without_words_is_told_until_there_are_some(read: Read, tmp_path: Path):
    italian = GOOD.replace("\nsender", '\nlanguage = "it"\nsender')
    (told,) = read(italian).warnings
    (tmp_path / "own" / "words").mkdir(parents=True)
    (tmp_path / "own" / "words" / "it.toml").write_text('next = "Il prossimo numero: {day}."')

    assert told == (
        'config.toml:7  newsletters.daily.language  is "it", and there are no words of a mail in '
        "it: they are English; write them into words/it.toml of compose.templates"
    )
    assert read(f'{italian}[compose]\ntemplates = "own"\n').warnings == ()


def test_our_own_words_are_known():
    files = (templates.ours() / "email" / "words").glob("*.toml")

    assert tuple(sorted(path.stem for path in files)) == SPOKEN

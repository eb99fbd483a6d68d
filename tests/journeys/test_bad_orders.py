"""Orders that cannot be followed: one sentence with the thing, the place and the cure, not 0."""

from __future__ import annotations

import importlib
import os
import signal

import pytest

from tests.journeys.stopping import CONFIG, SAMPLE, free_port

MODULES = (
    "digest.cli.run",
    "digest.cli.send",
    "digest.cli.gather",
    "digest.services.publish",
    "digest.services.gather",
    "digest.collect.client",
)
GOOD = CONFIG.format(hour="06:30", newsletter="", more=SAMPLE)


@pytest.mark.parametrize("command", ["run", "send", "gather"])
@pytest.mark.parametrize(
    ("was", "wrong", "told"),
    [
        ('"UTC"', '"Mars/Base"', 'timezone  is "Mars/Base", which is no time zone; write one such'),
        ('"06:30"', '"24:61"', 'hour  is "24:61", which no clock shows; write "00:00" to "23:59"'),
        ("https://quayside", "http://quayside", "base_url"),
        (
            'hour = "06:30"',
            'cadence = "weekly"\nweekday = ""',
            'weekday  is ""; write the name of a day',
        ),
        (
            'hour = "06:30"',
            'cadence = "weekly"',
            'cadence  is "weekly", and on no day; write weekday = "friday" or another',
        ),
    ],
)
def test_a_wrong_configuration(desk, command, was, wrong, told):
    desk.write("config.toml", GOOD.replace(was, wrong))

    said = desk.run(command)

    assert said.code == 2
    first, second = said.err.strip().splitlines()
    assert first.endswith("config.toml has a mistake:")
    assert second.startswith("config.toml:")
    assert told in second
    assert not (desk.folder / "digest.db").exists()


@pytest.fixture
def locked(desk, common_folder, monkeypatch):
    """Makes a database in a folder of ours, then takes the right to write ``what``."""
    monkeypatch.chdir(common_folder)
    desk.folder = common_folder
    desk.write("config.toml", GOOD)
    heard = signal.getsignal(signal.SIGTERM)
    user, superuser = os.geteuid(), os.getuid() == 0
    if superuser:  # who alone may read the library, where it lies in root's home
        os.seteuid(0)
    for one in MODULES:
        importlib.import_module(one)
    assert desk.run("subscribers", "add", "ada@readers.example", "--already-confirmed").code == 0
    if superuser:
        for path in common_folder.iterdir():
            os.chown(path, user, user)
        os.seteuid(user)

    def lock(what):
        for path in common_folder.glob("digest.db*"):
            path.chmod(0o444)
        if what == "folder":
            common_folder.chmod(0o555)

    yield lock
    common_folder.chmod(0o755)
    signal.signal(signal.SIGTERM, heard)


@pytest.mark.parametrize("what", ["file", "folder"])
@pytest.mark.parametrize(
    "command",
    [
        ("run", "--port", str(free_port())),
        ("send", "--yes"),
        ("gather",),
        ("subscribers", "add", "grace@readers.example", "--already-confirmed"),
    ],
)
def test_a_database_that_may_only_be_read(desk, locked, what, command):
    locked(what)
    said = desk.run(*command)

    assert said.code == 2, said
    assert len(said.err.splitlines()) == 1
    assert str(desk.folder) in said.err
    assert "cannot be written" in said.err

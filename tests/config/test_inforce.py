from __future__ import annotations

import pytest

from digest.config.inforce import in_force, masked, unset
from digest.config.load import load_for
from digest.config.settings import Relay

RELAY = """
[[deliver.relays]]
name = "main"
host = "smtp.example.org"
username = "ada"
password_env = "RELAY_PASSWORD"
"""


@pytest.fixture
def loaded(tmp_path, monkeypatch):
    monkeypatch.delenv("DIGEST_SECRET", raising=False)
    (tmp_path / "config.toml").write_text(
        '[site]\nname = "Library"\nbase_url = "https://a.example"\n'
        '[newsletters.daily]\ntitle = "Day"\nsender = "a@a.example"\ncadence = "weekly"\n'
        'weekday = "friday"\nhour = "17:00"\n' + RELAY
    )
    return load_for(tmp_path)


def told(loaded, environ):
    return {one.key: (one.value, one.origin) for one in in_force(loaded, environ)}


def test_values_are_told_as_they_are_written(loaded):
    said = told(loaded, {})

    assert said["newsletters.daily.weekday"] == ("friday", "config.toml:8")
    assert said["newsletters.daily.hour"] == ("17:00", "config.toml:9")
    assert said["collect.http.allow_private"] == (False, "default")


def test_secrets_are_masked_wherever_they_come_from(loaded, tmp_path):
    hidden = tmp_path / "password"
    hidden.write_text("hunter2")

    assert told(loaded, {})["deliver.relays[1].password"][0] == "not set"
    named = told(loaded, {"RELAY_PASSWORD": "hunter2", "DIGEST_SECRET": "x" * 40})
    filed = told(loaded, {"RELAY_PASSWORD_FILE": str(hidden)})

    assert named["deliver.relays[1].password"] == ("********", "environment RELAY_PASSWORD")
    assert named["secret"] == ("********", "environment DIGEST_SECRET")
    assert filed["deliver.relays[1].password"] == ("********", "environment RELAY_PASSWORD_FILE")
    assert filed["secret"][0] == "not set"


def test_a_relay_without_its_password_is_named():
    relay = Relay(name="main", host="smtp.example.org", password_env="RELAY_PASSWORD")

    assert list(unset((relay,), {})) == [
        "relay 'main' has no password yet; set RELAY_PASSWORD, or RELAY_PASSWORD_FILE"
    ]
    assert list(unset((relay,), {"RELAY_PASSWORD": "x"})) == []


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("postgresql://ada:pw@db/x", "postgresql://ada:********@db/x"),
        ("postgresql://db/x?password=pw&a=b", "postgresql://db/x?password=********&a=b"),
        ("sqlite:///digest.db", "sqlite:///digest.db"),
    ],
)
def test_a_url_is_shown_without_its_password(url, shown):
    assert masked(url) == shown

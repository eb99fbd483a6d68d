"""Keys are made once, kept from others, and their records verify what they sign."""

from __future__ import annotations

import json
import re
from pathlib import Path

import dkim as verifier
import pytest
from click.testing import CliRunner, Result

from digest.cli import digest
from digest.config import dkim as keys
from digest.config.load import load_for
from digest.deliver import dkim
from digest.errors import Misconfigured
from tests.cli.test_subscribers import CONFIG

TABLE = """
[deliver.dkim]
domain = "quayside.example"
selector = "tide"
key_file = "keys/dkim.pem"
ed25519_selector = "ebb"
ed25519_key_file = "keys/ed.pem"
"""
MESSAGE = b"From: digest@quayside.example\r\nSubject: Barges\r\n\r\nThey are back.\r\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "config.toml").write_text(CONFIG + TABLE)
    return tmp_path


def run(folder: Path, *words: str) -> Result:
    return CliRunner().invoke(digest, ["--config", str(folder), "dkim", *words])


def made(folder: Path) -> None:
    assert run(folder, "keygen").exit_code == run(folder, "keygen", "--ed25519").exit_code == 0


def test_keys_are_made_for_you_alone_and_never_made_anew(folder):
    made(folder)
    before = (folder / "keys" / "dkim.pem").read_bytes()

    again = run(folder, "keygen")

    assert isinstance(again.exception, Misconfigured)
    assert str(again.exception).endswith(
        "is there already and is kept; for a new key choose a new selector and file"
    )
    assert (folder / "keys" / "dkim.pem").read_bytes() == before
    assert {path.stat().st_mode & 0o777 for path in (folder / "keys").iterdir()} == {0o600}


def test_what_is_signed_verifies_by_the_records_that_are_printed(folder):
    made(folder)
    printed = json.loads(run(folder, "record", "--json").stdout)
    records = {one["name"].encode() + b".": one["txt"].encode() for one in printed}
    signed = dkim.sign(MESSAGE, keys.read(load_for(folder).settings.deliver.dkim), at=1) + MESSAGE

    proof = verifier.DKIM(signed)

    for place in (0, 1):
        assert proof.verify(idx=place, dnsfunc=lambda name, timeout=5: records.get(name))
    assert list(records) == [
        b"tide._domainkey.quayside.example.",
        b"ebb._domainkey.quayside.example.",
    ]


def test_a_zone_takes_the_record_in_strings_of_255_bytes(folder):
    made(folder)
    (rsa, _) = json.loads(run(folder, "record", "--json").stdout)

    line = run(folder, "record").stdout.splitlines()[0]

    strings = re.findall(r'"([^"]*)"', line)
    assert line.startswith("tide._domainkey.quayside.example. IN TXT ( ")
    assert "".join(strings) == rsa["txt"]
    assert max(map(len, strings)) <= 255 < len(rsa["txt"])


def test_a_check_says_what_the_keys_are(folder):
    made(folder)

    done = run(folder, "check")

    assert done.exit_code == 0
    assert done.stdout.splitlines() == [
        "tide: RSA, 2048 bits, kept from others; its record is tide._domainkey.quayside.example",
        "ebb: Ed25519, kept from others; its record is ebb._domainkey.quayside.example",
    ]


def test_a_sender_of_another_domain_is_told(folder):
    made(folder)
    text = (folder / "config.toml").read_text()
    (folder / "config.toml").write_text(text.replace("<digest@quayside", "<digest@other"))

    done = run(folder, "check")

    assert done.exit_code == 1
    assert "daily: its sender is not at quayside.example" in done.stderr


@pytest.mark.parametrize("command", ["check", "record"])
@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        (lambda path: path.unlink(), "dkim.pem is missing; `digest dkim keygen` makes it"),
        (lambda path: path.chmod(0o644), "can be read by others; run `chmod 600 "),
        (
            lambda path: path.write_bytes(b"no key"),
            "the DKIM key 'tide' of quayside.example is no private key in PEM",
        ),
    ],
)
def test_a_key_of_no_use_is_told_with_its_cure(folder, command, spoil, told):
    made(folder)
    spoil(folder / "keys" / "dkim.pem")

    done = run(folder, command)

    assert isinstance(done.exception, Misconfigured)
    assert told in str(done.exception)


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (("ed", "ed"), "deliver.dkim.key_file holds an Ed25519 key"),
        (("ed", "dkim"), "deliver.dkim.key_file holds an Ed25519 key"),
        (("dkim", "dkim"), "deliver.dkim.ed25519_key_file holds an RSA key; name it as key_file"),
    ],
)
def test_a_key_where_the_other_belongs_is_told_and_not_used(folder, given, told):
    made(folder)
    pems = [(folder / "keys" / f"{name}.pem").read_bytes() for name in given]
    for name, pem in zip(("dkim", "ed"), pems, strict=True):
        (folder / "keys" / f"{name}.pem").write_bytes(pem)

    done = run(folder, "check")
    warnings = load_for(folder).warnings

    assert isinstance(done.exception, Misconfigured)
    assert str(done.exception).startswith(told)
    assert any(told.split(" ", 1)[1] in warning for warning in warnings)


def test_a_domain_beyond_ascii_is_signed_and_published_by_its_name_in_the_dns(folder):
    path = folder / "config.toml"
    text = path.read_text().replace('domain = "quayside.example"', 'domain = "Bücher.example"')
    path.write_text(text.replace("<digest@quayside.example", "<digest@bücher.example"))
    made(folder)

    checked, printed = run(folder, "check"), json.loads(run(folder, "record", "--json").stdout)
    [rsa, _] = keys.read(load_for(folder).settings.deliver.dkim)

    assert (checked.exit_code, checked.stderr) == (0, "")
    assert printed[0]["name"] == "tide._domainkey.xn--bcher-kva.example"
    assert b" d=xn--bcher-kva.example;" in dkim.sign(MESSAGE, [rsa], at=1)


@pytest.mark.parametrize(
    ("words", "text", "told"),
    [
        (["keygen"], CONFIG, "is not set, so the relay signs"),
        (
            ["keygen", "--ed25519"],
            CONFIG + "\n".join(TABLE.splitlines()[:5]),
            "names no second key; add ed25519_selector and ed25519_key_file",
        ),
    ],
)
def test_a_key_that_no_table_names_is_not_made(folder, words, text, told):
    (folder / "config.toml").write_text(text)

    done = run(folder, *words)

    assert isinstance(done.exception, Misconfigured)
    assert told in str(done.exception)
    assert not (folder / "keys").exists()

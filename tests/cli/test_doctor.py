"""``digest doctor`` on a folder of its own, with a name server and pages on loopback."""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path

import pytest

from tests.checkup.names_server import serving
from tests.cli.test_subscribers import CONFIG

ZONE = {
    ("quayside.example", "TXT"): ['"v=spf1 ip4:192.0.2.1 -all"'],
    ("_dmarc.quayside.example", "TXT"): ['"v=DMARC1; p=reject"'],
    ("quayside.example", "MX"): ["10 mail.quayside.example."],
}


async def doctor(folder: Path, *words: str) -> tuple[int, str, str]:
    async with serving(ZONE) as port:
        told = ["--nameserver", "127.0.0.1", "--nameserver-port", str(port), *words]
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "digest", "--config", str(folder), "doctor", *told,
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        out, err = await asyncio.wait_for(process.communicate(), 60)
    return process.returncode or 0, out.decode(), err.decode()


def a_folder(path: Path) -> Path:
    local = CONFIG.replace("https://quayside.example", "http://127.0.0.1:9")
    (path / "config.toml").write_text(local)
    return path


async def test_what_is_wrong_is_told_with_its_cure_and_nothing_is_made(tmp_path: Path):
    folder = a_folder(tmp_path)

    code, out, err = await doctor(folder)

    assert (code, err) == (1, "")
    assert "warn  database: there is none yet\n      -> `digest gather` makes it\n" in out
    assert "ok    SPF of quayside.example: one record, 0 of 10 lookups, ends with -all\n" in out
    assert "BAD   web pages: http://127.0.0.1:9/ cannot be reached" in out
    assert [path.name for path in folder.iterdir()] == ["config.toml"]


async def test_a_mailbox_that_is_not_reached_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    folder = a_folder(tmp_path)
    mailbox = (
        '[bounces.mailbox]\nhost = "127.0.0.1"\nport = 9\ntls = "none"\n'
        'username = "bounces"\npassword_env = "BOUNCES_PASSWORD"\n'
    )
    (folder / "config.toml").write_text((folder / "config.toml").read_text() + mailbox)

    _, out, _ = await doctor(folder)
    assert "BAD   bounce mailbox: bounces.mailbox.password_env names BOUNCES_PASSWORD" in out

    monkeypatch.setenv("BOUNCES_PASSWORD", "secret")
    _, out, _ = await doctor(folder)
    assert "-     bounce mailbox: the mailbox server 127.0.0.1:9 cannot be used" in out
    assert "no bounce or complaint in it is acted on" in out


async def test_the_same_as_json(tmp_path: Path):
    code, out, _ = await doctor(a_folder(tmp_path), "--json", "--selector", "s1")

    told = json.loads(out)
    assert (code, told["level"]) == (1, "bad")
    found = {check["name"]: check for check in told["checks"]}
    assert found["DMARC of quayside.example"] == {
        "name": "DMARC of quayside.example",
        "level": "ok",
        "says": "_dmarc.quayside.example says p=reject",
        "cure": "",
        "record": "",
    }
    assert found["DKIM key s1._domainkey.quayside.example"]["level"] == "bad"
    assert len(told["bulk"]) == 12


async def test_where_digest_signs_itself_its_own_selectors_are_looked_up(tmp_path: Path):
    folder = a_folder(tmp_path)
    config = (folder / "config.toml").read_text()
    (folder / "config.toml").write_text(
        f'{config}\n[deliver.dkim]\ndomain = "mail.quayside.example"\nselector = "s9"\n'
        'key_file = "dkim.pem"\n'
    )

    _, out, _ = await doctor(folder)

    assert "BAD   DKIM key s9._domainkey.mail.quayside.example: there is no such key" in out

"""``digest alerts`` with a real webhook on loopback and a Maildir for the mail."""

from __future__ import annotations

import asyncio
import email
import email.policy
import io
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, redirect_stderr, redirect_stdout
from dataclasses import replace
from pathlib import Path

import pytest
from aiohttp import web

from digest import cli
from digest.checkup.alerts import Telling
from digest.config.load import load
from digest.errors import DigestError
from digest.storage import alerts as table
from digest.storage.database import Store
from digest.wiring import bell
from tests.builders import NOW
from tests.cli.test_subscribers import CONFIG


@asynccontextmanager
async def webhook(status: int = 200) -> AsyncIterator[tuple[str, list[dict]]]:
    heard: list[dict] = []

    async def hear(request: web.Request) -> web.Response:
        heard.append(await request.json())
        return web.Response(status=status)

    app = web.Application()
    app.router.add_post("/secret", hear)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        yield f"http://127.0.0.1:{site._server.sockets[0].getsockname()[1]}/secret", heard
    finally:
        await runner.cleanup()


async def alerts(folder: Path, *words: str, hook: str = "") -> tuple[int, str, str]:
    """``digest alerts WORDS``, in a thread: the webhook answers from this one."""
    return await asyncio.to_thread(_said, ["--config", str(folder), "alerts", *words], hook)


def _said(words: list[str], hook: str) -> tuple[int, str, str]:
    out, err = io.StringIO(), io.StringIO()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DIGEST_ALERT_WEBHOOK", hook)
        with redirect_stdout(out), redirect_stderr(err):
            try:
                cli.main(words)
                code = 0
            except SystemExit as stopped:
                code = int(stopped.code or 0)
    return code, out.getvalue(), err.getvalue()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A place whose disk is always too full."""
    config = CONFIG.replace("[newsletters", 'operator = "editor@quayside.example"\n[newsletters', 1)
    (tmp_path / "config.toml").write_text(f"{config}\n[alerts]\ndisk_mb = 1_000_000_000\n")
    return tmp_path


def mails(folder: Path):
    found = sorted((folder / "maildir" / "new").glob("*"))
    return [email.message_from_bytes(p.read_bytes(), policy=email.policy.default) for p in found]


async def test_the_operator_is_told_once_by_mail_and_webhook(folder: Path):
    async with webhook() as (address, heard):
        code, out, _ = await alerts(folder, "--tell", "--json", hook=address)
        again = json.loads((await alerts(folder, "--tell", "--json", hook=address))[1])

    told = json.loads(out)
    assert (code, told["told"], [one["key"] for one in told["alerts"]]) == (0, ["disk"], ["disk"])
    assert (again["told"], [one["key"] for one in again["alerts"]]) == ([], ["disk"])
    assert [len(one["alerts"]) for one in heard] == [1]
    [mail] = mails(folder)
    assert (mail["To"], mail["Subject"]) == (
        "editor@quayside.example",
        "Quayside: one thing needs you",
    )


async def test_without_telling_it_only_shows(folder: Path):
    code, out, _ = await alerts(folder)

    assert code == 0
    assert "MB are free on the disk.\n  Make room;" in out
    assert mails(folder) == []


async def test_what_the_daily_look_found_is_shown_until_another_finds_it_over(folder: Path):
    (folder / "config.toml").write_text(CONFIG)
    assert "Nothing needs you." in (await alerts(folder))[1]
    store = await Store.open(f"sqlite:///{folder / 'digest.db'}")
    says = "relay main: its certificate ends in 3 days"
    await store.write(table.remember, {"doctor:relay main": says, "disk": "no room"}, (), NOW)
    await store.close()

    _, out, _ = await alerts(folder)
    as_json = json.loads((await alerts(folder, "--json"))[1])

    assert (
        out == f"{says}.\n  Since {NOW:%Y-%m-%d %H:%M} UTC; `digest doctor` says if it is over.\n"
    )
    assert [one["says"] for one in as_json["examined"]] == [says]


async def test_one_way_that_works_is_enough_and_none_is_an_error(folder: Path):
    async with webhook(status=500) as (address, _):
        code, _, _ = await alerts(folder, "--tell", hook=address)
        assert code == 0  # the mail arrived

        config = (folder / "config.toml").read_text()
        (folder / "config.toml").write_text(config.replace("operator = ", "#operator = "))
        (folder / "digest.db").unlink()
        code, _, err = await alerts(folder, "--tell", hook=address)

    assert code == 1
    assert "nobody heard the alerts: the webhook answers 500" in err
    assert address not in err


async def test_why_the_webhook_could_not_be_asked_is_said(folder: Path, unused_tcp_port: int):
    config = (folder / "config.toml").read_text()
    (folder / "config.toml").write_text(config.replace("operator = ", "#operator = "))
    address = f"http://127.0.0.1:{unused_tcp_port}/S3CRET"

    code, _, err = await alerts(folder, "--tell", hook=address)

    assert code == 1
    assert "nobody heard the alerts: the webhook cannot be asked: Connect call failed" in err
    assert "S3CRET" not in err


async def test_where_nobody_would_hear_it_says_so(folder: Path):
    config = (folder / "config.toml").read_text()
    (folder / "config.toml").write_text(config.replace("operator = ", "#operator = "))

    code, _, err = await alerts(folder, "--tell")

    assert code == 2
    assert err == (
        "digest: site.operator is not set, nor is DIGEST_ALERT_WEBHOOK; nobody would hear it\n"
    )


async def test_a_mail_that_cannot_be_made_does_not_let_the_webhook_repeat_itself(
    folder: Path, monkeypatch
):
    settings = load(folder / "config.toml", {}, here=folder).settings
    broken = replace(settings, newsletters={})  # whatever breaks: nobody foresaw it

    async with webhook() as (address, heard):
        monkeypatch.setenv(bell.WEBHOOK, address)
        told = await bell.ring(broken, Telling(alerts=(), over=("disk",)), NOW)

    assert told
    assert len(heard) == 1


async def test_when_every_way_breaks_it_is_said_why(folder: Path, monkeypatch):
    settings = load(folder / "config.toml", {}, here=folder).settings
    monkeypatch.delenv(bell.WEBHOOK, raising=False)

    with pytest.raises(DigestError, match=r"nobody heard .* is not set; the mail failed \(Runtime"):
        await bell.ring(replace(settings, newsletters={}), Telling(alerts=(), over=("disk",)), NOW)

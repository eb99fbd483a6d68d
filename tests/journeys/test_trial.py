"""A test of an issue, the alerts and the editor's letter leave as the issues do."""

from __future__ import annotations

import asyncio

import dkim as verifier
import pytest

from digest.config import dkim as keys
from digest.config.load import load_for
from digest.deliver import dkim
from tests.cli.test_leftovers import ready, run, use
from tests.deliver.relays import scripted
from tests.journeys.conftest import desk
from tests.journeys.test_sending import AT, parsed

__all__ = ["desk"]
TABLE = """
[deliver.dkim]
domain = "quayside.example"
selector = "tide"
key_file = "dkim.pem"
"""
TO = ("send", "--to", "editor@example.org")


def signing(desk, *, operator: str = "") -> None:
    """Sign here; the disk is low, so that there is an alert to tell."""
    config = desk.config.replace("[site]", f'[site]\noperator = "{operator}"')
    low = "[alerts]\ndisk_mb = 1_000_000_000\n" if operator else ""
    desk.write("config.toml", f"{config}{TABLE}{low}")


def verifies(desk, message: bytes) -> bool:
    options = load_for(desk.folder).settings.deliver.dkim
    (key,) = keys.read(options)
    name, text = dkim.record(key)
    records = {f"{name}.".encode(): text.encode()}
    return verifier.DKIM(message).verify(dnsfunc=lambda name, timeout=5: records.get(name))


async def test_a_test_and_an_alert_are_signed_where_we_sign(desk):
    async with scripted() as (relay, options):
        await asyncio.to_thread(ready, desk, main=options.port)
        signing(desk, operator="editor@quayside.example")
        assert (await run(desk, "dkim", "keygen")).code == 0
        tried = await run(desk, *TO)
        told = await run(desk, "alerts", "--tell")

    assert (tried.code, told.code) == (0, 0), tried.err + told.err
    assert [verifies(desk, message) for message in relay.taken] == [True, True]


def test_a_test_into_a_maildir_is_signed_as_the_issues_there_are(desk):
    ready(desk)
    use(desk)
    desk.write("config.toml", f'{desk.config}[deliver]\nmaildir = "mail"\n{TABLE}')
    assert desk.run("dkim", "keygen").code == 0

    assert desk.run(*TO).code == 0

    (file,) = (desk.folder / "mail" / "new").iterdir()
    mail = file.read_bytes()
    assert verifies(desk, mail[mail.index(b"DKIM-Signature:") :])


async def test_without_its_key_a_test_does_not_leave_and_an_alert_does(desk):
    async with scripted() as (relay, options):
        await asyncio.to_thread(ready, desk, main=options.port)
        signing(desk, operator="editor@quayside.example")
        tried = await run(desk, *TO)
        told = await run(desk, "alerts", "--tell")

    assert tried.code == 2
    assert "dkim.pem is missing; `digest dkim keygen` makes it" in tried.err
    assert told.code == 0, told.err
    (alert,) = relay.taken
    assert b"DKIM-Signature" not in alert


def test_two_tests_of_one_issue_are_two_mails_to_any_mailbox(desk):
    ready(desk)

    assert [desk.run(*TO, "--at", AT).code for _ in range(2)] == [0, 0]

    mails = [parsed(one.read_bytes()) for one in (desk.folder / "maildir" / "new").iterdir()]
    assert len({mail["Message-ID"] for mail in mails}) == 2
    assert len({mail["Subject"] for mail in mails}) == 1


@pytest.mark.parametrize(
    ("words", "cure"),
    [
        ("530 5.7.0 auth required", "it wants a login: give its username and password_env"),
        ("530 Must issue a STARTTLS command first", 'it wants TLS: set its tls = "starttls"'),
        ("550 5.7.1 Client was not authenticated", "it wants a login: "),
        ("550 5.7.1 SPF authentication failed", "have it accept the sender "),
        ("553 5.7.1 not authorised for this sender", "have it accept the sender "),
        ("552 5.3.4 too large", "make the issue smaller, or use a relay that takes it"),
    ],
)
async def test_a_relay_that_wants_a_login_before_the_sender_is_told_as_one(desk, words, cure):
    def answer(said: str) -> str | None:
        return f"{words}\r\n" if said[:4] == "MAIL" else None

    async with scripted(answer) as (_, options):
        await asyncio.to_thread(ready, desk, main=options.port)
        said = await run(desk, *TO)

    assert said.code == 1
    assert f"at MAIL FROM ({words}); {cure}" in said.err


def test_the_links_of_a_test_are_those_of_the_pages_of_tests(desk):
    ready(desk)

    assert desk.run(*TO, "--at", AT).code == 0

    (file,) = (desk.folder / "maildir" / "new").iterdir()
    mail = parsed(file.read_bytes())
    found = mail.get_body(("plain",)).get_content() + mail["List-Unsubscribe"]
    assert "https://quayside.example/archive/daily/test\n" in found
    assert "https://quayside.example/unsubscribe/daily.trial." in found
    assert "https://quayside.example/preferences/daily.trial." in found

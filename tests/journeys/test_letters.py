"""From the form's row to the letter in the mailbox, and what keeps a letter from going."""

from __future__ import annotations

import asyncio
import contextlib
import email
import email.policy
import re
import shutil
import socket
from datetime import UTC, datetime, timedelta

import pytest
from aiosmtpd.controller import Controller

from digest.services import membership
from digest.services.membership import Profile
from digest.storage import issues
from digest.storage.database import Store
from subscribers.acts import ChangeAddress, Confirm, Join, Leave
from subscribers.address import Address
from subscribers.model import By
from tests.compose.desk import a_paper

NOW = datetime.now(UTC)
RING = (b"k" * 40,)


@pytest.fixture
def members(desk, monkeypatch):
    monkeypatch.setenv("DIGEST_SECRET", RING[0].decode())
    desk.configure("sample:")

    def act(change, *, ago=timedelta()):
        async def run():
            store = await Store.open(f"sqlite:///{desk.folder / 'digest.db'}")
            try:
                return await change(store, lambda: NOW - ago)
            finally:
                await store.close()

        return asyncio.run(run())

    return act


def join(address="ada@example.org", **profile):
    def change(store, clock):
        return membership.join(
            store,
            Profile(address=Address.parse(address), **profile),
            Join(newsletter="daily", cadence="daily"),
            by=By.READER,
            ring=RING,
            clock=clock,
        )

    return change


def acting(subscriber, act):
    def change(store, clock):
        return membership.act_on(store, subscriber, "daily", act, by=By.READER, clock=clock)

    return change


def mailbox(desk):
    found = sorted((desk.folder / "maildir" / "new").glob("*"))
    return {
        path.name.split("-")[0]: email.message_from_bytes(
            path.read_bytes(), policy=email.policy.default
        )
        for path in found
    }


def test_a_confirmation_is_sent_once_with_a_link_that_confirms(desk, members):
    done = members(join(name="Ada", language="de"))

    first, second = desk.run("letters", "send"), desk.run("letters", "send")

    assert first.out.startswith("1 sent")
    assert second.out.startswith("0 sent")
    letter = mailbox(desk)["confirm"]
    assert letter["To"] == "ada@example.org"  # and no word of whoever typed it in
    assert letter["Subject"] == "Bitte bestätigen: The Quayside"
    assert letter["Content-Language"] == "de"
    text = letter.get_body(("plain",)).get_content()
    (link,) = re.findall(r"https://quayside\.example/confirm/(\S+)", text)
    assert link.startswith(f"daily.{done.subscriber}.")
    assert "\ue0f0" not in letter.as_string()


def test_welcome_and_goodbye_follow_the_readers_own_acts(desk, members):
    done = members(join(), ago=timedelta(minutes=30))
    members(acting(done.subscriber, Confirm()), ago=timedelta(minutes=20))

    said = desk.run("letters", "send")

    # The confirmation is not needed any more: nobody is asked what they have answered.
    assert said.out == "1 sent, 0 to be tried again, 0 failed, 1 skipped\n"
    assert list(mailbox(desk)) == ["welcome"]

    members(acting(done.subscriber, Leave(goodbye=True)))
    desk.run("letters", "send")
    assert "goodbye" in mailbox(desk)


def test_a_welcome_shows_the_latest_issue_and_the_next_one_shows_the_next(desk, members):
    def shelve(number):
        async def change(store, clock):
            until = clock() - timedelta(days=9 - number)
            issue = a_paper(4, until=until, number=number, period=f"{until:%Y-%m-%d}")
            await store.write(issues.freeze, issue, (), state="released", at=until)

        return change

    def welcomed(address):
        done = members(join(address), ago=timedelta(minutes=30))
        members(acting(done.subscriber, Confirm()), ago=timedelta(minutes=20))
        desk.run("letters", "send")
        text = mailbox(desk)["welcome"].get_body(("plain",)).get_content()
        shutil.rmtree(desk.folder / "maildir")
        return text

    assert "LATEST ISSUE" not in welcomed("ada@example.org")

    members(shelve(7))
    first = welcomed("grace@example.org")
    members(shelve(8))
    second = welcomed("edsger@example.org")

    assert "No.\xa07" in first
    assert "No.\xa08" in second
    assert "No.\xa07" not in second


def test_who_never_confirmed_is_forgotten_after_a_fortnight(desk, members):
    members(join(), ago=timedelta(days=15))
    members(join("grace@example.org"), ago=timedelta(days=13))

    said = desk.run("letters", "send")

    assert said.out.startswith("1 forgotten")
    assert desk.run("subscribers", "show", "ada@example.org").code != 0
    assert desk.run("subscribers", "show", "grace@example.org").code == 0


def test_who_left_meanwhile_gets_no_welcome(desk, members):
    done = members(join(), ago=timedelta(minutes=30))
    members(acting(done.subscriber, Confirm()), ago=timedelta(minutes=20))
    members(acting(done.subscriber, Leave()))

    said = desk.run("letters", "send")

    assert said.out == "0 sent, 0 to be tried again, 0 failed, 2 skipped\n"


def test_a_new_address_is_asked_at_the_new_address(desk, members):
    done = members(join(), ago=timedelta(minutes=30))
    members(acting(done.subscriber, Confirm()), ago=timedelta(minutes=20))

    def move(store, clock):
        act = ChangeAddress(to=Address.parse("ada@new.example"))
        return membership.act_on_address(
            store, done.subscriber, act, by=By.READER, ring=RING, clock=clock
        )

    members(move)
    desk.run("letters", "send")

    letter = mailbox(desk)["address"]
    assert letter["To"] == "ada@new.example"
    assert "https://quayside.example/address/" in letter.get_body(("plain",)).get_content()
    # It may be a stranger's, by a typo: their mail program must not offer to leave for the reader.
    assert letter["List-Unsubscribe"] is None
    assert letter["List-Unsubscribe-Post"] is None
    assert not re.search(r"/(unsubscribe|preferences)/", letter.as_string())
    welcome = mailbox(desk)["welcome"]
    assert welcome["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"


def test_a_relay_that_cannot_be_used_loses_no_letter(desk, members):
    members(join())
    members(join("grace@example.org"))
    relay = '[deliver]\ntransport = "smtp"\n[[deliver.relays]]\nname = "main"\nhost = "127.0.0.1"\nport = 1\ntls = "none"\n'
    before = desk.config
    desk.write("config.toml", before + relay)

    said = desk.run("letters", "send")

    assert said.code == 1
    assert said.out == "0 sent, 2 to be tried again, 0 failed, 0 skipped\n"
    assert "relay 'main' (127.0.0.1:1)" in said.err
    desk.write("config.toml", before)
    assert desk.run("letters", "send").out.startswith("2 sent")  # they never left: no attempt

    desk.write("config.toml", before + '[deliver]\ntransport = "smtp"\n')
    assert "there is no relay" in desk.run("letters", "send").err


class Sink:
    """A real SMTP server's mind: what it keeps, or what it says to every recipient."""

    def __init__(self, refusal=""):
        self.got = []
        self.refusal = refusal

    async def handle_RCPT(self, server, session, envelope, address, options):  # noqa: N802 -- aiosmtpd's name
        if not self.refusal:
            envelope.rcpt_tos.append(address)
        return self.refusal or "250 2.1.5 Ok"

    async def handle_DATA(self, server, session, envelope):  # noqa: N802 -- aiosmtpd's name
        self.got.append(envelope)
        return "250 2.0.0 kept"


@contextlib.contextmanager
def relayed(desk, sink):
    """The desk's mail goes to ``sink`` meanwhile."""
    before = desk.config
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    controller = Controller(sink, hostname="127.0.0.1", port=port)
    controller.start()
    relay = (
        '[deliver]\ntransport = "smtp"\n[[deliver.relays]]\nname = "main"\n'
        f'host = "127.0.0.1"\nport = {port}\ntls = "none"\n'
    )
    desk.write("config.toml", before + relay)
    try:
        yield
    finally:
        controller.stop()
        desk.write("config.toml", before)


class HangsUp:
    """A relay that has the whole letter and breaks off before it says so."""

    async def handle_DATA(self, server, session, envelope):  # noqa: N802 -- aiosmtpd's name
        server.transport.abort()
        return "250 2.0.0 Ok"


def test_a_letter_in_doubt_is_sent_again_whatever_is_done_with_issues(desk, members):
    members(join())

    with relayed(desk, HangsUp()):
        desk.write("config.toml", desk.config.replace("[deliver]", '[deliver]\nin_doubt = "hold"'))
        said = desk.run("letters", "send")

    # No command lets a letter go that is held: `digest issues retry-failed` is for issues.
    assert said.out == "0 sent, 1 to be tried again, 0 failed, 0 skipped\n"


def test_letters_go_over_smtp_to_a_real_server(desk, members):
    sink = Sink()
    members(join())

    with relayed(desk, sink):
        said = desk.run("letters", "send")

    assert said.out.startswith("1 sent"), said.err
    (envelope,) = sink.got
    assert (envelope.mail_from, envelope.rcpt_tos) == (
        "digest@quayside.example",
        ["ada@example.org"],
    )


def test_a_relay_that_refuses_us_costs_no_reader_a_letter(desk, members):
    members(join())
    members(join("grace@example.org"))
    members(join("edsger@example.org"))

    with relayed(desk, Sink("554 5.7.1 we do not know you")):
        said = desk.run("letters", "send")

    assert said.code == 1
    assert said.out == "0 sent, 3 to be tried again, 0 failed, 0 skipped\n"
    assert "refuses us and is not used any more: 554 5.7.1 we do not know you" in said.err
    assert "ok" in desk.run("subscribers", "show", "ada@example.org").out


def test_while_it_may_mean_the_readers_it_is_said_and_the_relay_is_used_on(desk, members):
    members(join())

    with relayed(desk, Sink("554 5.7.1 we do not know you")):
        said = desk.run("letters", "send")

    assert (said.code, said.out) == (1, "0 sent, 1 to be tried again, 0 failed, 0 skipped\n")
    assert "refuses us, or those readers: 554 5.7.1 we do not know you" in said.err


def test_an_address_that_does_not_exist_is_written_to_no_more(desk, members):
    members(join())

    with relayed(desk, Sink("550 5.1.1 no such user")):
        said = desk.run("letters", "send")

    assert said.out == "0 sent, 0 to be tried again, 1 failed, 0 skipped\n"
    assert "bounced" in desk.run("subscribers", "show", "ada@example.org").out


def test_a_letter_whose_sender_died_is_sent_again_with_the_same_id(desk, members):
    from sqlalchemy import update

    from digest.storage.schema import letters

    members(join())

    async def died(store, clock):
        def change(tx):
            tx.execute(
                update(letters).values(
                    state="sending",
                    attempts=1,
                    claimed_at=clock() - timedelta(hours=1),
                    lease_until=clock() - timedelta(minutes=50),
                )
            )

        await store.write(change)

    members(died)

    assert desk.run("letters", "send").out.startswith("0 sent")  # queued again, a minute later

    async def later(store, clock):
        def change(tx):
            tx.execute(update(letters).values(next_attempt_at=clock()))

        await store.write(change)

    members(later)
    assert desk.run("letters", "send").out.startswith("1 sent")

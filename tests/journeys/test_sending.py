"""``digest send`` and ``digest issues``, as an operator runs them, into a maildir."""

from __future__ import annotations

import asyncio
import email
import email.policy
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, update

from digest.services import membership
from digest.storage.database import Store
from digest.storage.postal import deliveries
from digest.storage.schema import subscribers
from subscribers.acts import Leave
from subscribers.address import Address
from subscribers.model import By, Status, Subscriber, SubscriberId, Subscription
from tests import planted
from tests.builders import NOW

AT = "2026-11-24T06:30+00:00"


@pytest.fixture
def paper(desk, monkeypatch):
    """A desk with the sample paper and three readers."""
    monkeypatch.setenv("DIGEST_SECRET", "k" * 40)
    desk.configure("sample:")
    change(desk, enrolled)
    return desk


def enrolled(tx) -> None:
    for number, name in enumerate(("ada", "grace", "edsger")):
        who = SubscriberId(f"s{number:023}")
        person = Subscriber(
            id=who, address=Address.parse(f"{name}@example.org"), name=f"{name.title()} Ö"
        )
        planted.reader(
            tx, person, Subscription(subscriber=who, newsletter="daily", status=Status.ACTIVE)
        )


def change(desk, act):
    async def run():
        store = await Store.open(f"sqlite:///{desk.folder / 'digest.db'}")
        try:
            return await store.write(act)
        finally:
            await store.close()

    return asyncio.run(run())


def states(desk) -> dict[str, str]:
    asked = select(subscribers.c.address, deliveries.c.state).join(
        deliveries, deliveries.c.subscriber == subscribers.c.id
    )
    found = change(desk, lambda tx: tx.execute(asked).all())
    return {address.partition("@")[0]: state for address, state in found}


def mailbox(folder: Path) -> dict[str, bytes]:
    """The recipient to the message, without what the maildir put before it."""
    found = {}
    for path in (folder / "maildir" / "new").glob("*"):
        _, to, message = path.read_bytes().split(b"\n", 2)
        found[to.decode().removeprefix("Delivered-To: ").strip()] = message
    return found


def parsed(message: bytes):
    return email.message_from_bytes(message, policy=email.policy.default)


def test_what_is_sent_is_byte_for_byte_what_the_rehearsal_wrote(paper):
    rehearsed = paper.run("send", "--dry-run", "--at", AT)
    sent = paper.run("send", "--yes", "--at", AT)

    assert (rehearsed.code, sent.code) == (0, 0), sent.err
    written = {
        str(parsed(path.read_bytes())["To"].addresses[0].addr_spec): path.read_bytes()
        for path in (paper.folder / "rehearsal" / "daily" / "messages").glob("*.eml")
    }
    got = mailbox(paper.folder)
    assert len(got) == 3
    assert got == {to: message.replace(b"\r\n", b"\n") for to, message in written.items()}
    assert states(paper) == {"ada": "sent", "grace": "sent", "edsger": "sent"}


def test_it_says_what_goes_to_how_many_and_what_came_of_it(paper):
    said = paper.run("send", "--yes", "--at", AT)

    assert "Audience: 3" in said.out
    last = said.out.splitlines()[-1]
    assert last == ("Issue 1, 2026-11-24: 3 sent, 0 to be tried again, 0 failed, 0 skipped")


def test_nobody_there_to_answer_is_a_mistake_and_nothing_is_released(paper):
    said = paper.run("send", "--at", AT)

    assert said.code == 2
    assert "asks first, and nobody is there" in said.err
    assert "--yes" in said.err
    assert paper.run("issues", "list").out == "No issue yet. `digest send` makes one.\n"


def test_the_report_is_json_and_says_the_same(paper):
    said = paper.run("send", "--yes", "--json", "--at", AT)

    assert said.json == {
        "newsletter": "daily",
        "reason": None,
        "issue": 1,
        "period": "2026-11-24",
        "audience": 3,
        "sent": 3,
        "later": 0,
        "failed": 0,
        "skipped": 0,
        "held": 0,
        "troubles": [],
        "stopped": False,
    }


def test_a_period_is_sent_once_and_an_extra_issue_has_one_of_its_own(paper):
    paper.configure("articles")
    paper.write(
        "articles/weir.md",
        WEIR,
    )
    first = paper.run("send", "--yes", "--at", AT)
    assert "Issue 1, 2026-11-24: 3 sent" in first.out, first.err
    paper.write("articles/bus.md", BUS)
    later = "2026-11-24T09:00+00:00"

    again = paper.run("send", "--yes", "--at", later)
    assert again.code == 1
    assert "is made already" in again.err
    assert "or make one more with --extra" in again.err

    extra = paper.run("send", "--yes", "--extra", "--at", later)
    assert "Issue 2, extra-1: 3 sent" in extra.out, extra.err


WEIR = """---
title: Barges return as the old lock gates swing
date: 2026-11-24T06:00:00Z
---
The old lock gates at Harrow Quay swung open again on Monday, eleven weeks after a coal barge tore
the lower pair from its hinges.

The keeper counted nineteen boats through by noon. Repairs cost the harbour board two million
pounds, a third more than it had set aside.
"""
BUS = """---
title: The bus that nobody rides loses its last driver
date: 2026-11-24T08:00:00Z
---
Route 14 carried four passengers last week, the transport office said. Its driver retires in
December and the council will not advertise for another.

Two pensioners in Upper Fell have asked for a taxi instead, which a clerk called cheaper.
"""


def test_a_test_goes_to_one_address_marked_and_nothing_is_kept(paper):
    said = paper.run("send", "--to", "editor@example.org", "--at", AT)

    assert said.code == 0, said.err
    assert said.out.endswith("\n")
    assert "Test sent to editor@example.org: 250" in said.out
    (message,) = mailbox(paper.folder).values()
    assert parsed(message)["Subject"].startswith("[Test] ")
    assert paper.run("issues", "list").out == "No issue yet. `digest send` makes one.\n"
    assert paper.run("send", "--to", "not an address").code == 2


def test_without_readers_nothing_is_released(paper):
    change(paper, lambda tx: tx.execute(subscribers.delete()))

    said = paper.run("send", "--yes", "--at", AT)

    assert said.code == 0
    assert said.out.endswith(
        "Nobody to send it to yet: add people with `digest subscribers add`.\n"
    )
    assert "No issue yet" in paper.run("issues", "list").out


def test_without_a_story_there_is_no_mail_and_a_reason(paper):
    paper.configure("articles")
    (paper.folder / "articles").mkdir()

    said = paper.run("send", "--yes", "--at", AT)

    assert said.code == 0
    assert "No mail: " in said.out
    assert mailbox(paper.folder) == {}
    test = paper.run("send", "--to", "editor@example.org", "--at", AT)
    assert test.code == 1
    assert "there is nothing to send" in test.err


def test_what_lint_finds_stops_the_release(paper):
    paper.configure("articles")
    paper.write(
        "articles/weir.md",
        WEIR,
    )
    templates = paper.folder / "templates" / "issue"
    templates.mkdir(parents=True)
    (templates / "body.txt").write_text("no way to leave\n")
    paper.write(
        "config.toml",
        paper.config.replace("[collect]", '[compose]\ntemplates = "templates"\n[collect]'),
    )

    said = paper.run("send", "--yes", "--at", AT)

    assert said.code == 1
    assert "this issue is not released" in said.err
    assert mailbox(paper.folder) == {}
    assert states(paper) == {}


def test_that_more_failed_than_are_named_is_said(paper):
    paper.run("send", "--yes", "--at", AT)
    change(paper, lambda tx: tx.execute(update(deliveries).values(state="failed", code=550)))

    few = paper.run("issues", "show", "1", "--failed", "--limit", "2")
    every = paper.run("issues", "show", "1", "--failed", "--limit", "3")

    assert few.out.endswith("  and 1 more: `--limit 3` names all\n")
    assert every.out.count(": failed: 550") == 3
    assert "more: " not in every.out


def test_failures_are_counted_by_their_reasons(paper):
    paper.run("send", "--yes", "--at", AT)

    def fail(tx):
        failed = update(deliveries).values(state="failed", code=550, enhanced="5.7.1", text="no, 2")
        tx.execute(failed)
        first = SubscriberId(f"s{0:023}")
        tx.execute(failed.where(deliveries.c.subscriber == first).values(text="no, 1"))
        other = {"enhanced": "5.1.1", "text": "nobody here"}
        last = SubscriberId(f"s{2:023}")
        tx.execute(failed.where(deliveries.c.subscriber == last).values(other))

    change(paper, fail)

    shown = paper.run("issues", "show", "1", "--failed", "--limit", "1").out
    found = paper.run("issues", "show", "1", "--failed", "--json").json["reasons"]

    assert shown.splitlines()[2:5] == [
        "          3 failed",
        "          2 failed: 550 5.7.1 no, 1",
        "          1 failed: 550 5.1.1 nobody here",
    ]
    assert [(one["people"], one["enhanced"]) for one in found] == [(2, "5.7.1"), (1, "5.1.1")]


def test_whom_a_retry_leaves_alone_is_said(paper):
    paper.run("send", "--yes", "--at", AT)

    def fail(tx):
        tx.execute(update(deliveries).values(state="failed", code=550))
        tx.execute(update(subscribers).values(standing="bounced"))

    change(paper, fail)

    assert paper.run("issues", "retry-failed", "1").out == (
        "There is nobody to try again.\n"
        "Not tried again: 3 people, whose address bounced or complained, or was erased.\n"
    )


def test_issues_are_listed_shown_and_steered(paper):
    paper.run("send", "--yes", "--at", AT)
    ada = SubscriberId(f"s{0:023}")

    def fail(tx):
        values = {"state": "failed", "code": 550, "enhanced": "5.1.1", "text": "nobody here"}
        tx.execute(update(deliveries).where(deliveries.c.subscriber == ada).values(values))

    change(paper, fail)

    listed = paper.run("issues", "list")
    assert listed.out.startswith("    1  daily 2026-11-24  3 people, released: ")
    shown = paper.run("issues", "show", "1", "--failed")
    assert "1 failed" in shown.out
    assert "ada@example.org: failed: 550 5.1.1 nobody here" in shown.out
    assert paper.run("issues", "show", "1", "--json").json["deliveries"] == {"failed": 1, "sent": 2}
    assert [one["id"] for one in paper.run("issues", "list", "--json").json] == [1]

    assert paper.run("issues", "pause", "1").code == 0
    assert "is paused, not released" in paper.run("issues", "pause", "1").err
    assert paper.run("issues", "retry-failed", "1").out == (
        "1 queued again; `digest work` sends them once `digest issues resume 1` lets it go on.\n"
    )
    assert paper.run("work", "--once").out.startswith("0 sent")
    done = paper.run("work", "--until-done")
    assert (done.code, done.out[:6]) == (1, "0 sent")
    assert done.err == (
        "digest: not all is settled: issue 1 of daily is paused, and some of it waits: "
        "`digest issues resume 1` lets it go, `digest issues cancel 1` ends it\n"
    )
    assert paper.run("issues", "resume", "1").code == 0
    assert paper.run("work", "--once").out.startswith("1 sent")
    assert states(paper)["ada"] == "sent"
    assert "0 people will not get it" in paper.run("issues", "cancel", "1", "--yes").out
    assert "nothing of it is sent any more" in paper.run("issues", "retry-failed", "1").err


def test_who_is_not_there_is_said_with_the_command_that_lists(paper):
    for words in (("show", "9"), ("pause", "9"), ("resume", "9"), ("retry-failed", "9")):
        said = paper.run("issues", *words)
        assert said.code == 2
        assert "issue 9 is not there; `digest issues list` shows those there are" in said.err


def test_a_cancelled_issue_skips_whoever_has_not_got_it(paper):
    relay = '[deliver]\ntransport = "smtp"\n[[deliver.relays]]\nname = "main"\nhost = "127.0.0.1"\nport = 1\ntls = "none"\n'
    config = paper.config
    paper.write("config.toml", config + relay)
    said = paper.run("send", "--yes", "--at", AT)
    assert said.code == 1
    assert "nobody is lost, `digest work` goes on" in said.err
    assert states(paper) == {"ada": "queued", "grace": "queued", "edsger": "queued"}

    assert "3 people will not get it" in paper.run("issues", "cancel", "1", "--yes").out

    paper.write("config.toml", config)
    paper.run("work", "--until-done")
    assert mailbox(paper.folder) == {}
    assert "3 skipped: cancelled" in paper.run("issues", "show", "1").out


def test_an_issue_whose_newsletter_left_the_configuration_is_not_passed_over_in_silence(paper):
    config = paper.config
    relay = '[deliver]\ntransport = "smtp"\n[[deliver.relays]]\nname = "main"\nhost = "127.0.0.1"\nport = 1\ntls = "none"\n'
    paper.write("config.toml", config + relay)
    paper.run("send", "--yes")
    paper.write("config.toml", config.replace("daily", "weekly"))

    done = paper.run("work", "--until-done")  # before any of it is due again
    now_due = update(deliveries).values(next_attempt_at=deliveries.c.due_at)
    change(paper, lambda tx: tx.execute(now_due))
    said = paper.run("work", "--once")

    assert done.code == 1
    assert "not all is settled: newsletter 'daily' is not in the configuration" in done.err
    assert said.code == 1
    assert "newsletter 'daily' is not in the configuration any more" in said.err
    assert "`digest issues cancel 1`" in said.err
    assert states(paper) == {"ada": "queued", "grace": "queued", "edsger": "queued"}


@pytest.mark.parametrize("until", ["--once", "--until-done"])
def test_what_no_worker_came_to_in_time_is_told_and_is_a_failure(paper, until):
    config = paper.config
    relay = '[deliver]\ntransport = "smtp"\n[[deliver.relays]]\nname = "main"\nhost = "127.0.0.1"\nport = 1\ntls = "none"\n'
    paper.write("config.toml", config + relay)
    paper.run("send", "--yes")
    paper.write("config.toml", config)
    two = deliveries.c.subscriber.in_([f"s{number:023}" for number in range(2)])
    over = update(deliveries).where(two).values(expires_at=NOW - timedelta(days=400))
    change(paper, lambda tx: tx.execute(over))
    change(paper, lambda tx: tx.execute(update(deliveries).values(next_attempt_at=NOW)))

    said, again = paper.run("work", until), paper.run("work", until)

    assert said.out == "1 sent, 0 to be tried again, 0 failed, 2 skipped\n"
    assert said.err.startswith("digest: 2 came too late and will not be sent; ")
    assert (said.code, again.code, again.err) == (1, 0, "")
    assert "ada@example.org: skipped (stale)" in paper.run("issues", "show", "1", "--skipped").out


def test_who_left_between_release_and_work_is_not_written_to(paper):
    config = paper.config
    relay = '[deliver]\ntransport = "smtp"\n[[deliver.relays]]\nname = "main"\nhost = "127.0.0.1"\nport = 1\ntls = "none"\n'
    paper.write("config.toml", config + relay)
    paper.run("send", "--yes")

    async def leave():
        store = await Store.open(f"sqlite:///{paper.folder / 'digest.db'}")
        await membership.act_on(
            store, SubscriberId(f"s{0:023}"), "daily", Leave(), by=By.READER, clock=lambda: NOW
        )
        await store.close()

    asyncio.run(leave())
    paper.write("config.toml", config)
    paper.run("work", "--once")

    assert sorted(mailbox(paper.folder)) == ["edsger@example.org", "grace@example.org"]
    assert "ada@example.org: skipped (left)" in paper.run("issues", "show", "1", "--skipped").out

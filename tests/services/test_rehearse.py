"""Rehearse: a prepared issue becomes the very messages its readers would get, in a folder."""

from __future__ import annotations

import email
import email.policy
import json
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta

import pytest

from digest.choices import Choice
from digest.compose.lint import Finding
from digest.compose.prepared import Prepared
from digest.deliver.postmark import Postmark
from digest.errors import Misconfigured
from digest.model import Edition, LeftOut, SourceReport
from digest.services.rehearse import rehearse
from subscribers.address import Address
from subscribers.model import Status, Subscriber, SubscriberId, Subscription
from tests import planted
from tests.builders import NOW, a_newsletter, a_source, an_issue

NEWSLETTER = a_newsletter()
POSTMARK = Postmark(
    newsletter=NEWSLETTER,
    base_url="https://quayside.example",
    unsubscribe_mailbox="",
    ring=(b"k" * 32,),
)
OPEN, CLOSE = "\ue0f0", "\ue0f1"
EDITION = Edition(
    key="en",
    language="en",
    subject="The lock gates swing again",
    preheader="Barges are back",
    html=f'<p>Gates</p><a href="{OPEN}unsubscribe_url{CLOSE}">Leave</a> {OPEN}reader{CLOSE}',
    text=f"Gates\n\nLeave: {OPEN}unsubscribe_url{CLOSE}\n",
)
READY = Prepared(newsletter=NEWSLETTER, at=NOW, issue=an_issue(), editions=(EDITION,))


async def subscribe(store, who, *, status=Status.ACTIVE, hour=None, topics=(), **given):
    known = SubscriberId(who)
    person = Subscriber(id=known, address=Address.parse(f"{who}@example.org"), **given)
    terms = Subscription(
        subscriber=known, newsletter="daily", status=status, hour=hour, topics=topics
    )
    await store.write(planted.reader, person, terms)


def posted(folder):
    return [
        email.message_from_bytes(path.read_bytes(), policy=email.policy.SMTP)
        for path in sorted((folder / "messages").glob("*.eml"))
    ]


async def test_with_no_readers_yet_one_message_goes_to_the_sender(tmp_path):
    found = await rehearse(None, READY, POSTMARK, (), out=tmp_path)

    (message,) = posted(tmp_path)
    assert message["To"] == "The Quayside <digest@quayside.example>"
    assert message["Subject"] == EDITION.subject
    assert found.rehearsal.audience == 0
    assert found.report["editions"][0]["recipients"] == 0


async def test_the_first_ten_readers_get_theirs_and_all_are_counted(store, tmp_path):
    for number in range(12):
        await subscribe(store, f"reader{number:02}")
    await subscribe(store, "left", status=Status.LEFT)
    await subscribe(store, "pending", status=Status.PENDING)

    found = await rehearse(store, READY, POSTMARK, (), out=tmp_path)

    messages = posted(tmp_path)
    assert [one["To"] for one in messages] == [f"reader{n:02}@example.org" for n in range(10)]
    assert len({one["Message-ID"] for one in messages}) == 10
    assert len({one["List-Unsubscribe"] for one in messages}) == 10
    assert (found.rehearsal.audience, found.report["audience"]) == (12, 12)
    assert found.report["editions"][0]["recipients"] == 12


async def test_a_readers_own_hour_is_told_by_the_readers_own_clocks(store, tmp_path):
    await subscribe(store, "a-house", timezone="Asia/Tokyo")
    await subscribe(store, "b-own", hour=time(7, 0), timezone="Asia/Tokyo")
    await subscribe(store, "c-own", hour=time(7, 0), timezone="America/New_York")
    await subscribe(store, "d-none", hour=time(7, 0), timezone="Central European Time")

    await rehearse(store, READY, POSTMARK, (), out=tmp_path)

    due = [one["Date"].datetime.astimezone(UTC) for one in posted(tmp_path)]
    assert due == [
        datetime(2026, 11, 24, 6, 30, tzinfo=UTC),
        datetime(2026, 11, 24, 22, 0, tzinfo=UTC),
        datetime(2026, 11, 24, 12, 0, tzinfo=UTC),
        datetime(2026, 11, 24, 7, 0, tzinfo=UTC),  # the newsletter's zone
    ]


async def test_each_reader_gets_the_edition_of_their_own_choice(store, tmp_path):
    german, part = (
        replace(EDITION, key=key, subject=subject)
        for key, subject in (("de", "Die Tore"), ("de-town", "Das Rathaus"))
    )
    ready = replace(
        READY,
        editions=(EDITION, german, part),
        choices={
            Choice.of((), "en"): "en",
            Choice.of((), "de"): "de",
            Choice.of(("town",), "de"): "de-town",
        },
    )
    for who, language, topics in (
        ("ada", "en", ()),
        ("eva", "de", ("town",)),
        ("ida", "de", ("harbour",)),  # chosen since the issue was prepared
        ("uta", "de", ()),
    ):
        await subscribe(store, who, language=language, topics=topics)

    found = await rehearse(store, ready, POSTMARK, (), out=tmp_path)

    got = {one["To"]: one["Subject"] for one in posted(tmp_path)}
    assert got == {
        "ada@example.org": EDITION.subject,
        "eva@example.org": "Das Rathaus",
        "ida@example.org": "Die Tore",
        "uta@example.org": "Die Tore",
    }
    counts = {one["key"]: one["recipients"] for one in found.report["editions"]}
    assert counts == {"en": 1, "de": 2, "de-town": 1}
    assert found.rehearsal.audience == 4
    assert {path.name for path in (tmp_path / "proof").iterdir()} == {
        f"{key}-{scheme}.html" for key in counts for scheme in ("light", "dark")
    }


async def test_an_edition_nobody_gets_is_shown_as_the_sender_would_get_it(store, tmp_path):
    await subscribe(store, "uta", language="de")
    ready = replace(
        READY,
        editions=(EDITION, replace(EDITION, key="de")),
        choices={Choice.of((), "de"): "de"},
    )

    found = await rehearse(store, ready, POSTMARK, (), out=tmp_path)

    assert [one["recipients"] for one in found.report["editions"]] == [0, 1]
    assert {one["To"] for one in posted(tmp_path)} == {
        "The Quayside <digest@quayside.example>", "uta@example.org",
    }  # fmt: skip


async def test_rehearsing_twice_writes_the_same_messages(store, tmp_path):
    await subscribe(store, "ada", name="Ada")

    await rehearse(store, READY, POSTMARK, (), out=tmp_path / "one")
    await rehearse(store, READY, POSTMARK, (), out=tmp_path / "two")

    one, two = (
        {path.name: path.read_bytes() for path in (tmp_path / folder / "messages").iterdir()}
        for folder in ("one", "two")
    )
    assert one == two
    assert list(one) == ["en-01.eml"]


async def test_what_is_shown_is_what_the_first_reader_would_read(store, tmp_path):
    await subscribe(store, "ada", name="Ada")

    found = await rehearse(store, READY, POSTMARK, (), out=tmp_path)

    (message,) = posted(tmp_path)
    leave = message["List-Unsubscribe"].split(",")[0].strip("<> ")
    html = (tmp_path / "editions" / "en.html").read_text("utf-8")
    text = (tmp_path / "editions" / "en.txt").read_text("utf-8")
    assert f'href="{leave}"' in html
    assert "ada@example.org" in html
    assert text == f"Gates\n\nLeave: {leave}\n"
    assert found.page == tmp_path / "index.html"
    assert OPEN not in html + text + found.page.read_text("utf-8")


async def test_the_report_says_all_that_was_found(store, tmp_path):
    source = a_source()
    finding = Finding(level="warns", code="subject-length", message="is short", place="header")
    ready = Prepared(
        newsletter=NEWSLETTER,
        at=NOW,
        issue=an_issue(),
        editions=(EDITION,),
        left_out=(LeftOut(url="https://a.example/", title="Old", reason="older"),),
        findings={"en": (finding,)},
        notes=("one picture is left out",),
    )
    visited = SourceReport(
        source=source.id, name=source.name, status="404", error="nothing there", notes=("why",)
    )

    found = await rehearse(store, ready, POSTMARK, (visited,), out=tmp_path)

    assert json.loads((tmp_path / "report.json").read_text("utf-8")) == found.report
    assert found.report["left_out"] == [
        {"title": "Old", "url": "https://a.example/", "reason": "older"}
    ]
    assert found.report["sources"] == [
        {
            "name": source.name,
            "status": "404",
            "items": 0,
            "new": 0,
            "error": "nothing there",
            "notes": ["why"],
        }
    ]
    assert found.report["editions"] == [
        {
            "key": "en",
            "subject": EDITION.subject,
            "html_bytes": len(EDITION.html.encode()),
            "text_bytes": len(EDITION.text.encode()),
            "recipients": 0,
            "lint": ["warns subject-length: is short"],
            "notes": [],
        }
    ]
    assert (found.findings, found.notes) == ((finding,), ("one picture is left out",))


async def test_without_an_issue_there_are_no_messages_but_a_page_with_the_reason(store, tmp_path):
    await subscribe(store, "ada")
    none = Prepared(newsletter=NEWSLETTER, at=NOW + timedelta(days=1), reason="no story to tell")

    found = await rehearse(store, none, POSTMARK, (), out=tmp_path)

    assert not (tmp_path / "messages").exists()
    assert (found.report["issue"], found.report["editions"]) == (None, [])
    assert found.report["reason"] == "no story to tell"
    assert found.report["audience"] == 1
    assert "no story to tell" in found.page.read_text("utf-8")


@pytest.mark.parametrize("taken", ["messages", "editions", "report.json"])
async def test_a_folder_that_cannot_be_written_is_named_with_the_cure(tmp_path, taken):
    out = tmp_path / "out"
    out.mkdir()
    if taken.endswith(".json"):
        (out / taken).mkdir()
    else:
        (out / taken).write_text("in the way", "utf-8")

    with pytest.raises(Misconfigured, match=r"out.* cannot be written"):
        await rehearse(None, READY, POSTMARK, (), out=out)

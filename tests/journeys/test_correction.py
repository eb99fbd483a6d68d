"""An issue went out with a mistake; the correction goes to those who got it, and to nobody else."""

from __future__ import annotations

import email
import email.policy
import json
import sqlite3
from contextlib import closing

import pytest


@pytest.fixture
def sent(desk):
    desk.configure("sample:")
    for name in ("ada", "grace"):
        desk.run("subscribers", "add", f"{name}@example.org", "--already-confirmed")
    said = desk.run("send", "--yes", "--json")
    assert said.json["sent"] == 2, said.err
    desk.run("subscribers", "add", "late@example.org", "--already-confirmed")
    return said.json["issue"]


def mails(desk):
    found = [
        email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
        for path in (desk.folder / "maildir" / "new").iterdir()
    ]
    return [mail for mail in found if mail["Subject"].startswith("Correction: ")]


def test_the_correction_goes_to_exactly_those_who_were_sent_the_first(desk, sent):
    told = desk.run("issues", "show", sent, "--stories").json
    told[0]["title"] = "The lock gates swing on Thursday, not on Tuesday"
    mended = desk.write("mended.json", json.dumps(told))

    said = desk.run(
        "issues", "correct", sent, "--yes", "--note", "We had the wrong day.", "--stories", mended
    )

    assert said.code == 0, said.err
    assert f"corrects {sent}: 2 sent" in said.out
    found = mails(desk)
    assert sorted(mail["Delivered-To"] for mail in found) == [
        "ada@example.org",
        "grace@example.org",
    ]
    text = found[0].get_body(("plain",)).get_content()
    assert "We had the wrong day." in text
    assert "The lock gates swing on Thursday, not on Tuesday" in " ".join(text.split())
    listed = desk.run("issues", "list", "--json").json
    assert [(one["period"], one["corrects"]) for one in listed] == [
        ("extra-1", sent),
        (listed[1]["period"], None),
    ]


def test_the_page_that_is_led_to_says_what_was_wrong(desk, sent):
    note = "The pool opens at seven, not six."
    assert desk.run("issues", "correct", sent, "--note", note, "--yes").code == 0

    with closing(sqlite3.connect(desk.folder / "digest.db")) as database:
        kept = database.execute("SELECT content FROM issues ORDER BY id").fetchall()

    assert [json.loads(content)["intro"] for (content,) in kept] == ["", note]


def test_the_lines_of_a_note_stay_lines(desk, sent):
    note = "The pool opens at <seven>.\r\n\n\n\n* Monday \n* Tuesday\n"

    said = desk.run("issues", "correct", sent, "--note", note, "--yes")

    mail = mails(desk)[0]
    html = mail.get_body(("html",)).get_content()
    assert "The pool opens at &lt;seven&gt;.<br /><br />* Monday<br />* Tuesday</p>" in html
    text = mail.get_body(("plain",)).get_content()
    assert "\n\nThe pool opens at <seven>.\n\n* Monday\n* Tuesday\n\n" in text
    assert "Note       The pool opens at <seven>.\n\n           * Monday\n" in said.out


@pytest.mark.parametrize("odd", ["\x07", "\ue0f0"])
def test_a_note_with_a_character_that_no_mail_can_hold_is_refused(desk, sent, odd):
    said = desk.run("issues", "correct", sent, "--yes", "--note", f"The pool{odd} opens.")

    assert said.code == 2
    assert f"--note holds U+{ord(odd):04X}" in said.err


def test_who_is_asked_hears_how_many_it_would_go_to_now(desk, sent):
    desk.run("subscribers", "suppress", "grace@example.org")

    said = desk.run("issues", "correct", sent, "--note", "We had the wrong day.")

    assert (
        f"of the 2 who were sent issue {sent}, 1 will get no correction: left, paused or bounced "
        "since" in said.out
    )
    assert "Audience: 1" in said.out
    assert len(desk.run("issues", "list", "--json").json) == 1

    desk.run("subscribers", "suppress", "ada@example.org")
    said = desk.run("issues", "correct", sent, "--note", "Oh", "--yes")

    assert said.code == 1
    assert f"none of the 2 who were sent issue {sent} would get a correction" in said.err
    assert len(desk.run("issues", "list", "--json").json) == 1


def test_what_was_corrected_is_corrected_no_second_time(desk, sent):
    assert desk.run("issues", "correct", sent, "--yes", "--note", "The wrong day.").code == 0
    last = desk.run("issues", "list", "--json").json[0]

    again = desk.run("issues", "correct", sent, "--yes", "--note", "Oh")

    assert again.code == 1
    assert (
        f"issue {sent} was corrected by issue {last['id']} already; correct {last['id']}"
        in again.err
    )

    assert desk.run("issues", "correct", last["id"], "--yes", "--note", "No, it was.").code == 0
    newest = desk.run("issues", "list", "--json").json[0]
    assert newest["subject"] == last["subject"]
    assert f"correct {newest['id']}\n" in desk.run("issues", "correct", sent, "--note", "Oh").err


def test_where_the_correction_was_cancelled_another_may_be_made(desk, sent):
    desk.run("issues", "correct", sent, "--yes", "--note", "The wrong day.")
    desk.run("issues", "cancel", desk.run("issues", "list", "--json").json[0]["id"], "--yes")

    assert desk.run("issues", "correct", sent, "--yes", "--note", "Oh").code == 0


def test_what_is_asked_shows_the_note_and_no_score(desk, sent):
    asked = desk.run("issues", "correct", sent, "--note", "We had the wrong day.").out

    assert "Note       We had the wrong day.\n" in asked
    assert "dated by" not in asked
    assert "score" not in asked
    title = desk.run("issues", "show", sent, "--stories").json[0]["title"]
    assert f"  1. {title}\n" in asked


@pytest.mark.parametrize("note", ["", " \n "])
def test_a_note_that_says_nothing_is_refused(desk, sent, note):
    said = desk.run("issues", "correct", sent, "--note", note)

    assert (said.code, said.out) == (2, "")
    assert "--note says nothing; write what was wrong" in said.err


def test_what_never_went_out_is_not_corrected(desk, sent):
    said = desk.run("issues", "correct", "99", "--note", "Oh")

    assert said.code == 2
    assert "issue 99 is not there; `digest issues list` shows those" in said.err


def test_stories_that_are_none_are_named(desk, sent):
    odd = desk.write("odd.json", '[{"title": "Half a story"}]')

    said = desk.run("issues", "correct", sent, "--yes", "--note", "Oh", "--stories", odd)

    assert said.code == 2
    assert "odd.json story 1: url is missing; see what" in said.err


@pytest.mark.parametrize(
    ("newsletter", "said"), [("", True), ('archive = "off"', False)], ids=["archive", "off"]
)
def test_who_cancels_what_some_have_hears_that_its_page_is_withdrawn(desk, sent, newsletter, said):
    desk.configure("sample:", newsletter=newsletter)

    asked = desk.run("issues", "cancel", sent).out

    told = f"2 people got issue {sent} already: its page in the archive, where their mail leads, "
    assert (f"{told}will say that it was withdrawn." in asked) is said


def test_one_that_is_held_is_decided_before_it_is_corrected(desk, sent):
    with closing(sqlite3.connect(desk.folder / "digest.db")) as db, db:
        db.execute("update deliveries set state = 'held' where id = 1")

    said = desk.run("issues", "correct", sent, "--yes", "--note", "Oh")

    assert f"1 of issue {sent} have not left" in said.err
    assert f"the 1 held after `digest issues retry-failed {sent}`" in said.err
    assert said.err.endswith(", and its page in the archive will say that it was withdrawn\n")
    assert said.code == 1
    desk.configure("sample:", newsletter='archive = "off"')
    said = desk.run("issues", "correct", sent, "--yes", "--note", "Oh")
    assert said.err.endswith(": they get no correction either\n")

"""A mail goes out with a sender of its own, comes back to it, and the reader is written to no more."""

from __future__ import annotations

import email
import email.policy
import io
import sys

import pytest

from tests.deliver.returns import FOLDER
from tests.journeys.test_letters import Sink, relayed

DOMAIN = '[deliver]\nbounce_domain = "bounce.quayside.example"\n'


def sent(desk):
    """The one mail in the Maildir."""
    (path,) = (desk.folder / "maildir" / "new").glob("*")
    return email.message_from_bytes(path.read_bytes(), policy=email.policy.compat32)


def returned(name, mail, *, envelope):
    """The report ``name`` about a mail that really went out."""
    text = (FOLDER / f"{name}.eml").read_text()
    for place, value in (
        ("{VERP}", envelope),
        ("{TO}", "ada@example.org"),
        ("{MESSAGE_ID}", mail["Message-ID"]),
    ):
        text = text.replace(place, value)
    return text.encode()


def ingested(desk, monkeypatch, mail):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(mail)))
    return desk.run("bounces", "ingest").out


def an_issue(desk):
    desk.run("subscribers", "add", "ada@example.org", "--already-confirmed")
    assert desk.run("letters", "send").code == 0
    for path in (desk.folder / "maildir" / "new").glob("*"):
        path.unlink()  # the welcome
    said = desk.run("send", "--yes")
    assert said.code == 0, said.err


@pytest.fixture
def paper(desk):
    desk.configure("sample:")
    desk.write("config.toml", desk.config + DOMAIN)
    return desk


def test_a_letter_comes_back_to_the_sender_that_is_its_own(paper, monkeypatch):
    paper.run("subscribers", "add", "ada@example.org")
    paper.run("letters", "send")
    mail = sent(paper)
    back = mail["Return-Path"].strip("<>")

    assert back.startswith("bounces+")
    assert back.endswith("@bounce.quayside.example")
    assert ingested(paper, monkeypatch, returned("qmail", mail, envelope=back)) == "acted on\n"
    assert "bounced" in paper.run("subscribers", "show", "ada@example.org").out


def test_an_issue_comes_back_to_the_sender_that_is_its_own(paper, monkeypatch):
    an_issue(paper)
    mail = sent(paper)
    back = mail["Return-Path"].strip("<>")

    report = returned("gmail-full", mail, envelope=back)
    assert ingested(paper, monkeypatch, report).startswith("counted")
    # The same mail, told of by another server: it is known.
    report = returned("postfix-full", mail, envelope=back)
    assert ingested(paper, monkeypatch, report) == "known already\n"
    # Whoever was passed the mail has its Message-ID, and not its sender.
    report = returned("postfix-unknown", mail, envelope="digest@quayside.example")
    assert ingested(paper, monkeypatch, report).startswith("not proven whom it is about")
    forged = back.replace("bounces+", "bounces+aaaaaaaa")
    report = returned("postfix-unknown", {"Message-ID": "<1@x.example>"}, envelope=forged)
    assert ingested(paper, monkeypatch, report).startswith("not proven")
    assert "bounced" not in paper.run("subscribers", "show", "ada@example.org").out


def test_a_refusal_while_sending_is_listed_with_the_rest(paper):
    paper.write("config.toml", paper.config.replace(DOMAIN, ""))
    paper.run("subscribers", "add", "ada@example.org")

    with relayed(paper, Sink("550 5.1.1 no such user")):
        paper.run("letters", "send")

    line = paper.run("bounces", "list").out
    assert "hard 5.1.1 by smtp  ada@example.org  550 no such user" in line
    paper.run("bounces", "undo", "ada@example.org")
    assert ", ok, " in paper.run("subscribers", "show", "ada@example.org").out.splitlines()[1]

"""What came back, as commands: a pipe that loses no mail, a list, and the way back."""

import json
import os
import sqlite3
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner

from digest.cli import digest
from digest.config import secret
from digest.deliver import verp
from digest.deliver.verp import Ref, Sort
from digest.errors import Misconfigured
from tests.deliver.imap import MAILBOX, hostile
from tests.deliver.returns import FOLDER

ROOT = Path(__file__).parents[2]
CONFIG = """
[site]
name = "Quayside"
base_url = "https://quayside.example"
[newsletters.daily]
title = "The Quayside"
sender = "The Quayside <digest@quayside.example>"
[[collect.sources]]
location = "sample:"
"""


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "config.toml").write_text(CONFIG)
    run(tmp_path, "subscribers", "add", "ada@example.org")
    return tmp_path


def run(folder, *words, mail=b""):
    done = CliRunner().invoke(digest, ["--config", str(folder), *words], input=mail)
    if done.exception and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done


def a_return(folder, name="postfix-unknown", row=1):
    """The report ``name`` about the first letter, which asked Ada to confirm."""
    ring = secret.ring(folder)
    with sqlite3.connect(folder / "digest.db") as db:
        (due,) = db.execute("select due_at from letters where id = ?", (row,)).fetchone()
    ref = Ref.of(Sort.LETTER, row, datetime.fromisoformat(due).replace(tzinfo=UTC))
    sender = verp.sender(ring, "bounce.quayside.example", ref)
    text = (FOLDER / f"{name}.eml").read_text()
    return text.replace("{VERP}", sender).replace("{TO}", "ada@example.org").encode(), sender


def standing(folder):
    return json.loads(run(folder, "subscribers", "show", "ada@example.org", "--json").stdout)[
        "person"
    ]["standing"]


def test_a_bounce_through_the_pipe_is_acted_on_once_listed_shown_and_undone(folder):
    mail, _ = a_return(folder)

    assert run(folder, "bounces", "ingest", mail=mail).stdout == "acted on\n"
    assert run(folder, "bounces", "ingest", mail=mail).stdout == "known already\n"
    assert standing(folder) == "bounced"

    (line,) = run(folder, "bounces", "list", "--address", "ada@example.org").stdout.splitlines()
    assert "hard 5.1.1 by dsn  ada@example.org  550 5.1.1 <ada@example.org>: Recipient" in line
    (record,) = json.loads(run(folder, "bounces", "list", "--kind", "hard", "--json").stdout)
    assert (record["number"], record["source"], record["code"]) == (1, "dsn", "5.1.1")
    assert "This is the mail system at host" in run(folder, "bounces", "show", "1").stdout

    assert "May be written to again" in run(folder, "bounces", "undo", "ada@example.org").stdout
    assert "nothing to do" in run(folder, "bounces", "undo", "ada@example.org").stdout
    assert standing(folder) == "ok"


def test_an_address_that_nobody_has_is_not_said_to_be_in_order(folder):
    with pytest.raises(Misconfigured, match="this address is nobody's here"):
        run(folder, "bounces", "undo", "adda@example.org")

    done = run(folder, "bounces", "undo", "ada@example.org")
    assert done.stdout == "It had not bounced or complained; nothing to do.\n"


def test_what_keeps_out_an_address_that_nobody_has_is_taken_back_as_well(folder):
    run(folder, "subscribers", "suppress", "eve@example.net")

    assert "May be written to again" in run(folder, "bounces", "undo", "eve@example.net").stdout


def test_a_server_that_tells_the_envelope_needs_no_header(folder):
    mail, sender = a_return(folder)
    bare = mail.replace(sender.encode(), b"nobody@quayside.example")

    assert "not proven" in run(folder, "bounces", "ingest", mail=bare).stdout
    assert "acted on" in run(folder, "bounces", "ingest", "--recipient", sender, mail=bare).stdout


def test_a_mail_of_nothing_is_done_with(folder):
    done = run(folder, "bounces", "ingest", mail=b"")

    assert (done.exit_code, done.stdout) == (0, "no report of a bounce or complaint\n")
    assert run(folder, "bounces", "list").stdout == "Nothing came back.\n"


@pytest.mark.parametrize(
    "mail", [b"From: ada@example.org\nSubject: Please take me off\n\n", b"\x00\xff" * 500_000]
)
def test_what_is_not_understood_is_kept_for_a_person_who_is_told(folder, mail):
    for _ in range(2):
        done = run(folder, "bounces", "ingest", mail=mail)

        assert (done.exit_code, done.stdout) == (
            0,
            f"no report of a bounce or complaint\nkept for you to read: {folder / 'unread'}\n",
        )
    assert run(folder, "bounces", "list").stdout == (
        f"Nothing came back.\nNot understood, for you to read: 1 in {folder / 'unread'}\n"
    )
    (kept,) = (folder / "unread" / "new").iterdir()
    assert kept.read_bytes() == mail[: 256 * 1024]
    assert json.loads(run(folder, "bounces", "list", "--json").stdout) == []
    assert json.loads(run(folder, "prune", "--dry-run", "--json").stdout)["unread"] == 0

    os.utime(kept, (0, 0))

    assert "and 1 mail that nobody understood" in run(folder, "prune").stdout
    assert not kept.exists()


def test_what_cannot_be_kept_stays_with_the_mail_server(folder):
    (folder / "unread").write_text("no folder")

    done = piped(folder, b"Subject: please\n\n")

    assert done.returncode == os.EX_TEMPFAIL
    assert "cannot be written" in done.stderr.decode()


def test_each_mail_of_an_mbox_is_judged_by_what_stands_in_it(folder):
    mail, sender = a_return(folder)
    other, _ = a_return(folder, "postfix-delayed")
    forged = mail.replace(sender.encode(), b"bounces@quayside.example")
    began = b"From MAILER-DAEMON Tue Nov 24 06:31:04 2026\n"

    done = run(folder, "bounces", "ingest", mail=b"\n".join([began + forged, began + other]))

    assert done.stdout.splitlines() == [
        "       1  not proven whom it is about, so nothing was done",
        "       1  an absence notice, a receipt or a delay, ignored",
        f"kept for you to read: {folder / 'unread'}",
    ]
    assert standing(folder) == "ok"
    done = run(folder, "bounces", "ingest", mail=b"\n".join([began + forged, began + mail]))
    assert "acted on" in done.stdout
    assert standing(folder) == "bounced"


def test_a_mail_of_brackets_is_no_report(folder):
    done = piped(folder, b"From: a@b.example\r\nContent-Type: %s\r\n\r\nx\r\n" % (b"(" * 300))

    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout.startswith(b"no report of a bounce or complaint\n")


@pytest.mark.parametrize(
    ("way", "code", "said"),
    [
        ("<&-", os.EX_TEMPFAIL, "digest: standard input is closed; the mail is read there\n"),
        (">/dev/full", 0, ""),
        (">&-", 0, ""),
        ("2>/dev/full", 0, ""),
        ("--recipient x 2>/dev/full <&-", os.EX_TEMPFAIL, ""),
    ],
)
def test_whatever_the_pipe_is_like_a_mail_is_done_with_or_tried_again(folder, way, code, said):
    mail, _ = a_return(folder)
    (folder / "mail").write_bytes(mail)
    words = f"{sys.executable} -m digest --config {folder} bounces ingest"

    done = subprocess.run(
        ["/bin/sh", "-c", f"{words} <{folder / 'mail'} {way}"],
        capture_output=True,
        cwd=ROOT,
        timeout=120,
        check=False,
    )

    assert (done.returncode, done.stderr.decode()) == (code, said)
    assert standing(folder) == ("ok" if code else "bounced")


@pytest.mark.parametrize(
    "words", ["bounces show", "issues show", "issues pause", "issues cancel", "issues list --limit"]
)
@pytest.mark.parametrize("number", ["99999999999999999999", "2147483648"])
def test_a_number_that_no_row_has_is_refused_in_a_sentence(folder, words, number):
    done = run(folder, *words.split(), number)

    assert done.exit_code == 2
    assert f"{number} is not in the range" in done.stderr


def test_a_report_on_a_terminal_cannot_steer_it(folder):
    mail, _ = a_return(folder)
    run(folder, "bounces", "ingest", mail=mail.replace(b"I'm sorry", b"\x1b[2J\x9bI'm"))

    assert not set("\x1b\x9b") & set(run(folder, "bounces", "show", "1").stdout)


def test_trouble_of_ours_keeps_the_mail_with_the_mail_server(folder, tmp_path):
    mail, _ = a_return(folder)

    (folder / "digest.db").write_bytes(b"no database " * 1000)
    broken = piped(folder, mail)
    nowhere = piped(tmp_path / "nowhere", mail)
    (folder / "secret.key").unlink()
    keyless = piped(folder, mail)

    for done, words in (
        (broken, "is damaged"),
        (nowhere, "is not there"),
        (keyless, "is missing"),
    ):
        assert done.returncode == os.EX_TEMPFAIL
        assert words in done.stderr.decode()
        assert b"Traceback" not in done.stderr


def test_a_mail_of_any_size_is_read_to_its_end(folder):
    mail, _ = a_return(folder)

    done = piped(folder, mail + b"x" * 3_000_000)

    assert (done.returncode, done.stdout) == (0, b"acted on\n")


def test_a_report_that_is_not_there_is_said(folder):
    with pytest.raises(Misconfigured, match="report 7 is not there"):
        run(folder, "bounces", "show", "7")


def test_a_mail_that_the_mailbox_does_not_hand_out_is_counted(folder, monkeypatch):
    monkeypatch.setenv("BOUNCES_PASSWORD", "secret")
    said = {"LIST": '* LIST () "/" INBOX', "SEARCH": "* SEARCH 7", "SELECT": "* 1 EXISTS"}

    def answer(line):
        tag, command, *more = line.decode().split()
        name = more[0] if command == "UID" else command
        lines = [said[name]] if name in said else []
        done = "NO internal error" if name == "FETCH" else "OK done"
        lines += ["* CAPABILITY IMAP4rev1"] if name == "CAPABILITY" else []
        return "\r\n".join([*lines, f"{tag} {done}", ""]).encode()

    with hostile(answer, b"* OK IMAP4rev1 ready\r\n") as port:
        (folder / "config.toml").write_text(CONFIG + MAILBOX.format(port=port))
        done = run(folder, "bounces", "read")
        counted = json.loads(run(folder, "bounces", "read", "--json").stdout)

    assert done.stdout == "       1  not handed out by the server: open or delete it there\n"
    assert (counted.pop("withheld"), counted.pop("unmoved")) == (1, 0)
    assert not any(counted.values())


def test_a_mail_that_the_mailbox_does_not_move_is_counted(folder, monkeypatch):
    monkeypatch.setenv("BOUNCES_PASSWORD", "secret")
    mail = b"Auto-Submitted: auto-replied\r\n\r\nAway.\r\n"
    said = {
        "CAPABILITY": b"* CAPABILITY IMAP4rev1 MOVE\r\n",
        "LIST": b'* LIST () "/" INBOX\r\n',
        "SEARCH": b"* SEARCH 7\r\n",
        "SELECT": b"* 1 EXISTS\r\n",
        "FETCH": b"* 1 FETCH (UID 7 BODY[]<0> {%d}\r\n%b)\r\n" % (len(mail), mail),
    }

    def answer(line):
        tag, command, *more = line.decode().split()
        name = more[0] if command == "UID" else command
        done = "NO [OVERQUOTA] Quota exceeded" if name == "MOVE" else "OK done"
        return said.get(name, b"") + f"{tag} {done}\r\n".encode()

    with hostile(answer, b"* OK IMAP4rev1 ready\r\n") as port:
        (folder / "config.toml").write_text(CONFIG + MAILBOX.format(port=port))
        done = run(folder, "bounces", "read")

    assert done.stdout == (
        "       1  an absence notice, a receipt or a delay, ignored\n"
        "       1  not moved to 'Digest' by the server, only marked as seen: "
        "look whether the mailbox is full\n"
    )


def test_a_mailbox_that_is_not_set_up_is_said(folder):
    with pytest.raises(Misconfigured, match=r"bounces\.mailbox names no host"):
        run(folder, "bounces", "read")


def piped(folder, mail):
    return subprocess.run(
        [sys.executable, "-m", "digest", "--config", str(folder), "bounces", "ingest"],
        input=mail,
        capture_output=True,
        cwd=ROOT,
        timeout=120,
        check=False,
    )

"""A message as other programs read it: Python's library, Dovecot over IMAP's words, mutt."""

from __future__ import annotations

import email
import email.policy
import json
import os
import pty
import select
import shutil
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path

from bench.mail import paper
from bench.mail.proof import Missing, Proof, command, run
from digest.deliver import flowed

HEADERS = ("subject", "from", "to", "date", "message-id")
DOVECOT = """
mail_location = maildir:{maildir}
mail_uid = {user}
mail_gid = {group}
log_path = {folder}/dovecot.log
ssl = no
"""
MUTT = """
set folder={folder}
set wait_key=no pipe_decode=yes weed=yes charset=utf-8 quit=yes
alternative_order text/plain
ignore *
unignore subject from to date message-id
push "<pipe-message>cat >{out}<enter><quit>"
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """Headers decoded, names in lower case; ``text`` with what flows in one line; ``html``."""

    headers: Mapping[str, str]
    text: str
    html: str | None = None  # mutt shows none


def prove() -> Proof:
    """Each program's reading of each sheet agrees with what we meant."""
    wrong: list[str] = []
    count = 0
    for theme in paper.THEMES:
        for language in paper.SCRIPTS:
            sheet = paper.sheet(theme, language)
            meant = ours(sheet)
            for name, read in (("Python", python), ("Dovecot", dovecot), ("mutt", mutt)):
                count += 1
                wrong += [
                    f"{name} reads another {part} of {theme}-{language}"
                    for part in differing(meant, read(sheet.message))
                ]
    return Proof(figure=len(wrong), said=f"{count} readings agree with ours", wrong=wrong)


def differing(meant: Reading, read: Reading) -> list[str]:
    """The parts in which two readings differ; blanks and folds are nobody's meaning."""
    wrong = [name for name in HEADERS if _flat(read.headers[name]) != _flat(meant.headers[name])]
    if _flat(read.text) != _flat(meant.text):
        wrong.append("text")
    if read.html is not None and _flat(read.html) != _flat(meant.html or ""):
        wrong.append("html")
    return wrong


def ours(sheet: paper.Sheet) -> Reading:
    """What was meant, from before any MIME was made."""
    own = sheet.personal
    filled = {**own.slots}
    return Reading(
        headers={
            "subject": sheet.edition.subject,
            "from": sheet.newsletter.sender,
            "to": own.to,
            "date": f"{own.date:%a, %d %b %Y %H:%M:%S} +0000",
            "message-id": own.message_id,
        },
        text=flowed.paragraphs(flowed.stuffed(paper.filled(sheet.edition.text, filled))),
        html=paper.filled(sheet.edition.html, filled),
    )


def python(message: bytes) -> Reading:
    parsed = email.message_from_bytes(message, _class=EmailMessage, policy=email.policy.SMTP)
    parts = paper.read(message)
    return Reading(
        headers={name: str(parsed[name]) for name in HEADERS},
        text=flowed.paragraphs(parts["text/plain"]),
        html=parts["text/html"],
    )


def dovecot(message: bytes) -> Reading:
    doveadm = command("doveadm", "dovecot-imapd")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        _maildir(folder, message)
        own = {"user": os.getuid(), "group": os.getgid()}
        if os.getuid() == 0:  # Dovecot reads no mail as root
            own = {"user": 65534, "group": 65534}
            for path in (folder, *folder.rglob("*")):
                shutil.chown(path, *own.values())
        config = folder / "dovecot.conf"
        config.write_text(DOVECOT.format(folder=folder, maildir=folder / "mail", **own))

        def fetch(form: str, fields: str) -> bytes:
            asked = [doveadm, "-f", form, "-c", str(config), "fetch", fields, "ALL"]
            return run(asked, USER="nobody", HOME=name)

        printed = fetch("json", " ".join(f"hdr.{one}.utf8" for one in HEADERS))
        # Not as JSON: doveadm 2.3 writes it in blocks and loses a character that lies across two.
        bodies = [fetch("pager", f"binary.{n}").partition(b":\n")[2] for n in (1, 2)]
    rows = json.loads(printed or b"[]")
    if not rows:
        raise Missing("doveadm found no message in the maildir it was given")
    row = rows[0]
    text, html = (body.decode("utf-8").replace("\r\n", "\n") for body in bodies)
    return Reading(
        headers={name: row[f"hdr.{name}.utf8"] for name in HEADERS},
        text=flowed.paragraphs(text),
        html=html,
    )


def mutt(message: bytes) -> Reading:
    program = shutil.which("neomutt") or command("mutt", "neomutt")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        _maildir(folder, message)
        out, rc = folder / "read", folder / "rc"
        rc.write_text(MUTT.format(out=out, folder=folder))
        _in_terminal([program, "-n", "-F", str(rc), "-R", "-f", str(folder / "mail")], folder)
        if not out.exists():
            raise Missing("mutt wrote nothing of the message it was given")
        printed = out.read_text("utf-8")
    head, _, text = printed.partition("\n\n")
    parsed = email.message_from_string(head, _class=EmailMessage, policy=email.policy.SMTPUTF8)
    return Reading(headers={name: str(parsed[name]) for name in HEADERS}, text=text)


def _maildir(folder: Path, message: bytes) -> None:
    for part in ("cur", "new", "tmp"):
        (folder / "mail" / part).mkdir(parents=True)
    (folder / "mail" / "cur" / "1.digest:2,S").write_bytes(message)


def _in_terminal(asked: list[str], home: Path, limit: float = 30) -> None:
    """Run a program that wants a screen; what it draws is thrown away."""
    settings = {**os.environ, "TERM": "xterm", "LC_ALL": "C.UTF-8", "HOME": str(home)}
    pid, screen = pty.fork()
    if pid == 0:
        os.execvpe(asked[0], asked, settings)
    deadline = time.monotonic() + limit
    try:
        while time.monotonic() < deadline:
            if select.select([screen], [], [], 1)[0] and not os.read(screen, 65536):
                break
        else:
            os.kill(pid, 9)
    except OSError:  # how Linux says that the other end of a terminal is gone
        pass
    os.waitpid(pid, 0)
    os.close(screen)


def _flat(text: str) -> str:
    return " ".join(text.split())

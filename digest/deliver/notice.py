"""A telling to the operator as a mail, as JSON for a webhook, and as lines. Pure."""

from __future__ import annotations

from base64 import encodebytes
from collections.abc import Sequence
from datetime import datetime

from digest.deliver import headers
from digest.deliver.message import date_line
from digest.deliver.transport import Outgoing

Line = tuple[str, str]  # what is wrong, and the cure


def lines(wrong: Sequence[Line], over: Sequence[str]) -> list[str]:
    """What a person reads."""
    said = [f"{_ended(says)}\n  {_ended(cure[:1].upper() + cure[1:])}" for says, cure in wrong]
    return [*said, *(f"Over: {key}." for key in over)]


def _ended(sentence: str) -> str:
    """With its full stop; what another program said may have brought one."""
    return sentence if sentence.endswith((".", "!", "?")) else f"{sentence}."


def payload(wrong: Sequence[Line], over: Sequence[str]) -> dict[str, object]:
    """``text`` is what Slack and Mattermost show; the rest is for programs."""
    return {
        "text": "\n".join(lines(wrong, over)),
        "alerts": [{"says": says, "cure": cure} for says, cure in wrong],
        "over": list(over),
    }


def mail(
    wrong: Sequence[Line], over: Sequence[str], *, sender: str, to: str, site: str, at: datetime
) -> Outgoing:
    """The same as a mail from ``sender`` (a mailbox) to the address ``to``."""
    count = len(wrong)
    subject = f"{count} things need you" if count > 1 else "one thing needs you"
    ended = f"{len(over)} things are over" if len(over) > 1 else "one thing is over"
    return question(
        f"{site}: {subject if count else ended}",
        "\n\n".join(lines(wrong, over)),
        sender=sender,
        to=to,
        at=at,
    )


def question(subject: str, text: str, *, sender: str, to: str, at: datetime) -> Outgoing:
    """A plain mail to the operator. ``sender`` is a mailbox, ``to`` an address."""
    name, address = headers.parsed(sender)
    lines = [
        headers.structured("From", headers.mailbox(name, address)),
        headers.structured("To", to),
        headers.line("Subject", subject),
        date_line(at),
        headers.structured(
            "Message-ID", f"<alert-{at:%Y%m%dT%H%M%S%f}@{address.rpartition('@')[2]}>"
        ),
        # RFC 3834: nobody's holiday notice answers it.
        headers.structured("Auto-Submitted", "auto-generated"),
        headers.structured("MIME-Version", "1.0"),
        headers.structured("Content-Type", 'text/plain; charset="utf-8"'),
        # It begins no line with a dot and keeps any line short.
        headers.structured("Content-Transfer-Encoding", "base64"),
        b"\r\n",
        encodebytes(f"{text}\n".encode(errors="replace")).replace(b"\n", b"\r\n"),
    ]
    return Outgoing(
        name=f"alert-{at:%Y%m%dT%H%M%S}", sender=address, recipient=to, parts=(b"".join(lines),)
    )

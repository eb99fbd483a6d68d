"""A mail to the little of it that the detectors of flufl.bounce look at. Pure.

They try some sixty expressions on every line, several of them quadratic or worse in its length, and
one cubic in its brackets. So they get few lines, short ones, with an address or two in each.
"""

from __future__ import annotations

from collections.abc import Iterator
from email.message import Message

from digest.deliver.opened import field, texts, words

MOST_TEXT = 16 * 1024  # characters
MOST_LINES = 400
LONGEST_LINE = 200
MOST_SIGNS = 5  # of one kind; a line that names whom a mail failed for has one or two
SIGNS = "<@,"
FIELDS = ("X-Failed-Recipients", "X-Mailer")
NOBODY = "MAILER-DAEMON"  # where nobody says who wrote it; a detector stumbles over no name at all


def sketch(message: Message) -> Message:
    """The mail's own text, decoded, under the fields that tell who wrote it."""
    drawn = Message()
    drawn["From"] = field(message, "From") or NOBODY
    for name in FIELDS:
        if value := field(message, name):
            drawn[name] = value
    kind = message.get_content_type()
    drawn["Content-Type"] = "text/plain" if kind == "text/html" else kind
    drawings = _drawn(message)
    if not message.is_multipart():
        drawn.set_payload(next(drawings, ("", ""))[1])
        return drawn
    for description, text in drawings:
        part = Message()
        part["Content-Type"] = "text/plain"
        part["Content-Description"] = description
        part.set_payload(text)
        drawn.attach(part)
    return drawn


def _drawn(message: Message) -> Iterator[tuple[str, str]]:
    """Each plain text of the mail, and what it is called, until there is enough."""
    text, lines = MOST_TEXT, MOST_LINES
    for part in texts(message):
        short = map(_short, words(part)[:text].splitlines()[:lines])
        found = [line for line in short if line is not None]
        yield field(part, "Content-Description"), "\n".join([*found, ""])
        text -= sum(map(len, found))
        lines -= len(found)


def _short(line: str) -> str | None:
    """The beginning of a line; None for one that no report has."""
    short = line[:LONGEST_LINE]
    return None if any(short.count(sign) > MOST_SIGNS for sign in SIGNS) else short

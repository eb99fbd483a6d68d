"""A failure's status code and words to whose fault it is. Pure.

One table for what a relay answers, what a report says and what a provider tells (RFC 3463, 3).
Where a code says little, or is known to be said of other things, the words decide; a reader is
never blamed for a refusal of us.
"""

from __future__ import annotations

import re
from enum import StrEnum

from digest.deliver import wording
from digest.deliver.outcome import Stage
from digest.deliver.verdict import Finding

# Four numbers are an IP address, and a version is none of ours either.
_ENHANCED = re.compile(r"(?<![\d.])([245]\.\d{1,3}\.\d{1,3})(?![\d.]*\d)")


class Fault(StrEnum):
    """Whose fault a failure is."""

    READER = "reader"  # the address does not exist
    PASSING = "passing"  # the reader's, but it may pass: a full mailbox
    UNCLEAR = "unclear"  # the same, if others' mail is taken; nothing in it tells
    MESSAGE = "message"  # this message's, or ours at the reader's provider alone
    US = "us"  # ours with whoever answered: our address, our sender, our login


_FINDINGS = {
    Fault.READER: Finding.HARD,
    Fault.PASSING: Finding.SOFT,
    Fault.UNCLEAR: Finding.SOFT,
    Fault.MESSAGE: Finding.POLICY,
    Fault.US: Finding.POLICY,
}
# What a refusal by the reader's own server, which another asked, comes to.
_THEIRS = {Fault.US: Fault.MESSAGE, Fault.UNCLEAR: Fault.PASSING}
# Subject and detail that say it all.
_PLAIN = {
    (1, 7): Fault.US,  # the sender's address
    (1, 8): Fault.US,
    (1, 90): Fault.US,  # Exchange: our recipients of the day are used up
    (2, 2): Fault.PASSING,
    (2, 3): Fault.MESSAGE,
    (3, 4): Fault.MESSAGE,
}


def failure(code: str, words: str) -> Finding:
    """What a failed delivery means: HARD, SOFT or POLICY. ``code`` as in RFC 3463, or empty."""
    return _FINDINGS[fault(code, words)]


def fault(code: str, words: str, stage: Stage | None = None) -> Fault:
    """Whose fault a refusal is. ``code`` as in RFC 3463, or empty.

    ``words`` are the answer, its reply code at the front if there is one. ``stage``: where in the
    dialogue it came, if that is known.
    """
    kind, subject, detail = _numbers(code, words)
    unheard = stage in (Stage.CONNECT, Stage.MAIL)  # it had not heard the reader's address yet
    # Yandex says "550 5.7.1 No such user!" of whom it does not know.
    if subject == 7 and not (detail == 1 and wording.says_only_no_such_user(words)):
        return Fault.US if unheard else _refused(words)
    if subject == 6:
        return Fault.MESSAGE
    if plain := _PLAIN.get((subject, detail)):
        return plain
    if unheard:
        return Fault.MESSAGE if wording.is_too_big(words) else Fault.US
    if quoted := wording.quoted(words):
        # Whoever answered has asked the reader's server, which alone may refuse us.
        theirs = fault(code_in(quoted) or code, quoted)
        return _THEIRS.get(theirs, theirs)
    return _by_words(kind, subject, detail, wording.plain(words))


def code_in(text: str) -> str:
    """The first enhanced status code in a text; empty where there is none."""
    found = _ENHANCED.search(text)
    return found[1] if found else ""


def better(status: str, diagnostic: str) -> str:
    """The status code of a report; where it says as good as nothing (x.0.0), the one in the words.

    Exim writes 5.0.0 whatever the other side has said; a success (2.x) is no reason to fail.
    """
    code = code_in(status)
    if code and not code.endswith(".0.0") and not code.startswith("2"):
        return code
    said = code_in(diagnostic)
    return said if said and not said.startswith("2") else code


def _numbers(code: str, words: str) -> tuple[int, int, int]:
    """Class, subject and detail; without a code, or with a success's, the class of the reply, or
    permanent."""
    if not code or code.startswith("2"):
        return wording.reply_class(words) or 5, 0, 0
    kind, subject, detail = (int(part) for part in code.split("."))
    return kind, subject, detail


def _refused(words: str) -> Fault:
    """Where the code says that we are refused (x.7.x): some say it of a mailbox that is full or
    not there, and mean that. An address in it may be ours, unless it is called the recipient's."""
    said = wording.plain(words)
    if wording.US.search(said):
        return Fault.US
    if wording.FULL_BOX.search(said):
        return Fault.PASSING
    is_readers = "@" not in words or "recipient" in said.lower()
    return Fault.UNCLEAR if is_readers and wording.NO_BOX.search(said) else Fault.US


def _by_words(kind: int, subject: int, detail: int, said: str) -> Fault:
    """Where the code leaves it open. x.1.0 may be the sender's address (RFC 3463, 3.2)."""
    if wording.US.search(said):
        return Fault.US
    if subject == 1 and detail and kind != 4:
        return _named(said)
    if wording.PASSING.search(said):  # the system that is full (x.3.1) may be the relay's
        return Fault.UNCLEAR if subject == 3 else Fault.PASSING
    if wording.MESSAGE.search(said):
        return Fault.MESSAGE
    if kind == 4 or (subject == 2 and detail):
        return Fault.PASSING
    if (subject, detail) == (4, 1) and wording.EDGE.search(said):
        return Fault.READER
    return Fault.READER if wording.NOBODY.search(said) else Fault.UNCLEAR


def _named(said: str) -> Fault:
    """Where the code says that the address does not exist: Sendmail makes 5.1.1 of any 550 that
    comes without a code, whatever its words are."""
    if wording.FULL.search(said):
        return Fault.PASSING
    if wording.NOBODY.search(said):
        return Fault.READER
    if wording.PASSING.search(said) or wording.HELD.search(said):
        return Fault.PASSING
    return Fault.MESSAGE if wording.MESSAGE.search(said) else Fault.READER

"""A trial: the next issue, marked as a test, to one address. Nothing is kept."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

from digest.compose.prepared import Prepared
from digest.deliver import headers, refusals
from digest.deliver.inturn import InTurn
from digest.deliver.message import compile_edition, splice
from digest.deliver.outcome import Accepted, Deferred, InDoubt, Refused, Stage
from digest.deliver.postmark import TRIAL, Postmark, Reader, personal, trial_id
from digest.deliver.transport import Outgoing
from digest.errors import DigestError
from subscribers.address import Address

MARK = "[Test]"
_LOGIN = re.compile(r"auth(?!or)|log ?in|sign in|credential", re.IGNORECASE)
_OF_A_DOMAIN = re.compile(r"\b(spf|dkim|dmarc)\b", re.IGNORECASE)  # they authenticate no login
_STAGES = {
    Stage.CONNECT: "the door",
    Stage.MAIL: "MAIL FROM",
    Stage.RCPT: "RCPT TO",
    Stage.DATA: "DATA",
    Stage.END: "the end of its data",
}


async def send_trial(
    prepared: Prepared,
    postmark: Postmark,
    transport: InTurn,
    to: Address,
    *,
    dice: Callable[[], float],
) -> str:
    """Send it; what took it said. Raises DigestError where nothing does."""
    issue = prepared.issue
    assert issue is not None, "there is nothing to send"
    edition = prepared.editions[0]
    marked = replace(edition, subject=f"{MARK} {edition.subject}")
    reader = Reader(id=TRIAL, address=str(to), name="", due=prepared.at)
    message_id = trial_id(postmark, issue, dice())
    own = replace(personal(postmark, issue, reader), message_id=message_id)
    message = Outgoing(
        name=f"trial-{issue.newsletter}-{message_id[1:9]}",  # the next one is another file
        sender=headers.parsed(postmark.newsletter.sender)[1],
        recipient=str(to),
        parts=(splice(compile_edition(marked, postmark.letterhead), own),),
    )
    outcome = await transport(message)
    if isinstance(outcome, Accepted):
        return " ".join(part for part in (str(outcome.code), outcome.text) if part)
    raise DigestError(f"{transport.used} {_said(outcome, message)}")


def _said(outcome: Deferred | Refused | InDoubt, message: Outgoing) -> str:
    """What the relay did with the test: when, in which words, and the cure."""
    if isinstance(outcome, InDoubt):
        return (
            f"may have taken the test and did not say so ({outcome.text}); look whether it is "
            "there before you send another"
        )
    if isinstance(outcome, Deferred) and not outcome.code:
        return f"did not take the test ({outcome.text}); try again in some minutes"
    words = " ".join(
        part for part in (str(outcome.code or ""), outcome.enhanced, outcome.text) if part
    )
    if isinstance(outcome, Deferred):
        return f"puts the test off at {_STAGES[outcome.stage]} ({words}); try again in some minutes"
    return f"refuses the test at {_STAGES[outcome.stage]} ({words}); {_cure(outcome, message)}"


def _cure(refused: Refused, message: Outgoing) -> str:
    if not refused.code:
        return "use another address, or a relay that can take it"
    if refusals.is_too_large(refused):
        return "make the issue smaller, or use a relay that takes it"
    if refused.stage is Stage.MAIL and (cure := _door(refused)):
        return cure
    if refused.stage in (Stage.CONNECT, Stage.MAIL):
        return f"have it accept the sender {message.sender}, or set another as newsletters.*.sender"
    if refused.stage is Stage.RCPT:
        if refused.enhanced.startswith("5.7."):
            return "it may want a login (username, password_env) to relay for us"
        return f"look at the address {message.recipient}, or ask whoever runs the relay"
    return "ask whoever runs it what it has against the mail"


def _door(refused: Refused) -> str:
    """What it wants of us before any sender; empty: nothing, it minds the sender itself.

    530 is said of both (RFC 3207, 4; RFC 4954, 6), and other codes name the login in words.
    """
    if refused.code == 530 and "starttls" in refused.text.lower():
        return 'it wants TLS: set its tls = "starttls" (deliver.relays)'
    said = _LOGIN.search(refused.text) and not _OF_A_DOMAIN.search(refused.text)
    if refused.code == 530 or (refused.enhanced.startswith("5.7.") and said):
        return "it wants a login: give its username and password_env (deliver.relays)"
    return ""

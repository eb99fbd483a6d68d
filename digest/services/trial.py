"""A trial: the next issue, marked as a test, to one address. Nothing is kept."""

from __future__ import annotations

from dataclasses import replace

from digest.compose.prepared import Prepared
from digest.deliver import headers
from digest.deliver.message import compile_edition, splice
from digest.deliver.outcome import Accepted
from digest.deliver.postmark import Postmark, Reader, personal
from digest.deliver.transport import Outgoing, Transport
from digest.errors import DigestError
from subscribers.address import Address
from subscribers.model import SubscriberId

NOBODY = SubscriberId("trial")  # its links belong to no one: they change nothing
MARK = "[Test]"


async def send_trial(
    prepared: Prepared, postmark: Postmark, transport: Transport, to: Address
) -> str:
    """Send it; what took it said. Raises DigestError where nothing does."""
    issue = prepared.issue
    assert issue is not None, "there is nothing to send"
    edition = prepared.editions[0]
    marked = replace(edition, subject=f"{MARK} {edition.subject}")
    reader = Reader(id=NOBODY, address=str(to), name="", due=prepared.at)
    own = personal(postmark, issue, reader)
    message = Outgoing(
        name=f"trial-{issue.period}",
        sender=headers.parsed(postmark.newsletter.sender)[1],
        recipient=str(to),
        parts=(splice(compile_edition(marked, postmark.letterhead), own),),
    )
    outcome = await transport(message)
    if isinstance(outcome, Accepted):
        return " ".join(part for part in (str(outcome.code), outcome.text) if part)
    raise DigestError(f"the test did not leave: {_said(outcome)}")


def _said(outcome: object) -> str:
    code, text = getattr(outcome, "code", 0), getattr(outcome, "text", "")
    return f"{code} {text}" if code else str(text)

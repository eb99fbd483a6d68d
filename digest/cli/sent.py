"""What a send or a correction came to, in words and as an exit code."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from digest.cli.meter import counted, ended, line, tally_line, unfinished
from digest.cli.sending import Sent
from digest.cli.words import people
from digest.errors import DigestError
from digest.storage.posting import Unsent


def ending_lines(sent: Sent, name: str) -> Iterator[str]:
    """What became of the new issue, called ``name``, and of all that left in this run."""
    assert sent.progress is not None, "it was sent"
    yield f"{name}: {tally_line(ended(sent.tally))}"
    # Of an issue that was paused meanwhile a run no longer counts what waits.
    if counted(sent.progress) > sum(sent.tally.values()):
        yield f"In all, with earlier issues and letters: {line(sent.progress)}"
    yield from stopped_lines(sent)


def stopped_lines(sent: Sent) -> Iterator[str]:
    if sent.stopped:
        yield "Stopped. The rest waits for `digest work`."


def unsent_lines(unsent: Sequence[Unsent], *, then: str) -> Iterator[str]:
    """What has not left of earlier issues; ``then``: what happens with it."""
    for one in unsent:
        yield f"Issue {one.issue}, {one.newsletter} {one.period}: {_left(one)}; {then}"


def _left(one: Unsent) -> str:
    if one.count == 1:
        return f"1 has not left yet, and {'is due' if one.due else 'is not due yet'}"
    due = f"{one.due:,} of them {'is' if one.due == 1 else 'are'} due"
    return f"{one.count:,} have not left yet, {due}"


def refuse_unfinished(sent: Sent) -> None:
    """Raise DigestError where relays were in trouble and something is left for that, or where an
    issue reached nobody."""
    if sent.progress and (why := unfinished(sent.progress)):
        raise DigestError(
            f"not all of it could leave: {why}; nobody is lost, `digest work` goes on"
        )
    if sent.released and sent.tally.get("failed") and not sent.tally.get("sent"):
        issue = sent.released.issue
        raise DigestError(
            f"issue {issue} was sent to nobody and failed for {people(sent.tally['failed'])}; why, "
            f"`digest issues show {issue} --failed` says; once that is mended, "
            f"`digest issues retry-failed {issue}`"
        )

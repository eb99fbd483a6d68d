"""A rehearsal in words for a terminal: what would be sent, in which order and why. Pure."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from pathlib import Path
from zoneinfo import ZoneInfo

from digest import periods
from digest.cli.counted import counted
from digest.compose.prepared import Prepared
from digest.compose.report import EditionReport, story_line
from digest.model import Edition, Issue, LeftOut, SourceReport, Story
from digest.services.rehearse import Rehearsed

LEFT_OUT_SHOWN = 20
NOTES_SHOWN = 5  # of one source
NOT_MODIFIED = "304"


def issue_lines(found: Rehearsed) -> Iterator[str]:
    """The lines ``digest send --dry-run`` prints."""
    rehearsal = found.rehearsal
    yield ""
    if rehearsal.issue:
        yield from _issue(rehearsal.issue, rehearsal.editions)
    else:
        yield f"No mail: {rehearsal.reason}"
    yield from _left_out(rehearsal.left_out)
    failing = [source for source in rehearsal.sources if source.error]
    if failing:
        yield "Sources in trouble"
        for source in failing:
            yield f"  {source.name} ({source.status}): {source.error}"
        yield ""
    notes = list(note_lines(rehearsal.sources, everything="report.json"))
    if notes:
        yield "Notes on sources"
        yield from (f"  {note}" for note in notes)
        yield ""
    for edition in rehearsal.editions:
        people = counted(edition.recipients, "recipient")
        yield (
            f"Edition {edition.key}: {edition.html_bytes:,} bytes of HTML, "
            f"{edition.text_bytes:,} of text; {people}"
        )
        for finding in edition.lint:
            yield f"  lint: {finding}"
    for note in found.notes:
        yield f"  note: {note}"
    if rehearsal.editions:
        nobody = (
            " (no subscribers yet: one message, to the sender)" if not rehearsal.audience else ""
        )
        yield f"Audience: {rehearsal.audience:,}{nobody}"
        yield ""
    yield "Nothing was sent and nothing was kept."
    yield f"Preview: {_shown(found.page)}"


def people(count: int) -> str:
    """So many of them: ``1 person``, ``1,204 people``."""
    return counted(count, "person", "people")


def outgo_lines(
    prepared: Prepared, sources: Sequence[SourceReport], audience: int
) -> Iterator[str]:
    """What ``digest send`` shows before it asks."""
    yield ""
    if prepared.issue:
        yield from _issue(prepared.issue, prepared.editions)
    failing = [source for source in sources if source.error]
    if failing:
        yield "Sources in trouble"
        yield from (f"  {source.name} ({source.status}): {source.error}" for source in failing)
        yield ""
    yield from _editions(prepared, audience)


def correction_lines(prepared: Prepared, audience: int) -> Iterator[str]:
    """What ``digest issues correct`` shows before it asks: no score and no date was decided."""
    yield ""
    if prepared.issue:
        yield from _head(prepared.issue, prepared.editions)
        for first, line in enumerate(prepared.newsletter.intro.splitlines()):
            yield _filled(line, " " * 11 if first else "Note       ", " " * 11)
        yield ""
        yield "Stories"
        for place, story in enumerate(prepared.issue.stories, 1):
            yield f"{place:3}. {story.lead.title}"
            yield f"     {story.lead.source_name}"
            yield from _told(story)
        yield ""
    yield from _editions(prepared, audience)


def _editions(prepared: Prepared, audience: int) -> Iterator[str]:
    for edition in prepared.editions:
        yield f"Edition {edition.key}: {len(edition.html.encode()):,} bytes of HTML"
        for finding in prepared.findings.get(edition.key, ()):
            yield f"  lint: {finding.level} {finding.code}: {finding.message}"
    for note in prepared.notes:
        yield f"  note: {note}"
    yield f"Audience: {audience:,}"


def early_line(prepared: Prepared) -> str | None:
    """What ``digest send`` says of an issue that the clock would make later."""
    newsletter, issue = prepared.newsletter, prepared.issue
    turn = next(periods.turns_after(newsletter, prepared.at))
    if issue is None or issue.period != turn.period:
        return None
    due = turn.due.astimezone(ZoneInfo(newsletter.timezone))
    return (
        f"This is the issue due {due:%a} {due.day} {due:%b %H:%M}; none will be made then "
        "(`--extra` makes one besides)."
    )


def note_lines(reports: Sequence[SourceReport], *, everything: str) -> Iterator[str]:
    """What else the visits found, such as a file that could not be read; a few lines a source.

    ``everything``: where all of them are.
    """
    for report in reports:
        if report.status == NOT_MODIFIED:  # its only note says so once more
            continue
        yield from (f"{report.name}: {note}" for note in report.notes[:NOTES_SHOWN])
        if len(report.notes) > NOTES_SHOWN:
            more = len(report.notes) - NOTES_SHOWN
            yield f"{report.name}: and {more} more; all are in {everything}"


def _head(issue: Issue, editions: Sequence[Edition | EditionReport]) -> Iterator[str]:
    yield f"Subject    {editions[0].subject if editions else issue.subject}"
    yield f"Preheader  {issue.preheader}"
    yield f"Issue      No. {issue.number}, {issue.cadence} {issue.period}"
    yield (f"Window     after {issue.since:%Y-%m-%d %H:%M} until {issue.until:%Y-%m-%d %H:%M} UTC")


def _issue(issue: Issue, editions: Sequence[Edition | EditionReport]) -> Iterator[str]:
    yield from _head(issue, editions)
    yield ""
    yield "Stories"
    for place, story in enumerate(issue.stories, 1):
        lead = story.lead
        bound = "" if lead.dated.exact else ", at the latest"
        yield f"{place:3}. {lead.title}"
        yield f"     {lead.source_name}; dated by {lead.dated.source.value}{bound}"
        yield f"     score {story_line(story)}"
        yield from _told(story)
    yield ""


def _told(story: Story) -> Iterator[str]:
    if story.also:
        yield f"     also covered by {', '.join(a.source_name for a in story.also)}"
    if story.summary:
        yield _filled(story.summary, " " * 5, " " * 5)


def _filled(text: str, first: str, then: str) -> str:
    return textwrap.fill(text, 92, initial_indent=first, subsequent_indent=then)


def _left_out(left_out: Sequence[LeftOut]) -> Iterator[str]:
    if not left_out:
        return
    yield "Left out"
    for out in left_out[:LEFT_OUT_SHOWN]:
        yield f"  {out.title or out.url}: {out.reason}"
    if len(left_out) > LEFT_OUT_SHOWN:
        yield f"  and {len(left_out) - LEFT_OUT_SHOWN} more; all are in report.json"
    yield ""


def _shown(path: Path) -> str:
    """A path as short as it can be said from here."""
    try:
        return str(path.relative_to(Path.cwd()))
    except ValueError:
        return str(path)

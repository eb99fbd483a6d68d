"""A correction: an issue that went out, told once more with a word on what was wrong."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from digest import slots
from digest.compose import issue as issues
from digest.compose.prepared import Prepared
from digest.errors import DigestError, Misconfigured
from digest.model import (
    Article,
    Cadence,
    Dated,
    DateSource,
    Newsletter,
    Sentence,
    SourceId,
    Story,
)
from digest.storage import agenda, articles, desk, posting, shelf, volume
from digest.storage import issues as issues_table
from digest.storage.database import Store
from digest.storage.desk import IssueInfo
from digest.storage.volume import Entry

WENT_OUT = ("released", "paused", "cancelled")


async def told(store: Store, issue: int) -> list[dict[str, Any]]:
    """The stories of an issue as they were told, to be put right. Raises DigestError."""
    _, content = await store.read(_of, issue)
    return list(content["stories"])


async def correct(
    store: Store,
    newsletter: Newsletter,
    issue: int,
    *,
    note: str,
    subject: str,
    stories: Sequence[Mapping[str, Any]] | None,
    brief_after: int,
    at: datetime,
) -> Prepared:
    """The correction of ``issue``, to be typeset and released to those who were sent the first.

    ``note`` stands above the stories; ``subject`` holds ``{subject}``; ``stories`` None: they were
    right. Raises DigestError for an issue that did not go out, or that has not left to all: they
    would get it as it was, after the correction that is not for them; nor for one that was
    corrected already: whom its correction went to would be told twice. Misconfigured for stories
    that are none, and for a note that says nothing.
    """
    note = _in_lines(note)
    info, content = await store.read(_of, issue)
    await store.read(_not_yet_corrected, issue)
    await store.read(_all_left, issue, newsletter.archive)
    entries = _entries(content if stories is None else {"stories": stories})
    told_again = [
        await store.read(_story, entry, place, info.until) for place, entry in enumerate(entries)
    ]
    period = await store.read(issues_table.next_extra, newsletter.id, info.cadence)
    first = await store.read(_first, info)
    again = replace(
        newsletter,
        cadence=Cadence(info.cadence),
        intro=note,
        subject=subject.replace("{subject}", first.subject),
    )
    composed = issues.compose(
        again,
        told_again,
        issues.Window(period=period, number=info.number, since=info.since, until=info.until),
        brief_after=brief_after,
        pictures={
            story.lead.url: entry.picture
            for story, entry in zip(told_again, entries, strict=True)
            if entry.picture
        },
    )
    settled = await store.read(agenda.settled, newsletter.id, info.cadence, at)
    return Prepared(newsletter=again, at=at, issue=composed, settled=settled)


def _in_lines(note: str) -> str:
    """``note`` in the lines it was written in, with one empty line at most between two of them."""
    lines = [" ".join(line.split()) for line in note.splitlines()]
    told = re.sub(r"\n{3,}", "\n\n", "\n".join(lines).strip())
    if not told:
        raise Misconfigured("--note", "says nothing; write what was wrong")
    if character := slots.unshown(told.replace("\n", "")):
        raise Misconfigured(
            "--note", f"holds U+{ord(character):04X}, which no mail shows; remove it"
        )
    return told


def _of(tx: Connection, issue: int) -> tuple[IssueInfo, Mapping[str, Any]]:
    info = desk.find(tx, issue)
    if info is None:
        raise desk.unknown(issue)
    if info.state not in WENT_OUT:
        raise DigestError(f"issue {issue} is {info.state}; only what went out can be corrected")
    content = shelf.content(tx, issue)
    if content is None:
        raise DigestError(f"issue {issue} is older than this program; what it told is not kept")
    return info, content


def _not_yet_corrected(tx: Connection, issue: int) -> None:
    last = issue
    while (by := desk.correction(tx, last, but=("discarded", "cancelled"))) is not None:
        last = by
    if last != issue:
        raise DigestError(f"issue {issue} was corrected by issue {last} already; correct {last}")


def _first(tx: Connection, info: IssueInfo) -> IssueInfo:
    """What a correction of a correction put right in the end: its subject has no word before it."""
    while info.corrects is not None and (before := desk.find(tx, info.corrects)):
        info = before
    return info


def _all_left(tx: Connection, issue: int, archive: str) -> None:
    tally = posting.tally(tx, issue)
    held = tally.get("held", 0)
    waits = tally.get("queued", 0) + tally.get("sending", 0) + held
    if waits:
        again = f", the {held:,} held after `digest issues retry-failed {issue}`" if held else ""
        page = ", and its page in the archive will say that it was withdrawn"
        raise DigestError(
            f"{waits:,} of issue {issue} have not left and would get it uncorrected; "
            f"let `digest work` send them{again}, or keep them back with `digest issues cancel "
            f"{issue}`: they get no correction either{page if archive != 'off' else ''}"
        )


def _entries(content: Mapping[str, Any]) -> tuple[Entry, ...]:
    try:
        entries = volume.read(content)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise Misconfigured(
            "--stories", f"is not what `digest issues show ISSUE --stories` prints: {error}"
        ) from error
    if not entries:
        raise Misconfigured("--stories", "holds no story; cancel the issue instead")
    return entries


def _story(tx: Connection, entry: Entry, place: int, until: datetime) -> Story:
    """What was told, with the length and the date of the article it was told of."""
    url = entry.url or f"file:///{place}"
    kept = articles.by_url(tx, url)
    text = f"{entry.summary}\n\n{kept.text}" if kept else entry.summary
    seen = kept.first_seen if kept else entry.published or until
    lead = Article(
        url=url,
        title=entry.title,
        text=text,
        dated=Dated(
            at=entry.published or seen, source=DateSource.SEEN, exact=entry.published is not None
        ),
        first_seen=seen,
        source=kept.source if kept else SourceId(""),
        source_name=entry.source,
        author=entry.author or None,
        language=entry.language,
    )
    also = tuple(
        replace(lead, url=one.url or url, title=one.title, source_name=one.source)
        for one in entry.also
    )
    whole = Sentence(text=entry.summary, url=url, start=0, end=len(entry.summary))
    return Story(
        lead=lead, also=also, topic=entry.topic, sentences=(whole,) if entry.summary else ()
    )

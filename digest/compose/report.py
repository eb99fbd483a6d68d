"""An Issue and what was decided on the way to it, as the words and numbers of report.json. Pure.

The shape is public and stable: docs/report.md describes it, a test walks it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from digest.model import Issue, LeftOut, NewsletterId, SourceReport, Story

Json = dict[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class EditionReport:
    """One edition's sizes in bytes, how many will get it, what lint found, what had to be cut."""

    key: str
    subject: str
    html_bytes: int
    text_bytes: int
    recipients: int
    lint: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Rehearsal:
    """All that a rehearsal found out. ``issue`` is None when there would be no mail: ``reason``."""

    newsletter: NewsletterId
    at: datetime
    issue: Issue | None
    reason: str | None
    left_out: Sequence[LeftOut]
    sources: Sequence[SourceReport]
    editions: Sequence[EditionReport]
    audience: int
    out: str


def report(rehearsal: Rehearsal) -> Json:
    """The content of report.json: only str, int, float, bool, None, list and dict."""
    return {
        "newsletter": rehearsal.newsletter,
        "at": rehearsal.at.isoformat(),
        "issue": _issue(rehearsal.issue, rehearsal.editions) if rehearsal.issue else None,
        "reason": rehearsal.reason,
        "left_out": [
            {"title": out.title, "url": out.url, "reason": out.reason} for out in rehearsal.left_out
        ],
        "sources": [
            {
                "name": source.name,
                "status": source.status,
                "items": source.items,
                "new": source.new,
                "error": source.error,
                "notes": list(source.notes),
            }
            for source in rehearsal.sources
        ],
        "editions": [
            {
                "key": edition.key,
                "subject": edition.subject,
                "html_bytes": edition.html_bytes,
                "text_bytes": edition.text_bytes,
                "recipients": edition.recipients,
                "lint": list(edition.lint),
                "notes": list(edition.notes),
            }
            for edition in rehearsal.editions
        ],
        "audience": rehearsal.audience,
        "out": rehearsal.out,
    }


def story_line(story: Story) -> str:
    """A story's score in words: ``0.81 = recency 0.92 (seen 3 h ago) × coverage 1.5 (…)``."""
    parts = " × ".join(f"{r.name} {r.value:.2f} ({r.why})" for r in story.reasons)
    return f"{story.score:.3f} = {parts}" if parts else f"{story.score:.3f}"


def _issue(issue: Issue, editions: Sequence[EditionReport]) -> Json:
    return {
        "period": issue.period,
        "number": issue.number,
        "language": issue.language,
        # As its template writes it, for the whole issue: that is what an inbox shows.
        "subject": editions[0].subject if editions else issue.subject,
        "preheader": issue.preheader,
        "since": issue.since.isoformat(),
        "until": issue.until.isoformat(),
        "stories": [_story(story) for story in issue.stories],
    }


def _story(story: Story) -> Json:
    lead = story.lead
    return {
        "title": lead.title,
        "url": lead.url,
        "source": lead.source_name,
        "topic": story.topic,
        "published": lead.dated.at.isoformat(),
        "date_source": lead.dated.source.value,
        "date_exact": lead.dated.exact,
        "score": round(story.score, 4),
        "reasons": [f"{r.name} {r.value:.2f}: {r.why}" for r in story.reasons],
        "summary": story.summary,
        "sentences": [
            {"text": s.text, "url": s.url, "start": s.start, "end": s.end} for s in story.sentences
        ],
        "also": [{"title": a.title, "url": a.url, "source": a.source_name} for a in story.also],
    }

"""An Issue to the data the archive keeps of it, and back: what was told, not who it was told to.

Pure. The shape is JSON in ``issues.content``. It is written once, when the issue is frozen, so an
article that changes or goes afterwards changes nothing that was told.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from digest.model import (
    Article,
    Dated,
    DateSource,
    Issue,
    NewsletterId,
    Picture,
    Sentence,
    SourceId,
    Story,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Also:
    title: str
    url: str
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One story as it was told. ``url`` is empty for what is not on the web."""

    title: str
    url: str
    source: str
    author: str
    topic: str
    section: str  # the words over it; empty for the lead and for stories without a topic
    place: str  # lead | section | brief
    published: datetime | None  # None: nobody knows better than "no later than"
    minutes: int  # to read the article
    summary: str
    language: str
    picture: Picture | None
    also: tuple[Also, ...]


def written(issue: Issue) -> dict[str, Any]:
    """What ``issue`` tells, as JSON."""
    return {"intro": issue.intro, "stories": list(_stories(issue))}


def read(content: Mapping[str, Any]) -> tuple[Entry, ...]:
    """The stories of a frozen issue in reading order."""
    return tuple(_entry(story) for story in content["stories"])


def intro(content: Mapping[str, Any]) -> str:
    """The line above the stories of a frozen issue; older programs kept none."""
    return str(content.get("intro", ""))


class Named(Protocol):
    """What an issue is besides its stories."""

    @property
    def newsletter(self) -> NewsletterId: ...
    @property
    def cadence(self) -> str: ...
    @property
    def period(self) -> str: ...
    @property
    def number(self) -> int: ...
    @property
    def until(self) -> datetime: ...
    @property
    def language(self) -> str: ...
    @property
    def subject(self) -> str: ...
    @property
    def preheader(self) -> str: ...


def issue(named: Named, entries: tuple[Entry, ...]) -> Issue:
    """The issue in which these stories were told: the first leads, the others follow in order."""
    stories = [_told(entry, place, named.until) for place, entry in enumerate(entries)]
    return Issue(
        newsletter=named.newsletter,
        cadence=named.cadence,
        period=named.period,
        number=named.number,
        since=named.until,
        until=named.until,
        language=named.language,
        subject=named.subject,
        preheader=named.preheader,
        lead=stories[0] if stories else None,
        brief=tuple(stories[1:]),
    )


def _told(entry: Entry, place: int, until: datetime) -> Story:
    url = entry.url or f"file:///{place}"
    at = entry.published or until
    lead = Article(
        url=url,
        title=entry.title,
        text=entry.summary,
        dated=Dated(at=at, source=DateSource.SEEN, exact=entry.published is not None),
        first_seen=at,
        source=SourceId(""),
        source_name=entry.source,
        author=entry.author or None,
        language=entry.language,
    )
    whole = Sentence(text=entry.summary, url=url, start=0, end=len(entry.summary))
    return Story(lead=lead, topic=entry.topic, sentences=(whole,) if entry.summary else ())


def _stories(issue: Issue) -> Iterator[dict[str, Any]]:
    if issue.lead:
        yield _story(issue.lead, issue, place="lead", section="")
    for section in issue.sections:
        for story in section.stories:
            yield _story(story, issue, place="section", section=section.title)
    for story in issue.brief:
        yield _story(story, issue, place="brief", section="")


def _story(story: Story, issue: Issue, *, place: str, section: str) -> dict[str, Any]:
    lead, picture = story.lead, issue.pictures.get(story.lead.url)
    return {
        "title": lead.title,
        "url": _web(lead),
        "source": lead.source_name,
        "author": lead.author or "",
        "topic": story.topic,
        "section": section,
        "place": place,
        "published": lead.dated.at.isoformat() if lead.dated.exact else None,
        "minutes": lead.minutes,
        "summary": story.summary,
        "language": lead.language,
        "picture": _picture(picture) if picture else None,
        "also": [{"title": a.title, "url": _web(a), "source": a.source_name} for a in story.also],
    }


def _picture(picture: Picture) -> dict[str, Any]:
    return {
        "hash": picture.hash,
        "width": picture.width,
        "height": picture.height,
        "alt": picture.alt,
    }


def _web(article: Article) -> str:
    """Where a reader can follow it; empty for a file on the publisher's disk."""
    return article.url if article.url.startswith(("https://", "http://")) else ""


def _entry(story: Mapping[str, Any]) -> Entry:
    published, picture = story["published"], story["picture"]
    return Entry(
        **{
            **story,
            "published": datetime.fromisoformat(published) if published else None,
            "picture": Picture(**picture) if picture else None,
            "also": tuple(Also(**one) for one in story["also"]),
        }
    )

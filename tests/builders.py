"""Builders: a test names only what matters to it, the rest is plausible."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from digest.model import (
    Article,
    Dated,
    DateSource,
    FetchedItem,
    Form,
    Issue,
    Newsletter,
    NewsletterId,
    Reason,
    Sentence,
    Source,
    SourceId,
    SourceKind,
    Story,
)

NOW = datetime(2026, 11, 24, 6, 30, tzinfo=UTC)


def a_source(location: str = "https://herald.example/feed.xml", **given: Any) -> Source:
    defaults: dict[str, Any] = {
        "id": SourceId(location),
        "kind": SourceKind.FEED,
        "location": location,
        "name": "Harrow Quay Herald",
    }
    return Source(**{**defaults, **given})


def an_item(url: str = "https://herald.example/lock-gates", **given: Any) -> FetchedItem:
    defaults: dict[str, Any] = {
        "source": SourceId("https://herald.example/feed.xml"),
        "url": url,
        "form": Form.FRAGMENT,
        "title": "Barges return as the old lock gates swing",
        "content": "<p>Forty tonnes of new oak went in on Sunday night.</p>",
    }
    return FetchedItem(**{**defaults, **given})


def dated(at: datetime = NOW, source: DateSource = DateSource.FEED, **given: Any) -> Dated:
    return Dated(at=at, source=source, **given)


def an_article(url: str = "https://herald.example/lock-gates", **given: Any) -> Article:
    defaults: dict[str, Any] = {
        "url": url,
        "title": "Barges return as the old lock gates swing",
        "text": (
            "Forty tonnes of new oak went in on Sunday night. By dawn on Monday the keeper was "
            "turning boats away for want of room.\n\nFreight firms say the reopening saves them a "
            "six-hour detour by the outer channel. The rowing club would like a word."
        ),
        "dated": dated(),
        "first_seen": NOW,
        "source": SourceId("https://herald.example/feed.xml"),
        "source_name": "Harrow Quay Herald",
        "fingerprint": url,
    }
    return Article(**{**defaults, **given})


def a_story(lead: Article | None = None, **given: Any) -> Story:
    lead = lead or an_article()
    first = lead.text.split(". ")[0] + "."
    defaults: dict[str, Any] = {
        "lead": lead,
        "score": 0.8,
        "reasons": (Reason(name="recency", value=0.8, why="seen 3 h ago"),),
        "sentences": (Sentence(text=first, url=lead.url, start=0, end=len(first)),),
    }
    return Story(**{**defaults, **given})


def a_newsletter(id: str = "daily", **given: Any) -> Newsletter:  # noqa: A002 -- the noun's own field
    defaults: dict[str, Any] = {
        "id": NewsletterId(id),
        "title": "The Quayside",
        "tagline": "Harrow Quay, every morning",
        "sender": "The Quayside <digest@quayside.example>",
        "timezone": "Europe/London",
    }
    return Newsletter(**{**defaults, **given})


def an_issue(*stories: Story, **given: Any) -> Issue:
    defaults: dict[str, Any] = {
        "newsletter": NewsletterId("daily"),
        "cadence": "daily",
        "period": "2026-11-24",
        "number": 412,
        "since": datetime(2026, 11, 23, 6, 30, tzinfo=UTC),
        "until": NOW,
        "language": "en",
        "subject": "The lock gates swing again, and a late ferry on Fridays",
        "preheader": "Barges are back after eleven weeks. Also: the bus that nobody rides.",
        "lead": stories[0] if stories else a_story(),
    }
    return Issue(**{**defaults, **given})

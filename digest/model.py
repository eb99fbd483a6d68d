"""The nouns of the house: what travels from collect to curate to compose to deliver. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, time
from enum import StrEnum
from typing import Literal, NewType

from digest import characters

NewsletterId = NewType("NewsletterId", str)  # the name of its table in config.toml: "daily"
SourceId = NewType("SourceId", str)  # its location as config.toml names it


class Cadence(StrEnum):
    DAILY = "daily"
    WEEKDAYS = "weekdays"
    WEEKLY = "weekly"
    MONTHLY = "monthly"


@dataclass(frozen=True, slots=True, kw_only=True)
class Heading:
    """A section of a newsletter as config.toml names it: the topic and the words over it."""

    topic: str
    title: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Newsletter:
    """What people subscribe to: a table ``[newsletters.ID]`` of config.toml, parsed."""

    id: NewsletterId
    title: str
    sender: str  # RFC 5322 mailbox: Name <address>
    tagline: str = ""
    intro: str = ""  # words above the first story, of one line or several
    language: str = "en"  # ISO 639-1
    timezone: str = "UTC"  # IANA name
    cadence: Cadence = Cadence.DAILY
    offers: tuple[Cadence, ...] = ()  # cadences readers may have it at besides
    hour: time = time(6, 30)  # local to timezone
    weekday: int = 0  # weekly only; Monday is 0
    monthday: int = 1  # monthly only; a shorter month's last day stands for 29 to 31
    sources: tuple[str, ...] = ()  # names of sources; empty: all
    topics: tuple[str, ...] = ()  # only stories on these; empty: all
    sections: tuple[Heading, ...] = ()
    max_stories: int = 12
    min_stories: int = 1
    theme: str = "paper"
    subject: str = ""  # overrides the one made from the top stories
    preheader: str = ""
    reply_to: str = ""
    archive: Literal["public", "noindex", "off"] = "public"  # off: no issue stands on the web
    approval: str = "auto"  # auto | required | auto-after:2h


class SourceKind(StrEnum):
    FEED = "feed"
    PAGE = "page"
    SITEMAP = "sitemap"
    FILES = "files"
    SAMPLE = "sample"


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A place we visit. ``location``: an http(s) URL, a path or glob, or ``sample:``."""

    id: SourceId
    kind: SourceKind
    location: str
    name: str
    topic: str | None = None
    weight: float = 1.0
    language: str | None = None
    select: str | None = None  # CSS selector for the article links of a page
    max_items: int = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """What we remember of a source from one visit to the next; its health, too."""

    source: SourceId
    url: str | None = None  # where it lives now, once a permanent move was believed
    etag: str | None = None
    last_modified: str | None = None
    moved_to: str | None = None  # a permanent redirect we do not believe yet ...
    moved_since: datetime | None = None  # ... and since when it has said the same
    visited_at: datetime | None = None
    succeeded_at: datetime | None = None
    status: str = "never visited"  # "200", "304", "410", "timed out", ...
    error: str | None = None  # one sentence; None when the last visit went well
    items: int = 0  # of the last visit that brought a body
    undated: int = 0
    empty: int = 0  # items with neither title nor text
    failures: int = 0  # consecutive
    next_visit: datetime | None = None
    gone: bool = False  # answered 410: switched off until the operator adds it again


class DateSource(StrEnum):
    """Where a date came from, strongest evidence first."""

    FEED = "feed"
    JSON_LD = "json-ld"
    META = "meta"
    SITEMAP = "sitemap"
    FRONT_MATTER = "front matter"
    BYLINE = "byline"
    URL = "url"
    MASTHEAD = "masthead"  # the day the page was printed: an upper bound
    FILE = "file time"
    SEEN = "first seen"


@dataclass(frozen=True, slots=True, kw_only=True)
class Dated:
    """A moment with its evidence. ``at`` is aware UTC."""

    at: datetime
    source: DateSource
    exact: bool = True  # False: an upper bound, never "published on"
    day_only: bool = False  # the evidence named a day, not an hour


class Form(StrEnum):
    """What the content of a FetchedItem is, and so how it must be read."""

    PAGE = "page"  # a whole HTML page, furniture included
    FRAGMENT = "fragment"  # the article's own HTML and nothing else
    TEASER = "teaser"  # a few sentences of HTML that stand for the article
    TEXT = "text"  # plain text, furniture included
    MARKDOWN = "markdown"
    LINK = "link"  # no content yet, only where it is


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchedItem:
    """What a source said of one article, decoded but otherwise untouched."""

    source: SourceId
    url: str  # absolute: http(s), or file: for a local file
    form: Form
    content: str = ""
    guid: str | None = None
    title: str | None = None
    author: str | None = None
    dated: Dated | None = None  # only what the source itself said
    image: str | None = None  # absolute URL, or sample:NAME
    language: str | None = None
    tags: tuple[str, ...] = ()
    teaser: str = ""  # the feed's own words, kept when the page was fetched in their place
    source_name: str | None = None  # who says it, where one source carries several voices


@dataclass(frozen=True, slots=True, kw_only=True)
class Article:
    """One page we have read; sentence spans of a Story index into exactly this ``text``."""

    url: str  # canonical
    title: str  # one line
    text: str  # NFC, paragraphs parted by a blank line; no markup, control or private-use signs
    dated: Dated
    first_seen: datetime
    source: SourceId
    source_name: str
    author: str | None = None
    image: str | None = None
    language: str = "en"  # ISO 639-1
    tags: tuple[str, ...] = ()
    fingerprint: str = ""  # of the normalised text: equal for copies of one text

    @property
    def minutes(self) -> int:
        """Reading time at 230 words a minute, at least 1."""
        return max(1, round(characters.words(self.text) / 230))


@dataclass(frozen=True, slots=True, kw_only=True)
class Sentence:
    """A sentence of a summary: ``article.text[start:end] == text`` for the article at ``url``."""

    text: str
    url: str
    start: int
    end: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """One factor of a score, with the words an operator reads."""

    name: str  # recency | coverage | source | length
    value: float
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """One piece of news: the lead article and the others that tell it."""

    lead: Article
    also: tuple[Article, ...] = ()
    topic: str = ""
    score: float = 0.0
    reasons: tuple[Reason, ...] = ()
    sentences: tuple[Sentence, ...] = ()

    @property
    def articles(self) -> tuple[Article, ...]:
        return (self.lead, *self.also)

    @property
    def summary(self) -> str:
        return characters.running(sentence.text for sentence in self.sentences)


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceReport:
    """What one visit brought, for the operator. ``error`` is one sentence or None."""

    source: SourceId
    name: str
    status: str
    items: int = 0  # what the source listed
    new: int = 0  # articles kept for the first time
    error: str | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOut:
    """An article that is not in the issue, and the rule that kept it out."""

    url: str
    title: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    topic: str
    title: str
    stories: tuple[Story, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A lead image of our own making: served as ``/i/HASH.jpg``. Sizes in px."""

    hash: str
    width: int
    height: int
    alt: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Issue:
    """The stories of one window ``[since, until)`` of one newsletter, in order."""

    newsletter: NewsletterId
    cadence: str  # daily | weekdays | weekly | monthly
    period: str  # 2026-11-24 | 2026-W48 | 2026-11
    number: int
    since: datetime
    until: datetime
    language: str
    subject: str
    preheader: str
    lead: Story | None
    intro: str = ""  # words above the first story, of one line or several
    sections: tuple[Section, ...] = ()
    brief: tuple[Story, ...] = ()
    left_out: tuple[LeftOut, ...] = ()
    pictures: dict[str, Picture] = field(default_factory=dict)  # article URL -> its picture

    @property
    def stories(self) -> tuple[Story, ...]:  # all of them, in reading order
        lead = (self.lead,) if self.lead else ()
        return (*lead, *(s for section in self.sections for s in section.stories), *self.brief)


@dataclass(frozen=True, slots=True, kw_only=True)
class Edition:
    """An issue rendered for one variant; the personal places are still slots."""

    key: str  # "en" or "en-harbour+work"
    language: str
    subject: str
    preheader: str
    html: str
    text: str
    notes: tuple[str, ...] = ()  # for the operator: what was cut to fit, what is hard to read

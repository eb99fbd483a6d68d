"""The issue the proofs of the mail are made of: a morning in Harrow Quay, in every theme.

Its stories are written by hand, so that two machines compare the same mail; it goes through the
same doors as any other: composed, rendered, compiled, spliced for one reader.
"""

from __future__ import annotations

import email
import email.policy
import hashlib
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from functools import cache
from pathlib import Path
from typing import Any

from PIL import Image

from digest.compose import letters, render, templates
from digest.compose.issue import Window, compose
from digest.compose.letters import BUTTONS, LetterJob
from digest.compose.options import ComposeOptions
from digest.deliver.message import Personal, compile_edition, splice
from digest.deliver.postmark import Postmark, Reader, letter_personal, personal
from digest.model import (
    Article,
    Dated,
    DateSource,
    Edition,
    Heading,
    Issue,
    Newsletter,
    NewsletterId,
    Picture,
    Sentence,
    SourceId,
    Story,
)  # fmt: skip
from digest.slots import slot
from subscribers.model import SubscriberId

THEMES = ("paper", "plain", "bold")
SCRIPTS = ("en", "ar")  # one of each direction; the pictures are taken of these
LANGUAGES = ("en", "de", "fr", "es", "ru", "ar")
# Every kind of letter, and the welcome once more in the other themes and the other direction.
LETTERS = (
    *(("paper", kind, "en") for kind in BUTTONS),
    ("plain", "welcome", "ar"),
    ("bold", "welcome", "en"),
)
NOW = datetime(2026, 11, 24, 6, 30, tzinfo=UTC)
BASE_URL = "https://quayside.example"
SENDER = "digest@quayside.example"
OURS = templates.ours() / "email"
PICTURES = Path(render.__file__).parents[1] / "collect" / "sample"
DATA = Path(__file__).parent / "data"
WORDS_A_MINUTE = 230
WINDOW = Window(period="2026-11-24", number=412, since=NOW - timedelta(days=1), until=NOW)
ADA = Reader(id=SubscriberId("s000000000001"), address="ada@example.org", name="", due=NOW)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """One mail of the proofs: what was rendered, and one reader's copy."""

    newsletter: Newsletter
    issue: Issue
    edition: Edition
    personal: Personal
    message: bytes

    @property
    def parts(self) -> Mapping[str, str]:
        """``text/plain`` and ``text/html`` as Python's own mail library reads them."""
        return read(self.message)


@cache
def sheet(theme: str, language: str) -> Sheet:
    """An issue of that theme, in those words."""
    newsletter, issue = the_issue(theme, language)
    edition = render.edition(job(newsletter, issue))
    postmark = _postmark(newsletter)
    return _posted(newsletter, issue, edition, personal(postmark, issue, ADA))


@cache
def thick(theme: str, count: int = 60) -> Sheet:
    """An issue of ``count`` stories, which the byte budget has to cut."""
    newsletter, issue = the_issue(theme, "en")
    stories = [
        replace(story, lead=replace(story.lead, url=f"{story.lead.url}-{n}"))
        for n in range(count // len(issue.stories) + 1)
        for story in issue.stories
    ][:count]
    shown = {
        story.lead.url: issue.pictures[url]
        for story in stories
        if (url := story.lead.url.rpartition("-")[0]) in issue.pictures
    }
    issue = compose(newsletter, stories, WINDOW, brief_after=count, pictures=shown)
    edition = render.edition(job(newsletter, issue))
    return _posted(newsletter, issue, edition, personal(_postmark(newsletter), issue, ADA))


@cache
def letter(theme: str, kind: str, language: str) -> Sheet:
    """A letter; a welcome shows the issue as the latest."""
    newsletter, issue = the_issue(theme, language)
    edition = letters.letter(letter_job(theme, kind, language))
    new = ADA.address if kind == "address" else ""
    own = letter_personal(_postmark(newsletter), 1, ADA, new_address=new)
    return _posted(newsletter, issue, edition, own)


def every_html() -> Iterator[tuple[str, str]]:
    """A name and the HTML part of each mail there is: issues in every language, and letters."""
    for theme in THEMES:
        for language in LANGUAGES:
            yield f"{theme}-{language}", sheet(theme, language).parts["text/html"]
    for theme, kind, language in LETTERS:
        yield f"{theme}-{kind}-{language}", letter(theme, kind, language).parts["text/html"]


def every_mjml() -> Iterator[tuple[str, str]]:
    """A name and the MJML, after Jinja, of each mail there is."""
    for theme in THEMES:
        for language in SCRIPTS:
            yield f"{theme}-{language}", render.source(job(*the_issue(theme, language)))
        for kind in BUTTONS:
            yield f"{theme}-{kind}", letters.source(letter_job(theme, kind, "en"))


def letter_job(theme: str, kind: str, language: str) -> LetterJob:
    newsletter, issue = the_issue(theme, language)
    told = _told(language)
    return LetterJob(
        kind=kind,
        newsletter=newsletter,
        language=language,
        site_name=told["site"],
        base_url=BASE_URL,
        postal_address=told["address"],
        templates=(OURS,),
        latest=issue,
    )


def job(newsletter: Newsletter, issue: Issue) -> render.Job:
    told = _told(issue.language)
    return render.Job(
        issue=issue,
        newsletter=newsletter,
        site_name=told["site"],
        base_url=BASE_URL,
        postal_address=told["address"],
        templates=(OURS,),
        options=ComposeOptions(),
        next_issue=NOW + timedelta(days=1),
    )


def the_issue(theme: str, language: str) -> tuple[Newsletter, Issue]:
    told = _told(language)
    newsletter = Newsletter(
        id=NewsletterId("daily"),
        title=told["name"],
        tagline=told["tagline"],
        intro=told["intro"],
        subject=told["subject"],
        preheader=told["preheader"],
        sender=f"{told['name']} <{SENDER}>",
        timezone="Europe/London",
        language=language,
        theme=theme,
        sections=tuple(Heading(topic=t, title=title) for t, title in told["topics"].items()),
    )
    stories = [_story(one) for one in told["stories"]]
    pictures = {
        story.lead.url: _picture(one)
        for story, one in zip(stories, told["stories"], strict=True)
        if "image" in one
    }
    return newsletter, compose(newsletter, stories, WINDOW, brief_after=20, pictures=pictures)


def picture(url: str) -> Path | None:
    """The file behind a picture's address in the mail."""
    return _files().get(url.rpartition("/")[2].removesuffix(".jpg"))


def read(message: bytes) -> Mapping[str, str]:
    parsed = email.message_from_bytes(message, _class=EmailMessage, policy=email.policy.SMTP)
    return {
        part.get_content_type(): str(part.get_content()).replace("\r\n", "\n")
        for part in parsed.iter_parts()
    }


def filled(text: str, values: Mapping[str, str]) -> str:
    """``text`` with its personal places filled, as plain text."""
    for name, value in values.items():
        text = text.replace(slot(name), value)
    return text


def _postmark(newsletter: Newsletter) -> Postmark:
    return Postmark(
        newsletter=newsletter, base_url=BASE_URL, unsubscribe_mailbox="", ring=(b"k" * 32,)
    )


def _posted(newsletter: Newsletter, issue: Issue, edition: Edition, own: Personal) -> Sheet:
    compiled = compile_edition(edition, _postmark(newsletter).letterhead)
    return Sheet(
        newsletter=newsletter,
        issue=issue,
        edition=edition,
        personal=own,
        message=splice(compiled, own),
    )


@cache
def _told(language: str) -> dict[str, Any]:
    """The paper in that language; where there is none, the English one under foreign words."""
    path = DATA / f"{language}.toml"
    return tomllib.loads((path if path.exists() else DATA / "en.toml").read_text("utf-8"))


def _story(one: Mapping[str, Any]) -> Story:
    url = f"https://{_host(one['source'])}.example/2026/11/{one['slug']}"
    summary = one.get("summary", "")
    return Story(
        lead=_article(url, one["title"], one["source"], one.get("at"), one.get("minutes", 1)),
        also=tuple(
            _article(f"https://{_host(who)}.example/2026/11/{one['slug']}", one["title"], who)
            for who in one.get("also", ())
        ),
        topic=one.get("topic", ""),
        sentences=(Sentence(text=summary, url=url, start=0, end=len(summary)),) if summary else (),
    )


def _article(
    url: str, title: str, source: str, at: datetime | None = None, minutes: int = 1
) -> Article:
    dated = at.replace(tzinfo=UTC) if at else NOW - timedelta(hours=16)
    return Article(
        url=url,
        title=title,
        text=" ".join(["word"] * (WORDS_A_MINUTE * minutes)),  # only its length is shown
        dated=Dated(at=dated, source=DateSource.FEED),
        first_seen=NOW,
        source=SourceId(_host(source)),
        source_name=source,
    )


def _host(source: str) -> str:
    plain = "".join(c for c in source.lower() if c.isascii() and c.isalnum())
    return plain or hashlib.sha256(source.encode()).hexdigest()[:12]


def _picture(one: Mapping[str, Any]) -> Picture:
    path = PICTURES / one["image"]
    with Image.open(path) as opened:
        width, height = opened.size
    return Picture(hash=_hash(path), width=width, height=height, alt=one.get("alt", ""))


@cache
def _files() -> Mapping[str, Path]:
    return {_hash(path): path for path in PICTURES.glob("*.jpg")}


def _hash(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()[:32]

"""An Issue to what templates may name: words and sizes, nothing left to decide. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import count
from typing import Any

from digest import characters, periods
from digest.compose import words
from digest.compose.issue import shorten
from digest.compose.words import Word
from digest.model import (
    Article,
    Issue,
    Newsletter,
    Picture,
    Section,
    Story,
)
from digest.slots import slot, unmarked

INDEX_FROM = 6  # stories: fewer are read faster than a list of them
TEASER = 72  # characters of the list at the top: two lines on a desktop, four on a phone
READING_SPEED = 200  # words a minute, of the mail itself
THUMB_WIDTH, THUMB_HEIGHT = 96, 128  # px, at most
LEAD_HEIGHT = 750  # px, at most: a photograph of 3 by 4 at full width, and a screen of a laptop
MARKS = {"ltr": "\u200e", "rtl": "\u200f"}  # invisible letters of that direction
_TIED = re.compile(r" (?=[?!:;»](?:\s|$))|(?<=«) ")  # blanks that French has at its marks

View = dict[str, Any]  # the variables of docs/templates.md: handed to Jinja and to nobody else


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """What a view needs besides the issue."""

    newsletter: Newsletter
    site_name: str
    base_url: str
    postal_address: str
    next_issue: datetime
    sheet_width: int  # px
    said: Mapping[str, Word]
    spoken: str  # the language of what is said: English where there are no words of the issue's
    logo: Picture | None = None
    logo_width: int = 0  # px


def view(issue: Issue, setting: Setting) -> View:
    """The variables ``mail``, ``issue``, ``reader``, ``site`` of every issue template."""
    newsletter = setting.newsletter
    zone, spoken = newsletter.timezone, setting.spoken
    sections = _named(issue.sections, setting)
    named: View = {
        "name": newsletter.title,
        "logo": _logo(setting),
        "tagline": newsletter.tagline,
        "intro": issue.intro,
        "language": issue.language,
        "own_language": newsletter.language,
        "cadence": issue.cadence,
        "period": issue.period,
        "number": issue.number,
        "number_said": str(setting.said["issue"]).format(n=issue.number),
        "subject": issue.subject,
        "preheader": issue.preheader,
        "date": words.day(issue.until, zone, spoken),
        "date_long": words.long_day(issue.until, zone, spoken),
        "next": str(setting.said["next"]).format(
            day=words.day(setting.next_issue, zone, spoken),
            hour=words.hour(setting.next_issue, zone),
        ),
        "count": len(issue.stories),
        "minutes": _minutes(issue.stories),
        "has_index": len(issue.stories) >= INDEX_FROM and len(sections) > 1,
        "web_url": _web_url(issue, setting),
        "lead": _lead(issue, setting) if issue.lead else None,
        "sections": [
            _section(section, anchor, issue, setting)
            for section, anchor in zip(sections, _anchors(sections), strict=True)
        ],
        "brief": _stories(issue.brief, issue, setting),
    }
    mail = {
        "title": f"{newsletter.title}: {issue.subject}",
        "preheader": issue.preheader,
        "language": issue.language,
    }
    return {
        # What strangers wrote has no places: a link of theirs would carry off its reader's own.
        "mail": _unmarked(mail),
        "issue": _unmarked(named),
        "reader": _reader(),
        "site": {
            "name": setting.site_name,
            "url": setting.base_url,
            "postal_address": setting.postal_address,
        },
    }


def web(url: str) -> str:
    """``url`` where a reader can follow it; empty for a file on the publisher's disk."""
    return url if url.startswith(("https://", "http://")) else ""


def direction(text: str) -> str:
    """``rtl`` or ``ltr``, by the script most of ``text`` is in.

    Not by its first letter as ``dir=auto`` does: an Arabic headline may begin with a Latin name.
    """
    kinds = [unicodedata.bidirectional(character) for character in text]
    return "rtl" if sum(k in ("R", "AL") for k in kinds) > kinds.count("L") else "ltr"


def _reader() -> View:
    return {
        "address": slot("reader"),
        "name": slot("name"),
        "unsubscribe_url": slot("unsubscribe_url"),
        "preferences_url": slot("preferences_url"),
    }


def _unmarked(said: object) -> object:
    """What a view says, with no mark of a personal place in it."""
    match said:
        case str():
            return unmarked(said)
        case dict():
            return {name: _unmarked(value) for name, value in said.items()}
        case list():
            return [_unmarked(value) for value in said]
        case _:
            return said


def _web_url(issue: Issue, setting: Setting) -> str:
    if setting.newsletter.archive == "off":
        return ""
    mark = periods.shelfmark(issue.cadence, issue.period)
    return f"{setting.base_url}/archive/{issue.newsletter}/{mark}"


def _named(sections: Sequence[Section], setting: Setting) -> list[Section]:
    """Sections with a heading each; stories without a topic stand under a general one."""
    rest = str(setting.said["rest"])
    return [section if section.title else replace(section, title=rest) for section in sections]


def _section(section: Section, anchor: str, issue: Issue, setting: Setting) -> View:
    return {
        "id": anchor,
        "topic": section.topic,
        "name": section.title,
        "teaser": shorten(section.stories[0].lead.title, TEASER),
        "stories": _stories(section.stories, issue, setting),
    }


def _stories(stories: Sequence[Story], issue: Issue, setting: Setting) -> list[View]:
    return [
        {**_story(story, issue, setting), "offset": place} for place, story in enumerate(stories)
    ]


def _lead(issue: Issue, setting: Setting) -> View:
    story = issue.lead
    assert story is not None
    titles = {heading.topic: heading.title for heading in setting.newsletter.sections}
    kicker = titles.get(story.topic, story.topic[:1].upper() + story.topic[1:])
    return {
        **_story(story, issue, setting),
        "offset": 0,
        "kicker": kicker or str(setting.said["top"]),
    }


def _story(story: Story, issue: Issue, setting: Setting) -> View:
    lead = story.lead
    zone, way = setting.newsletter.timezone, str(setting.said["dir"])
    picture = issue.pictures.get(lead.url)
    return {
        "title": _tied(lead.title),
        "language": lead.language,
        "dir": direction(f"{lead.title} {story.summary}"),
        "url": web(lead.url),
        "source": _beside(lead.source_name, way),
        "author": lead.author or "",
        "topic": story.topic,
        "when": words.when(lead.dated, issue.until, zone, setting.spoken, setting.said),
        "minutes": lead.minutes,
        "summary": _tied(story.summary),
        "image": _image(picture, lead, setting) if picture else None,
        "also": [
            {"source": _beside(a.source_name, way), "title": a.title, "url": web(a.url)}
            for a in story.also
        ],
    }


def _tied(text: str) -> str:
    """``text`` that breaks at no blank that belongs to a mark."""
    return _TIED.sub("\u00a0", text)


def _beside(name: str, way: str) -> str:
    """``name`` for a mail that runs ``way``: what stands beside it stays on its side.

    An Arabic name in an English line would else draw the hour after it to its other side. Marks
    do it in the text part, too, where there are no elements to isolate a name with.
    """
    against = ("R", "AL") if way == "ltr" else ("L",)
    if not any(unicodedata.bidirectional(character) in against for character in name):
        return name
    own = MARKS[direction(name)]
    return f"{own}{name}{own}{MARKS[way]}"


def _image(picture: Picture, lead: Article, setting: Setting) -> View:
    ratio = picture.height / picture.width
    width = min(setting.sheet_width - 80, picture.width, int(LEAD_HEIGHT / ratio))
    thumb = min(THUMB_WIDTH, round(THUMB_HEIGHT / ratio))
    return {
        "src": f"{setting.base_url}/i/{picture.hash}.jpg",
        "alt": picture.alt or lead.title,
        "width": width,
        "height": round(width * ratio),
        "thumb_width": thumb,
        "thumb_height": round(thumb * ratio),
    }


def _logo(setting: Setting) -> View | None:
    logo = setting.logo
    if logo is None:
        return None
    width = min(setting.logo_width, logo.width)
    return {
        "src": f"{setting.base_url}/i/{logo.hash}.jpg",
        "alt": logo.alt or setting.newsletter.title,
        "width": width,
        "height": round(width * logo.height / logo.width),
    }


def _minutes(stories: Sequence[Story]) -> int:
    counts = (characters.words(f"{story.lead.title} {story.summary}") for story in stories)
    return max(1, round(sum(counts) / READING_SPEED))


def _anchors(sections: Sequence[Section]) -> list[str]:
    """One for each section and none twice: "C#" and "C++" are both ``c``; ``brief`` is taken."""
    found = ["brief"]
    for section in sections:
        plain = _anchor(section.topic or "more")
        tries = (plain if n == 1 else f"{plain}-{n}" for n in count(1))
        found.append(next(name for name in tries if name not in found))
    return found[1:]


def _anchor(topic: str) -> str:
    """A name for a link within the mail: letters and digits of any script, hyphens between."""
    plain = unicodedata.normalize("NFKC", topic).casefold()
    return re.sub(r"\W+", "-", plain).strip("-") or "more"

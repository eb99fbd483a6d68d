"""Ranked Stories to an Issue: lead, sections, one-liners, subject and preheader. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from digest import characters
from digest.model import Issue, LeftOut, Newsletter, Picture, Section, Story

SUBJECT_MIN, SUBJECT_MAX = 25, 60  # characters; a phone shows about 40, a desktop about 60
PREHEADER_MIN, PREHEADER_MAX = 40, 110

# Where a headline may end without becoming another headline: a comma only before a new clause.
_CLAUSE_END = re.compile(
    r"\s[–—-]\s|[;:.!?]\s|,\s(?=(?:and|but|then|as|while|after|which|who|und|aber|et|mais|y|pero)\s)"
)
_LOOSE = " ,;:–—-،؛、，；："  # what a line that was cut does not end in
_ENDED = tuple(".!?。！？؟۔।")  # a headline that ends so needs no mark before the next
_EASTERN = re.compile(r"[\u3005-\u3007\u3041-\u30ff\u3400-\u4dbf\u4e00-\u9fff]")
_JOINING = characters.LEADING | {"\u200d"}  # what belongs to the character after it
# A vowel of Thai and one of Lao that are letters to Unicode, joiners, skin tones.
_HANGING = frozenset("\u0e33\u0eb3\u200c\u200d\U0001f3fb\U0001f3fc\U0001f3fd\U0001f3fe\U0001f3ff")
_HANGUL = re.compile(r"[\uac00-\ud7a3]")
_ARABIC = re.compile(r"[\u0620-\u06d3]")
_WIDE = str.maketrans(";.", "；。")
_ARABIC_MARKS = str.maketrans(";", "؛")
_WEAK_END = frozenset(
    "first last next new old more most very its his her their our my your "
    "a an the and or but of to in on at by for from with as that than into is are was were after "
    "der die das und oder in im am zum zur von mit für le la les et ou de du des un une à au en "
    "el los las y o por para con и в на с к о а".split()
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """The window an issue covers and its name: ``since`` is exclusive, ``until`` inclusive."""

    period: str
    number: int
    since: datetime
    until: datetime


def compose(
    newsletter: Newsletter,
    stories: Sequence[Story],
    window: Window,
    *,
    brief_after: int = 10,
    pictures: Mapping[str, Picture] | None = None,
    left_out: Sequence[LeftOut] = (),
) -> Issue:
    """Lay out ``stories`` (in rank order): the first leads, the last become one-liners.

    Sections come in the newsletter's order, then other topics by their best story, then the
    stories without a topic under an empty title (the template names that section).
    """
    lead = stories[0] if stories else None
    rest = list(enumerate(stories))[1:]
    full = [story for place, story in rest if place < brief_after and story.summary]
    brief = [story for place, story in rest if place >= brief_after or not story.summary]
    titles = [story.lead.title for story in stories]
    return Issue(
        newsletter=newsletter.id,
        cadence=newsletter.cadence.value,
        period=window.period,
        number=window.number,
        since=window.since,
        until=window.until,
        language=newsletter.language,
        subject=newsletter.subject or subject(titles),
        preheader=newsletter.preheader or preheader(titles, lead.summary if lead else ""),
        lead=lead,
        intro=newsletter.intro,
        sections=_sections(newsletter, full),
        brief=tuple(brief),
        left_out=tuple(left_out),
        pictures=dict(pictures or {}),
    )


def subject(titles: Sequence[str]) -> str:
    """One line of at most 60 characters made of the top headlines, at least 25 where they allow."""
    if not titles:
        return ""
    line = shorten(titles[0], SUBJECT_MAX)
    for title in titles[1:]:
        if len(line) >= SUBJECT_MIN:
            break
        room = SUBJECT_MAX - len(line) - 2
        if room >= 12:
            line = joined(line, ";", shorten(title, room))
    return line


def preheader(titles: Sequence[str], summary: str = "") -> str:
    """What follows the subject in a list of mails, at most 110 characters.

    The next headlines, or where there is only one, the beginning of the lead's ``summary``.
    """
    line = ""
    for title in titles[1:]:
        room = PREHEADER_MAX - len(line) - (2 if line else 0)
        if line and (room < 24 or (len(line) >= PREHEADER_MIN and len(title) > room)):
            break
        line = joined(line, ";", shorten(title, room)) if line else shorten(title, room)
    if len(line) >= PREHEADER_MIN or not summary:
        return line
    if not line:
        return shorten(summary, PREHEADER_MAX)
    return joined(line, ".", shorten(summary, PREHEADER_MAX - len(line) - 2))


def joined(line: str, mark: str, more: str) -> str:
    """``line`` and ``more`` with ``mark`` between them, unless the line has come to an end.

    A semicolon or a full stop is the one of the line's script.
    """
    if not line.rstrip("”’»\"'」』").endswith(_ENDED):
        line += _in_script(mark, line)
    return f"{line}{characters.gap(line)}{more}"


def _in_script(mark: str, line: str) -> str:
    letters = [character for character in line if character.isalpha()]
    last = letters[-1] if letters else ""
    if _EASTERN.match(last) and not _HANGUL.search(line):  # Korean headlines hold Chinese signs
        return mark.translate(_WIDE)
    return mark.translate(_ARABIC_MARKS) if _ARABIC.match(last) else mark


def shorten(title: str, room: int) -> str:
    """``title`` in at most ``room`` characters: whole, or cut at a clause or a word.

    Within a word only where that is most of the line: an address, a language without spaces.
    """
    title = " ".join(title.split())
    if len(title) <= room:
        return title
    clauses = [match.start() for match in _CLAUSE_END.finditer(title) if match.start() <= room]
    if clauses and clauses[-1] >= min(SUBJECT_MIN, room // 2):
        return title[: clauses[-1]].rstrip(_LOOSE)
    blank = title.rfind(" ", 0, room)
    words = title[:blank].split(" ") if blank >= room // 3 else [title[: _before(title, room - 1)]]
    while len(words) > 1 and words[-1].casefold().strip("’'\"“”") in _WEAK_END:
        words.pop()
    cut = " ".join(words).rstrip(_LOOSE + ".。")
    return f"{cut[: room - 1]}…"


def _before(text: str, end: int) -> int:
    """The last place up to ``end`` that parts no accent, vowel sign or emoji from its letter."""
    place = end
    while place > 0 and (_hangs(text[place]) or text[place - 1] in _JOINING):
        place -= 1
    return place or end


def _hangs(character: str) -> bool:
    return character in _HANGING or unicodedata.category(character) in ("Mn", "Me", "Mc")


def _sections(newsletter: Newsletter, stories: Sequence[Story]) -> tuple[Section, ...]:
    titles = {heading.topic: heading.title for heading in newsletter.sections}
    seen = dict.fromkeys(story.topic for story in stories)
    others = [topic for topic in seen if topic not in titles and topic]
    order = [*titles, *others, *([""] if "" in seen else [])]
    return tuple(
        Section(
            topic=topic,
            title=titles.get(topic, topic[:1].upper() + topic[1:]),
            stories=tuple(story for story in stories if story.topic == topic),
        )
        for topic in order
        if topic in seen
    )

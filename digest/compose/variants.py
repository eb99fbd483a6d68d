"""An Issue and what its readers chose to the editions that serve them all. Pure.

A choice of topics means the stories on those topics and no others, led by the best of them; all
topics means also the stories without one. A choice that has no story today gets the whole issue:
who subscribed is owed a mail, and silence would look like a fault. A language without words of
ours is served in the newsletter's own. What comes out the same is one edition.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import count

from digest.choices import Choice
from digest.compose import issue as issues
from digest.compose.issue import Window
from digest.model import Issue, Newsletter, Story

KEY_LENGTH = 60  # characters of topics in a key: it also names files

_NOT_PLAIN = re.compile(r"[^\w]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Variant:
    """The issue as one edition tells it."""

    key: str
    issue: Issue


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The editions to render, and whose each is.

    The first variant is the whole issue in the newsletter's language: it is there whether or not
    somebody chose it. ``keys`` names for every choice the edition that serves it. ``notes``: what
    had to be served otherwise than chosen.
    """

    variants: tuple[Variant, ...]
    keys: Mapping[Choice, str]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Part:
    """What decides what an edition says. ``topics`` None: the whole issue."""

    language: str
    topics: frozenset[str] | None = None


def plan(
    issue: Issue,
    newsletter: Newsletter,
    choices: Mapping[Choice, int],
    *,
    speaks: Callable[[str], bool],
    brief_after: int,
    most: int,
) -> Plan:
    """The editions of ``issue`` for ``choices``, each with the number of its readers.

    ``speaks``: whether we have the fixed words of a language. More than ``most`` editions: the
    choices of the fewest get the whole issue, in their language.
    """
    wanted = {choice: _part(choice, issue, speaks) for choice in choices}
    readers: dict[_Part, int] = {_Part(issue.language): 0}
    for choice, part in wanted.items():
        readers[part] = readers.get(part, 0) + choices[choice]
        readers.setdefault(_Part(part.language), 0)
    kept = _kept(readers, most)
    serving = {part: part if part in kept else _Part(part.language) for part in readers}
    needed = {_Part(issue.language), *(serving[part] for part in wanted.values())}
    names = _names([part for part in kept if part in needed], issue)
    notes = _notes(sum(readers[part] for part in readers if part not in kept), most)
    return Plan(
        variants=tuple(
            Variant(key=name, issue=_told(part, issue, newsletter, brief_after))
            for part, name in names.items()
        ),
        keys={choice: names[serving[part]] for choice, part in wanted.items()},
        notes=notes,
    )


def language(wanted: str, own: str, speaks: Callable[[str], bool]) -> str:
    """The language a reader is served in: theirs (``de`` for ``de-AT``), or the newsletter's."""
    plain = wanted.replace("_", "-").partition("-")[0].lower()
    return plain if plain == own or speaks(plain) else own


def _part(choice: Choice, issue: Issue, speaks: Callable[[str], bool]) -> _Part:
    served = language(choice.language, issue.language, speaks)
    told = {story.topic for story in issue.stories}
    on_them = told & set(choice.topics)
    return _Part(served, frozenset(on_them) if on_them and on_them != told else None)


def _kept(readers: Mapping[_Part, int], most: int) -> list[_Part]:
    """The whole issue in every language, then the parts that most read, in a stable order."""
    whole = [part for part in readers if part.topics is None]
    parts = sorted(
        (part for part in readers if part.topics is not None),
        key=lambda part: (-readers[part], part.language, sorted(part.topics or ())),
    )
    own, *others = whole
    others.sort(key=lambda part: part.language)
    return [own, *others, *parts[: max(0, most - len(whole))]]


def _names(parts: Sequence[_Part], issue: Issue) -> dict[_Part, str]:
    """A key for each: ``en``, ``en-harbour+work``; topics in the order the issue tells them."""
    order = list(dict.fromkeys(story.topic for story in issue.stories))
    taken: set[str] = set()
    names: dict[_Part, str] = {}
    for part in parts:
        topics = [topic for topic in order if topic in (part.topics or ())]
        said = "+".join(_NOT_PLAIN.sub("-", topic.lower()).strip("-") or "x" for topic in topics)
        plain = f"{part.language}-{said[:KEY_LENGTH]}" if topics else part.language
        tries = (plain if n == 1 else f"{plain}~{n}" for n in count(1))
        names[part] = next(name for name in tries if name not in taken)
        taken.add(names[part])
    return names


def _told(part: _Part, issue: Issue, newsletter: Newsletter, brief_after: int) -> Issue:
    if part.topics is None:
        return replace(issue, language=part.language)
    stories = [story for story in _ranked(issue) if story.topic in part.topics]
    leads = {story.lead.url for story in stories}
    made = issues.compose(
        newsletter,
        stories,
        Window(period=issue.period, number=issue.number, since=issue.since, until=issue.until),
        brief_after=brief_after,
        pictures={url: shown for url, shown in issue.pictures.items() if url in leads},
        left_out=issue.left_out,
    )
    return replace(made, language=part.language, cadence=issue.cadence)


def _ranked(issue: Issue) -> list[Story]:
    """Best first; stories of one score as the issue has them."""
    return sorted(issue.stories, key=lambda story: -story.score)


def _notes(readers: int, most: int) -> tuple[str, ...]:
    if not readers:
        return ()
    who = "1 reader gets" if readers == 1 else f"{readers:,} readers get"
    return (
        f"{who} the whole issue: their topics would make more than {most} editions; raise "
        "compose.max_editions",
    )

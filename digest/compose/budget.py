"""An Issue to one that fits the byte budget: the lowest ranked stories shrink, then go. Pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from digest.model import Issue, Story

SHORTENED = "shortened"
MOVED = "moved to one line"
LEFT_OUT = "left out"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fitted:
    """``notes``: what had to be done, in words."""

    issue: Issue
    notes: tuple[str, ...] = ()


def fit(issue: Issue, size: Callable[[Issue], int], *, most: int) -> Fitted:
    """The mildest cut of ``issue`` whose ``size`` (bytes) is at most ``most``.

    Steps, each from the lowest ranked story upwards: a summary of one sentence and no picture,
    then one line in brief, then nothing. The lead stays; an issue that is too large with nothing
    but its lead is returned so, and lint stops it.
    """
    if size(issue) <= most:
        return Fitted(issue=issue)
    steps = _steps(issue)
    least, enough = 1, len(steps)
    while least < enough:  # each step makes the mail smaller, so the mildest is found by halving
        middle = (least + enough) // 2
        if size(_cut(issue, steps[:middle])) <= most:
            enough = middle
        else:
            least = middle + 1
    taken = steps[:least]
    return Fitted(issue=_cut(issue, taken), notes=_notes(issue, taken))


def _steps(issue: Issue) -> list[tuple[str, str]]:
    """What can be done, the mildest first: (what, address of the story). None changes nothing."""
    told = {story.lead.url for section in issue.sections for story in section.stories}
    others = (story for story in reversed(issue.stories) if story is not issue.lead)
    lowest = sorted(others, key=lambda story: story.score)  # of equals the later printed first
    full = [story for story in lowest if story.lead.url in told]
    return [
        *((SHORTENED, story.lead.url) for story in full if _can_shrink(story, issue)),
        *((MOVED, story.lead.url) for story in full),
        *((LEFT_OUT, story.lead.url) for story in lowest),
    ]


def _can_shrink(story: Story, issue: Issue) -> bool:
    return len(story.sentences) > 1 or bool(story.also) or story.lead.url in issue.pictures


def _cut(issue: Issue, taken: list[tuple[str, str]]) -> Issue:
    shrunk, moved, dropped = (
        {url for what, url in taken if what == step} for step in (SHORTENED, MOVED, LEFT_OUT)
    )
    sections = tuple(
        replace(section, stories=kept)
        for section in issue.sections
        if (
            kept := tuple(
                _short(story) if story.lead.url in shrunk else story
                for story in section.stories
                if story.lead.url not in moved
            )
        )
    )
    newcomers = (s for section in issue.sections for s in section.stories if s.lead.url in moved)
    brief = tuple(story for story in (*newcomers, *issue.brief) if story.lead.url not in dropped)
    pictures = {url: one for url, one in issue.pictures.items() if url not in shrunk}
    return replace(issue, sections=sections, brief=brief, pictures=pictures)


def _short(story: Story) -> Story:
    return replace(story, sentences=story.sentences[:1], also=())


def _notes(issue: Issue, taken: list[tuple[str, str]]) -> tuple[str, ...]:
    """For each story that was touched what became of it in the end, the lowest ranked first."""
    titles = {story.lead.url: story.lead.title for story in issue.stories}
    ends = {url: what for what, url in taken}
    ranked = (url for what, url in _steps(issue) if what == LEFT_OUT)
    return tuple(
        f"{ends[url]} to fit the byte budget: {titles[url]}" for url in ranked if url in ends
    )

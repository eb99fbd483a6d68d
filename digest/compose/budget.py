"""An Issue to one that fits the byte budget: the lowest ranked stories shrink, then go. Pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from digest.model import Issue, Story


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
    ranked = sorted(issue.stories, key=lambda story: story.score)
    lowest = [story for story in ranked if story is not issue.lead]
    steps = 3 * len(lowest)
    least, enough = 1, steps
    while least < enough:  # each step makes the mail smaller, so the mildest is found by halving
        middle = (least + enough) // 2
        if size(_cut(issue, lowest, middle)) <= most:
            enough = middle
        else:
            least = middle + 1
    return Fitted(issue=_cut(issue, lowest, least), notes=_notes(lowest, least))


def _cut(issue: Issue, lowest: list[Story], steps: int) -> Issue:
    """``issue`` after so many steps: shrink every story, then move, then drop, lowest first."""
    count = len(lowest)
    shrunk = {story.lead.url for story in lowest[:steps]}
    moved = {story.lead.url for story in lowest[: max(0, steps - count)]}
    dropped = {story.lead.url for story in lowest[: max(0, steps - 2 * count)]}
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


def _notes(lowest: list[Story], steps: int) -> tuple[str, ...]:
    count = len(lowest)
    notes: list[str] = []
    for place, story in enumerate(lowest):
        title = story.lead.title
        if place < steps - 2 * count:
            notes.append(f"left out to fit the byte budget: {title}")
        elif place < steps - count:
            notes.append(f"moved to one line to fit the byte budget: {title}")
        elif place < steps:
            notes.append(f"shortened to fit the byte budget: {title}")
    return tuple(notes)

"""A Job to the bytes that each part of its mail costs.  ~ world

A part weighs what the mail is lighter without it, so that it holds for any template: nobody has
to mark where a section begins.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from digest.compose import render
from digest.compose.render import Job
from digest.model import Issue, Section


@dataclass(frozen=True, slots=True, kw_only=True)
class Weight:
    name: str
    bytes: int  # of the HTML part


FRAME = "frame"  # head, masthead, list of contents, footer
ANY = 1_000_000_000  # bytes: nothing is cut to fit, or a part would seem to weigh nothing
LEAD, BRIEF = "lead", "brief"


def weigh(job: Job) -> tuple[Weight, ...]:
    """Each part in the order of the mail, the frame first; together the whole HTML part, uncut.

    Sections keep their own names. Raises Misconfigured as rendering does.
    """
    job = replace(job, options=replace(job.options, max_html_bytes=ANY))
    lighter = dict(_lighter(job.issue))
    whole, *rest = render.editions([job, *(replace(job, issue=one) for one in lighter.values())])
    size = len(whole.html.encode())
    parts = [
        Weight(name=name, bytes=size - len(edition.html.encode()))
        for name, edition in zip(lighter, rest, strict=True)
    ]
    return (Weight(name=FRAME, bytes=size - sum(part.bytes for part in parts)), *parts)


def _lighter(issue: Issue) -> Iterator[tuple[str, Issue]]:
    """Each part's name, and the issue without it."""
    if issue.lead:
        bare = replace(issue.lead.lead, title="", url="", author=None)
        pictures = {url: one for url, one in issue.pictures.items() if url != issue.lead.lead.url}
        lead = replace(issue.lead, lead=bare, also=(), sentences=())
        yield LEAD, replace(issue, lead=lead, pictures=pictures)
    for section in issue.sections:
        others: tuple[Section, ...] = tuple(one for one in issue.sections if one is not section)
        yield section.title or "(no topic)", replace(issue, sections=others)
    if issue.brief:
        yield BRIEF, replace(issue, brief=())

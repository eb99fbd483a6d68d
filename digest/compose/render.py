"""An Issue to its Editions: subject, HTML and text, rendered and kept within budget.  ~ world

Reads template files. Meant for a worker that can be killed: a template may loop for ever.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property, partial
from pathlib import Path
from typing import Any

from digest.compose import budget, mjml, press, templates, words
from digest.compose import theme as themes
from digest.compose import view as views
from digest.compose.options import ComposeOptions
from digest.model import Edition, Issue, Newsletter, Picture
from digest.slots import SLOT_CLOSE, SLOT_OPEN

SLOT_BYTES = 200  # what a personal link may add to each slot once it is filled

_BLANK_LINES = re.compile(r"\n{3,}")
_HEADING = re.compile(r"\n\n(?=(?:[^\n]+\n)+-{72}\n)")


BODY = "issue/body.mjml"


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """All that rendering one edition needs; it travels to a worker."""

    issue: Issue
    newsletter: Newsletter
    site_name: str
    base_url: str
    postal_address: str
    templates: tuple[Path, ...]  # the operator's folder first, ours second
    options: ComposeOptions
    next_issue: datetime
    key: str = ""  # of the edition; empty: the issue's language
    logo: Picture | None = None  # the theme's, kept where pictures are served from
    dkim_domain: str = ""  # who signs, where we do it ourselves; only lint asks


def edition(job: Job) -> Edition:
    """Render one edition, personal places still open; shrink it until it fits.

    Raises Misconfigured with template, line and variable for a template that cannot be rendered.
    """
    return editions((job,))[0]


def editions(jobs: Sequence[Job]) -> tuple[Edition, ...]:
    """Render the editions of one issue: theme, words and templates are read once for all."""
    plates = _Plates(jobs[0].newsletter.theme, jobs[0].templates)
    return tuple(_edition(job, plates) for job in jobs)


def _edition(job: Job, plates: _Plates) -> Edition:
    sheets = _Sheets(job, plates)
    fitted = budget.fit(job.issue, sheets.html_bytes, most=job.options.max_html_bytes)
    sheet = sheets.of(fitted.issue)
    return Edition(
        key=job.key or fitted.issue.language,
        language=fitted.issue.language,
        subject=sheet.subject(),
        preheader=fitted.issue.preheader,
        html=sheet.html,
        text=sheet.text(),
        notes=(*plates.weak(), *fitted.notes),
    )


def source(job: Job) -> str:
    """The MJML that Jinja makes of the issue's body, for whoever compiles it elsewhere."""
    return _Sheet(job.issue, job, _Plates(job.newsletter.theme, job.templates)).mjml()


class _Plates:
    """What the editions of an issue share: the theme, the templates, the words by language."""

    def __init__(self, theme: str, folders: tuple[Path, ...]) -> None:
        self.folders = folders
        self.theme = themes.load(theme, folders)
        self.environment = press.environment(folders)
        self._name = theme
        self._said: dict[str, Mapping[str, words.Word]] = {}

    def said(self, language: str) -> Mapping[str, words.Word]:
        if language not in self._said:
            self._said[language] = words.load(language, self.folders)
        return self._said[language]

    def weak(self) -> tuple[str, ...]:
        """What of the theme is hard to read."""
        where = f"theme {self._name} is hard to read"
        return tuple(
            f"{where}: {pair}; WCAG asks for 4.5" for pair in themes.weak_pairs(self.theme)
        )


class _Sheets:
    """One job's sheets, as its issue shrinks: the last one is kept, most often it is the only."""

    def __init__(self, job: Job, plates: _Plates) -> None:
        self._job = job
        self._plates = plates
        self._last = _Sheet(job.issue, job, plates)

    def of(self, issue: Issue) -> _Sheet:
        if issue is not self._last.issue:
            self._last = _Sheet(issue, self._job, self._plates)
        return self._last

    def html_bytes(self, issue: Issue) -> int:
        """The size of the HTML part once its slots are filled, at most."""
        html = self.of(issue).html
        return len(html.encode()) + html.count(SLOT_OPEN) * SLOT_BYTES


class _Sheet:
    """One issue in one edition's words: its parts, rendered when they are asked for."""

    def __init__(self, issue: Issue, job: Job, plates: _Plates) -> None:
        self.issue = issue
        self._plates = plates
        self._context = _context(issue, job, plates)

    def subject(self) -> str:
        return " ".join(self._render("issue/subject.txt").split())

    @cached_property
    def html(self) -> str:
        found = templates.find(BODY, self._plates.folders)
        return mjml.html(self.mjml(), template=str(found or BODY))

    def mjml(self) -> str:
        return self._render(BODY)

    def text(self) -> str:
        body = _BLANK_LINES.sub("\n\n", self._render("issue/body.txt")).strip() + "\n"
        return _HEADING.sub("\n\n\n", body)

    def _render(self, name: str) -> str:
        return press.explained(partial(self._rendered, name), name, self._plates.folders)

    def _rendered(self, name: str) -> str:
        return self._plates.environment.get_template(name).render(self._context)


def _context(issue: Issue, job: Job, plates: _Plates) -> dict[str, Any]:
    said = plates.said(issue.language)
    setting = views.Setting(
        newsletter=job.newsletter,
        site_name=job.site_name,
        base_url=job.base_url,
        postal_address=job.postal_address,
        next_issue=job.next_issue,
        sheet_width=plates.theme.width,
        said=said,
        spoken=words.spoken(issue.language, plates.folders),
        logo=job.logo,
        logo_width=plates.theme.logo.width if plates.theme.logo else 0,
    )
    return {
        **views.view(issue, setting),
        "words": said,
        **press.look(plates.theme, rtl=said["dir"] == "rtl"),
    }


def slots(text: str) -> list[str]:
    """The names of the personal places in ``text``."""
    return re.findall(f"{SLOT_OPEN}([^{SLOT_CLOSE}]*){SLOT_CLOSE}", text)

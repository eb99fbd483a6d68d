"""An Issue to an Edition: subject, HTML and text, rendered and kept within budget.  ~ world

Reads template files. Meant for a worker that can be killed: a template may loop for ever.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

from digest.compose import budget, mjml, press, words
from digest.compose import theme as themes
from digest.compose import view as views
from digest.compose.options import ComposeOptions
from digest.model import Edition, Issue, Newsletter, Picture
from digest.slots import SLOT_CLOSE, SLOT_OPEN

SLOT_BYTES = 200  # what a personal link may add to each slot once it is filled

_BLANK_LINES = re.compile(r"\n{3,}")
_HEADING = re.compile(r"\n\n(?=[^\n]+\n-{72}\n)")


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
    logo: Picture | None = None  # the theme's, kept where pictures are served from


def edition(job: Job) -> Edition:
    """Render one edition, personal places still open; shrink it until it fits.

    Raises Misconfigured with template, line and variable for a template that cannot be rendered.
    """
    plates = _Plates(job)
    fitted = budget.fit(job.issue, plates.html_bytes, most=job.options.max_html_bytes)
    return Edition(
        key=fitted.issue.language,
        language=fitted.issue.language,
        subject=plates.subject(fitted.issue),
        preheader=fitted.issue.preheader,
        html=plates.html(fitted.issue),
        text=plates.text(fitted.issue),
        notes=(*plates.weak(), *fitted.notes),
    )


def source(job: Job) -> str:
    """The MJML that Jinja makes of the issue's body, for whoever compiles it elsewhere."""
    return _Plates(job).mjml(job.issue)


class _Plates:
    """The templates, words and theme of one job, loaded once."""

    def __init__(self, job: Job) -> None:
        self._job = job
        self._theme = themes.load(job.newsletter.theme, job.templates)
        self._said = words.load(job.issue.language, job.templates)
        self._environment = press.environment(job.templates)

    def weak(self) -> tuple[str, ...]:
        """What of the theme is hard to read."""
        where = f"theme {self._job.newsletter.theme} is hard to read"
        return tuple(
            f"{where}: {pair}; WCAG asks for 4.5" for pair in themes.weak_pairs(self._theme)
        )

    def subject(self, issue: Issue) -> str:
        return " ".join(self._render("issue/subject.txt", issue).split())

    def mjml(self, issue: Issue) -> str:
        return self._render("issue/body.mjml", issue)

    def html(self, issue: Issue) -> str:
        return mjml.html(self.mjml(issue), template=self._path("issue/body.mjml"))

    def text(self, issue: Issue) -> str:
        body = _BLANK_LINES.sub("\n\n", self._render("issue/body.txt", issue)).strip() + "\n"
        return _HEADING.sub("\n\n\n", body)

    def html_bytes(self, issue: Issue) -> int:
        """The size of the HTML part once its slots are filled, at most."""
        html = self.html(issue)
        return len(html.encode()) + html.count(SLOT_OPEN) * SLOT_BYTES

    def _render(self, name: str, issue: Issue) -> str:
        return press.explained(partial(self._rendered, name, issue), name, self._job.templates)

    def _rendered(self, name: str, issue: Issue) -> str:
        return self._environment.get_template(name).render(self._context(issue))

    def _path(self, name: str) -> str:
        found = next((f / name for f in self._job.templates if (f / name).is_file()), Path(name))
        return str(found)

    def _context(self, issue: Issue) -> dict[str, Any]:
        job = self._job
        setting = views.Setting(
            newsletter=job.newsletter,
            site_name=job.site_name,
            base_url=job.base_url,
            postal_address=job.postal_address,
            next_issue=job.next_issue,
            sheet_width=self._theme.width,
            said=self._said,
            logo=job.logo,
            logo_width=self._theme.logo.width if self._theme.logo else 0,
        )
        return {
            **views.view(issue, setting),
            "words": self._said,
            **press.look(self._theme, rtl=self._said["dir"] == "rtl"),
        }


def slots(text: str) -> list[str]:
    """The names of the personal places in ``text``."""
    return re.findall(f"{SLOT_OPEN}([^{SLOT_CLOSE}]*){SLOT_CLOSE}", text)

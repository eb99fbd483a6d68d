"""An Issue to an Edition: subject, HTML and text, rendered and kept within budget.  ~ world

Reads template files. Meant for a worker that can be killed: a template may loop for ever.
"""

from __future__ import annotations

import re
import textwrap
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

from jinja2 import (
    FileSystemLoader,
    StrictUndefined,
    TemplateError,
    TemplateNotFound,
    UndefinedError,
)
from jinja2.exceptions import SecurityError, TemplateSyntaxError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from digest.compose import budget, mjml, words
from digest.compose import theme as themes
from digest.compose import view as views
from digest.compose.options import ComposeOptions
from digest.errors import Misconfigured
from digest.model import SLOT_CLOSE, SLOT_OPEN, Edition, Issue, Newsletter

COLUMNS = 72
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


def edition(job: Job) -> Edition:
    """Render one edition, personal places still open; shrink it until it fits.

    Raises Misconfigured with template, line and variable for a template that cannot be rendered.
    """
    press = _Press(job)
    fitted = budget.fit(job.issue, press.html_bytes, most=job.options.max_html_bytes)
    return Edition(
        key=fitted.issue.language,
        language=fitted.issue.language,
        subject=press.subject(fitted.issue),
        preheader=fitted.issue.preheader,
        html=press.html(fitted.issue),
        text=press.text(fitted.issue),
        notes=fitted.notes,
    )


class _Press:
    """The templates, words and theme of one job, loaded once."""

    def __init__(self, job: Job) -> None:
        self._job = job
        self._theme = themes.load(job.newsletter.theme, job.templates)
        self._said = words.load(job.issue.language, job.templates)
        self._environment = _environment(job.templates)

    def subject(self, issue: Issue) -> str:
        return " ".join(self._render("issue/subject.txt", issue).split())

    def html(self, issue: Issue) -> str:
        source = self._render("issue/body.mjml", issue)
        return mjml.html(source, template=self._path("issue/body.mjml"))

    def text(self, issue: Issue) -> str:
        body = _BLANK_LINES.sub("\n\n", self._render("issue/body.txt", issue)).strip() + "\n"
        return _HEADING.sub("\n\n\n", body)

    def html_bytes(self, issue: Issue) -> int:
        """The size of the HTML part once its slots are filled, at most."""
        html = self.html(issue)
        return len(html.encode()) + html.count(SLOT_OPEN) * SLOT_BYTES

    def _render(self, name: str, issue: Issue) -> str:
        return _explained(partial(self._rendered, name, issue), name, self._job.templates)

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
        )
        rtl = self._said["dir"] == "rtl"
        fonts = dict(self._theme.fonts)
        if rtl:
            fonts.update(dict.fromkeys(("display", "body", "label"), fonts["rtl"]))
        return {
            **views.view(issue, setting),
            "words": self._said,
            "theme": self._theme.own,
            "light": self._theme.light,
            "dark": self._theme.dark,
            "fonts": fonts,
            "rtl": rtl,
            "start": "right" if rtl else "left",
            "end": "left" if rtl else "right",
        }


def _environment(folders: tuple[Path, ...]) -> ImmutableSandboxedEnvironment:
    environment = ImmutableSandboxedEnvironment(
        loader=FileSystemLoader([str(folder) for folder in folders]),
        autoescape=lambda name: name is None or not name.endswith(".txt"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["fill"] = _filled
    return environment


def _filled(text: object, indent: str = "") -> str:
    """``text`` in lines of 72 columns; a word (a link) longer than that keeps its line."""
    return textwrap.fill(
        str(text),
        COLUMNS,
        initial_indent=indent,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )


def _explained(render: Callable[[], str], name: str, folders: tuple[Path, ...]) -> str:
    """What ``render`` returns; its errors with the template's file and line."""
    try:
        return render()
    except TemplateNotFound as error:
        raise Misconfigured(
            f"template {error.name}", "is not there; see docs/templates.md"
        ) from error
    except TemplateSyntaxError as error:
        place = f"{error.filename or name}:{error.lineno}"
        raise Misconfigured(place, f"is no valid template: {error.message}") from error
    except UndefinedError as error:
        cure = f"{error.message}; docs/templates.md lists the variables"
        raise Misconfigured(_place(error, name, folders), cure) from error
    except SecurityError as error:
        cure = f"does what templates may not: {error}"
        raise Misconfigured(_place(error, name, folders), cure) from error
    except (TemplateError, TypeError, ValueError, ArithmeticError, LookupError) as error:
        cure = f"cannot be rendered: {type(error).__name__}: {error}"
        raise Misconfigured(_place(error, name, folders), cure) from error


def _place(error: Exception, name: str, folders: tuple[Path, ...]) -> str:
    """File and line of the innermost template frame."""
    inside = tuple(str(folder) for folder in folders)
    frames = traceback.extract_tb(error.__traceback__)
    places = [f"{f.filename}:{f.lineno}" for f in frames if f.filename.startswith(inside)]
    return places[-1] if places else name


def slots(text: str) -> list[str]:
    """The names of the personal places in ``text``."""
    return re.findall(f"{SLOT_OPEN}([^{SLOT_CLOSE}]*){SLOT_CLOSE}", text)

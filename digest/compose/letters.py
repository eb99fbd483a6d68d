"""A kind of letter to its Edition: subject, HTML and text, one person's places left open.  ~ world

Letters are the mails that are no issue: confirm, welcome, goodbye, fresh links. One is rendered
once per (kind, newsletter, language) and spliced per person like an issue.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from digest.compose import mjml, press, templates, words
from digest.compose import theme as themes
from digest.compose import view as views
from digest.compose.words import Word
from digest.model import Edition, Issue, Newsletter
from digest.slots import slot

# The button of each kind, as the personal place it leads to.
BUTTONS = {
    "confirm": "confirm_url",
    "address": "address_url",
    "welcome": "preferences_url",
    "goodbye": "undo_url",
    "links": "unsubscribe_url",
}
LATEST_STORIES = 6  # of the latest issue, in a welcome
PURGE_DAYS = 14  # an unconfirmed request is forgotten after so long

_BLANK_LINES = re.compile(r"\n{3,}")


@dataclass(frozen=True, slots=True, kw_only=True)
class LetterJob:
    """All that rendering one letter needs; it travels to a worker."""

    kind: str  # a key of BUTTONS
    newsletter: Newsletter
    language: str  # the reader's, ISO 639-1; English where we do not speak it
    site_name: str
    base_url: str
    postal_address: str
    templates: tuple[Path, ...]  # the operator's folder first, ours second
    latest: Issue | None = None  # the newsletter's latest released issue, for the welcome


def letter(job: LetterJob) -> Edition:
    """Render ``letters/KIND/`` with its places open: reader, name, and the URLs of BUTTONS.

    Raises Misconfigured with template, line and variable for a template that cannot be rendered.
    """
    language = _language(job)
    context = _context(job, language)
    path = str(templates.find(f"letters/{job.kind}/body.mjml", job.templates))
    return Edition(
        key=f"{job.kind}-{language}",
        language=language,
        subject=" ".join(_render(job, "subject.txt", context).split()),
        preheader=context["mail"]["preheader"],
        html=mjml.html(_render(job, "body.mjml", context), template=path),
        text=_BLANK_LINES.sub("\n\n", _render(job, "body.txt", context)).strip() + "\n",
        notes=(),
    )


def source(job: LetterJob) -> str:
    """The MJML that Jinja makes of the letter's body, for whoever compiles it elsewhere."""
    return _render(job, "body.mjml", _context(job, _language(job)))


def _language(job: LetterJob) -> str:
    return words.spoken(job.language, job.templates)


def _render(job: LetterJob, name: str, context: dict[str, Any]) -> str:
    path = f"letters/{job.kind}/{name}"
    environment = press.environment(job.templates)
    template = partial(lambda: environment.get_template(path).render(context))
    return press.explained(template, path, job.templates)


def _context(job: LetterJob, language: str) -> dict[str, Any]:
    said = words.load(language, job.templates)
    theme = themes.load(job.newsletter.theme, job.templates)
    told = words.letter(job.kind, language, job.templates)
    filled = {
        name: _filled(text, title=job.newsletter.title, days=PURGE_DAYS)
        for name, text in told.items()
    }
    return {
        "mail": {
            "title": filled["subject"],
            "preheader": filled["preheader"],
            "language": language,
        },
        "letter": {**filled, "button_url": slot(BUTTONS[job.kind])},
        "latest": _latest(job, job.latest, said, language, theme.width) if job.latest else None,
        "newsletter": {"title": job.newsletter.title, "tagline": job.newsletter.tagline},
        "reader": {
            "address": slot("reader"),
            "name": slot("name"),
            "unsubscribe_url": slot("unsubscribe_url"),
            "preferences_url": slot("preferences_url"),
        },
        "site": {
            "name": job.site_name,
            "url": job.base_url,
            "postal_address": job.postal_address,
        },
        "words": said,
        **press.look(theme, rtl=said["dir"] == "rtl"),
    }


def _latest(
    job: LetterJob, issue: Issue, said: Mapping[str, Word], language: str, width: int
) -> dict[str, Any]:
    """What a letter may name of the latest issue, dates in the language of the letter."""
    setting = views.Setting(
        newsletter=job.newsletter,
        site_name=job.site_name,
        base_url=job.base_url,
        postal_address=job.postal_address,
        next_issue=issue.until,
        sheet_width=width,
        said=said,
        spoken=language,
    )
    named = views.view(replace(issue, language=language), setting)["issue"]
    lead = [named["lead"]] if named["lead"] else []
    rest = [story for section in named["sections"] for story in section["stories"]]
    return {
        **{name: named[name] for name in ("date", "number", "number_said", "web_url")},
        "stories": [*lead, *rest, *named["brief"]][:LATEST_STORIES],
    }


def _filled(text: str, *, title: str, days: int) -> str:
    # The title last: what a publisher calls a newsletter is nobody's placeholder.
    return text.replace("{days}", str(days)).replace("{title}", title)

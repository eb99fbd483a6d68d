"""Jobs to Editions that lint has read: one batch for one worker.  ~ world"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from digest.compose import lint, render
from digest.compose.lint import Finding
from digest.compose.render import Job
from digest.model import Edition


@dataclass(frozen=True, slots=True, kw_only=True)
class Proofread:
    edition: Edition
    findings: tuple[Finding, ...]


def proofread(jobs: Sequence[Job]) -> tuple[Proofread, ...]:
    """Render the editions of one issue and lint each against what it was to tell."""
    return tuple(
        Proofread(edition=edition, findings=_findings(edition, job))
        for job, edition in zip(jobs, render.editions(jobs), strict=True)
    )


def _findings(edition: Edition, job: Job) -> tuple[Finding, ...]:
    return lint.lint(
        edition,
        job.issue,
        job.newsletter,
        base_url=job.base_url,
        max_html_bytes=job.options.max_html_bytes,
        dkim_domain=job.dkim_domain,
    )

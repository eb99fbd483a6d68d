"""What preparing hands on: an Issue with its Editions, or the reason there is none. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from digest.choices import Choice
from digest.compose.lint import Finding
from digest.model import Edition, Issue, LeftOut, Newsletter


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """An issue ready to be released, or ``issue=None`` and the ``reason`` there is no mail.

    ``editions`` begins with the whole issue in the newsletter's language; ``choices`` says for
    every choice of the audience which edition serves it. ``findings`` holds what lint found, by
    edition key; ``notes`` what had to be left out of the mail itself (pictures, stories beyond
    the byte budget). ``settled``: the periods that had their issue already.
    """

    newsletter: Newsletter
    at: datetime
    issue: Issue | None = None
    reason: str | None = None
    left_out: tuple[LeftOut, ...] = ()
    editions: tuple[Edition, ...] = ()
    choices: Mapping[Choice, str] = field(default_factory=dict)
    findings: Mapping[str, tuple[Finding, ...]] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    settled: frozenset[str] = frozenset()

    def edition_for(self, choice: Choice) -> str:
        """The key of the edition that serves ``choice``; also one nobody had made when preparing.

        Raises IndexError where there is no edition.
        """
        whole = Choice.of((), choice.language)
        return self.choices.get(choice) or self.choices.get(whole) or self.editions[0].key

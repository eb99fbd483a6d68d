"""An issue and the templates as they are now to its proof: made anew when a file has changed."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from digest.compose.lint import Finding
from digest.compose.prepared import Prepared
from digest.compose.weigh import Weight, weigh
from digest.errors import DigestError
from digest.isolation import Isolate
from digest.model import Newsletter
from digest.services.publish import Imprint, job, typeset
from digest.slots import SLOT_CLOSE, SLOT_OPEN, SLOTS

# A reader who does not exist, so that a proof reads as a mail does.
READER = {
    "reader": "ada@example.org",
    "name": "Ada",
    "unsubscribe_url": "#unsubscribe",
    "preferences_url": "#preferences",
}
assert READER.keys() >= SLOTS


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """``html`` shows its pictures from ``/i``; no place of a reader is open any more."""

    stamp: str
    subject: str
    preheader: str
    html: str
    text: str
    html_bytes: int
    findings: tuple[Finding, ...]
    notes: tuple[str, ...]
    weights: tuple[Weight, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """Why there is no proof: one sentence that names file and line."""

    stamp: str
    words: str


class Proofs:
    """The proofs of one prepared issue. ``source``: in words, where its stories are from."""

    def __init__(
        self, prepared: Prepared, imprint: Imprint, *, source: str, isolate: Isolate
    ) -> None:
        assert prepared.issue is not None
        self._prepared = prepared
        self._issue = prepared.issue
        self._imprint = imprint
        self._isolate = isolate
        self._one_at_a_time = asyncio.Lock()
        self._made: dict[tuple[str, str], Proof | Trouble] = {}
        self.source = source
        self.newsletter: Newsletter = prepared.newsletter
        self.folders = imprint.templates
        self.media = imprint.media
        self.most_bytes = imprint.compose.max_html_bytes

    async def of(self, theme: str, language: str) -> Proof | Trouble:
        """The edition in a theme and a language, from the files as they are now."""
        async with self._one_at_a_time:
            now = await asyncio.to_thread(stamp, self.folders)
            found = self._made.get((theme, language))
            if found is None or found.stamp != now:
                found = await self._make(theme, language, now)
                self._made[theme, language] = found
            return found

    def themes(self) -> list[str]:
        return self._stems("themes")

    def languages(self) -> list[str]:
        return self._stems("words")

    def _stems(self, kind: str) -> list[str]:
        return sorted({path.stem for f in self.folders for path in (f / kind).glob("*.toml")})

    async def _make(self, theme: str, language: str, now: str) -> Proof | Trouble:
        dressed = replace(
            self._prepared,
            newsletter=replace(self.newsletter, theme=theme),
            issue=replace(self._issue, language=language),
        )
        assert dressed.issue is not None
        asked = job(dressed, self._imprint)
        try:
            made = await typeset(dressed, self._imprint, isolate=self._isolate)
            weights = await self._isolate(weigh, asked)
        except DigestError as error:
            return Trouble(stamp=now, words=str(error))
        return self._proof(made, weights, now)

    def _proof(self, made: Prepared, weights: tuple[Weight, ...], now: str) -> Proof:
        edition = made.editions[0]
        here = edition.html.replace(f"{self._imprint.base_url}/i/", "/i/")
        return Proof(
            stamp=now,
            subject=edition.subject,
            preheader=edition.preheader,
            html=filled(here),
            text=filled(edition.text),
            html_bytes=len(edition.html.encode()),
            findings=tuple(made.findings[edition.key]),
            notes=made.notes,
            weights=weights,
        )


def filled(text: str) -> str:
    """``text`` as Ada would get it."""
    for name, value in READER.items():
        text = text.replace(f"{SLOT_OPEN}{name}{SLOT_CLOSE}", value)
    return text


def stamp(folders: Sequence[Path]) -> str:
    """Changes when a file in ``folders`` is written, comes or goes."""
    seen = hashlib.sha256()
    for folder in folders:
        for path in sorted(folder.rglob("*")):
            try:
                told = path.stat()
            except OSError:  # gone between two looks
                continue
            if path.is_file():
                seen.update(f"{path}\0{told.st_mtime_ns}\0{told.st_size}\n".encode())
    return seen.hexdigest()[:16]

"""How a dispatch fares: one line that is redrawn on a terminal; on stderr, and only troubles
in a pipe."""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping
from dataclasses import replace
from typing import IO, Self

import click

from digest.deliver.office import Tally
from digest.deliver.progress import Progress

REDRAW = 0.2  # seconds
LULL = 5.0  # seconds over which the rate is measured


class Meter:
    """A context manager whose ``show`` and ``tell`` are a dispatch's. ``total`` 0: not known."""

    def __init__(
        self, total: int = 0, *, quiet: bool = False, stream: IO[str] | None = None
    ) -> None:
        self._total = total
        self._stream = stream or sys.stderr
        self._drawn = self._stream.isatty() and not quiet
        self._quiet = quiet
        self._at = 0.0
        self._marks: list[tuple[float, int]] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._drawn and self._at:
            click.echo("\r\x1b[K", file=self._stream, nl=False)

    def tell(self, trouble: str) -> None:
        """One sentence an operator should read now."""
        if not self._quiet:
            start = "\r\x1b[K" if self._drawn else ""
            click.echo(f"{start}digest: {trouble}", file=self._stream)

    def show(self, progress: Progress) -> None:
        now = time.monotonic()
        if not self._drawn or now - self._at < REDRAW:
            return
        self._at = now
        done = _done(progress)
        self._marks.append((now, done))
        while len(self._marks) > 2 and self._marks[0][0] < now - LULL:
            self._marks.pop(0)
        pace = _wait(progress) or self._pace(done)
        click.echo(f"\r\x1b[K{self._bar(done)}{line(progress)}{pace}", nl=False,
                   file=self._stream)  # fmt: skip

    def _bar(self, done: int) -> str:
        if not self._total:
            return ""
        filled = min(24, 24 * done // self._total)
        return "█" * filled + "░" * (24 - filled) + " "

    def _pace(self, done: int) -> str:
        (began, before), (now, _) = self._marks[0], self._marks[-1]
        rate = (done - before) / (now - began) if now > began else 0.0
        if rate <= 0:
            return ""
        left = (self._total - done) / rate if self._total > done else 0
        eta = f", {int(left // 60)}:{int(left % 60):02} to go" if left else ""
        return f", {rate:,.0f} a second{eta}"


def ended(states: Mapping[str, int]) -> Tally:
    """What came of one issue. ``states``: as storage/posting.py counts them."""
    return Tally(
        sent=states.get("sent", 0),
        later=states.get("queued", 0) + states.get("sending", 0),
        failed=states.get("failed", 0),
        skipped=sum(count for state, count in states.items() if state.startswith("skipped")),
        held=states.get("held", 0),
    )


def unfinished(progress: Progress) -> str:
    """Why something is left that could not leave; empty where nothing is.

    A relay's trouble alone is none of ours while others took all there was.
    """
    return "; ".join(progress.troubles) if progress.waiting else ""


def counted(progress: Progress) -> int:
    """How many deliveries a run speaks of."""
    tally = progress.tally
    return tally.sent + _later(progress) + tally.failed + tally.skipped + tally.held


def _later(progress: Progress) -> int:
    return progress.tally.later if progress.waiting is None else progress.waiting


def line(progress: Progress) -> str:
    """What came of a run, in one line."""
    return tally_line(replace(progress.tally, later=_later(progress)))


def tally_line(tally: Tally) -> str:
    held = f", {tally.held:,} held" if tally.held else ""
    return (
        f"{tally.sent:,} sent, {tally.later:,} to be tried again, {tally.failed:,} failed, "
        f"{tally.skipped:,} skipped{held}"
    )


def _wait(progress: Progress) -> str:
    until = progress.waits_until
    return f", goes on at {until:%H:%M} UTC" if until else ""


def _done(progress: Progress) -> int:
    tally = progress.tally
    return tally.sent + tally.failed + tally.skipped + tally.held

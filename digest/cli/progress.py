"""Source reports as they come: a bar on a terminal, plain lines in a pipe, both on stderr."""

from __future__ import annotations

import sys
from typing import IO, Self

import click

from digest.cli.counted import counted
from digest.model import SourceReport


class SourceProgress:
    """A context manager to hand to ``gather`` as its ``progress``."""

    def __init__(self, sources: int, *, quiet: bool, stream: IO[str] | None = None) -> None:
        self._total = sources
        self._done = 0
        self._quiet = quiet
        self._stream = stream or sys.stderr
        self._terminal = self._stream.isatty()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._terminal and not self._quiet and self._done:
            click.echo("\r\x1b[K", file=self._stream, nl=False)

    def __call__(self, report: SourceReport) -> None:
        self._done += 1
        if self._quiet:
            return
        line = source_line(report)
        if not self._terminal:
            click.echo(line, file=self._stream)
            return
        filled = 24 * self._done // max(1, self._total)
        bar = "█" * filled + "░" * (24 - filled)
        if report.error:
            click.echo(f"\r\x1b[K{line}", file=self._stream)
        click.echo(
            f"\r\x1b[K{bar} {self._done}/{self._total} {report.name[:32]}",
            file=self._stream,
            nl=False,
        )


def source_line(report: SourceReport) -> str:
    """One source in one line: name, status, how much it brought, what is wrong."""
    brought = f"{counted(report.items, 'item')}, {report.new:,} new"
    trouble = f"; {report.error}" if report.error else ""
    return f"  {report.name}: {report.status}, {brought}{trouble}"

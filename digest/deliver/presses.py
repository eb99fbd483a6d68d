"""Editions to what writes their messages, each compiled once and kept while it is used. Pure."""

from __future__ import annotations

from collections import OrderedDict
from datetime import UTC, datetime

from digest.deliver.message import compile_edition
from digest.deliver.postmark import Postmark
from digest.deliver.writer import Writer
from digest.model import Edition, Issue, NewsletterId

KEPT = 64  # editions


class Presses:
    """The writers of the editions that were used last, by issue and edition."""

    def __init__(self, kept: int = KEPT) -> None:
        self._kept = kept
        self._writers: OrderedDict[tuple[int, str], Writer] = OrderedDict()

    def get(self, issue: int, key: str) -> Writer | None:
        """The writer of an edition that was added, if it is still there."""
        known = self._writers.get((issue, key))
        if known is not None:
            self._writers.move_to_end((issue, key))
        return known

    def add(
        self, issue: int, edition: Edition, postmark: Postmark, *, cadence: str, period: str
    ) -> Writer:
        """Compile an edition; the one that was used longest ago makes room."""
        # A Message-ID is made of newsletter, cadence and period; nothing else of it is asked.
        epoch = datetime.min.replace(tzinfo=UTC)
        stub = Issue(
            newsletter=NewsletterId(postmark.newsletter.id),
            cadence=cadence,
            period=period,
            number=0,
            since=epoch,
            until=epoch,
            language="",
            subject="",
            preheader="",
            lead=None,
        )
        made = Writer(compile_edition(edition, postmark.letterhead), postmark, stub)
        self._writers[issue, edition.key] = made
        if len(self._writers) > self._kept:
            self._writers.popitem(last=False)
        return made

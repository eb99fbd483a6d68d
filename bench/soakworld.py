"""The world of the soak: a hand-set clock, feeds made up by the day, and the wire.

The wire is what left: a file for each life, a line for each message, written before the relay's
answer is on its way back. It is the world's, and survives who wrote it.
"""

from __future__ import annotations

import asyncio
import os
import random
import re
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from bench.soakboard import Board, Phase
from digest.collect.fetch import Ask, Failed, Fetched
from digest.deliver.feed import OVER, Feed
from digest.deliver.outcome import Accepted
from digest.deliver.relay import RelayOptions
from digest.deliver.transport import Outgoing
from digest.deliver.tray import Tray
from digest.errors import Temporary

STEP = timedelta(minutes=30)
CONNECTIONS = 4
ANSWERS = 0.001  # seconds until the relay's answer is there
DEAD, MOODY = 11, 10
SYLLABLES = "ba do ki lu me na po ri sa te vo wi za che fra gli sho tru pla ne".split()
_READER = re.compile(rb"unsubscribe/daily\.([\w-]+)\.")
_PERIOD = re.compile(rb"archive/daily/([0-9W-]+[0-9])")
_ID = re.compile(rb"Message-ID: <(\w+)@")


class Sighting(NamedTuple):
    """A message on the wire. ``at``: seconds of the hand-set clock."""

    named: str
    at: float
    life: int


Wire = dict[tuple[str, str], list[Sighting]]  # by (reader, period), in the order of their lives


class World:
    """Clock, network and wire of one life. ``down``: when the relay stops for a day."""

    def __init__(self, folder: Path, board: Board, life: int, down: datetime) -> None:
        self.now = datetime.fromtimestamp(board.now, UTC)
        self._board = board
        self._down = down
        path = folder / f"wire-{life}"
        self._wire = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

    def clock(self) -> datetime:
        return self.now

    @contextmanager
    def during(self, phase: Phase) -> Iterator[None]:
        """What is done meanwhile is done in that phase, as who kills is told."""
        self._board.phase = phase
        yield
        self._board.phase = Phase.BETWEEN

    async def fetch(self, ask: Ask) -> Fetched | Failed:
        number = int(ask.url.removeprefix("https://s").partition(".")[0])
        day = f"{self.now:%Y-%m-%d}"
        if number == DEAD or (number == MOODY and self.now.day % 2):
            return Failed(url=ask.url, status="503", reason="the server is not there")
        items = "".join(self._item(number, day, place) for place in range(2))
        body = f"<rss version='2.0'><channel><title>s{number}</title>{items}</channel></rss>"
        return Fetched(url=ask.url, body=body.encode(), content_type="application/rss+xml")

    def _item(self, number: int, day: str, place: int) -> str:
        dice = random.Random(f"{number} {day} {place}")
        title = _words(dice, 6).capitalize()
        text = " ".join(f"The {_words(dice, 14)} on {day}." for _ in range(9))
        date = self.now.strftime("%a, %d %b %Y 00:00:00 +0000")
        link = f"https://s{number}.example/{day}/{place}"
        return (
            f"<item><title>{title}</title><link>{link}</link><pubDate>{date}</pubDate>"
            f"<description>&lt;p&gt;{text}&lt;/p&gt;</description></item>"
        )

    async def carry(
        self, tray: Tray, _: RelayOptions, feed: Feed, opened: Callable[[], None]
    ) -> None:
        """A connection to the relay; see smtp.carry."""
        if self._down <= self.now < self._down + timedelta(days=1):
            raise Temporary("the relay is down")
        opened()
        more = asyncio.Event()
        while (message := feed.take(more.set)) is not OVER:
            if message is not None:
                feed.departing(message)
                feed.settle(message, await self._taken(message))
                continue
            if not tray.flying:
                tray.signal()  # else it is kept in a quarter of a second, 48 times a day
            await more.wait()
            more.clear()

    async def _taken(self, message: Outgoing) -> Accepted:
        if message.ref >= 0:  # else a letter
            found = [form.search(message.data) for form in (_READER, _PERIOD, _ID)]
            line = b" ".join([one[1] for one in found if one] + [b"%d" % self.now.timestamp()])
            os.write(self._wire, line + b"\n")
        await asyncio.sleep(ANSWERS)
        return Accepted(250, "2.0.0", "taken")


def wire(folder: Path) -> Wire:
    """Everything that ever left, of every life."""
    found: Wire = defaultdict(list)
    lives = sorted(int(path.name.partition("-")[2]) for path in folder.glob("wire-*"))
    for life in lives:
        with (folder / f"wire-{life}").open() as lines:
            for line in lines:
                reader, period, named, at = line.split()
                found[reader, period].append(Sighting(named, float(at), life))
    return found


def _words(dice: random.Random, count: int) -> str:
    return " ".join("".join(dice.choices(SYLLABLES, k=3)) for _ in range(count))

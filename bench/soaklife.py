"""One life of the soak: the parts of `digest run` under a clock that jumps half an hour at a time.

Its network is twelve feeds made up by the day, its relay a log: one line for each message.
"""

from __future__ import annotations

import hashlib
import logging
import os
import random
import re
import sys
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Protocol

from sqlalchemy import Connection, select

from bench.stage import run
from digest import logs
from digest.collect.fetch import Ask, Failed, Fetched
from digest.config.load import load_text
from digest.config.settings import Settings
from digest.deliver import journal
from digest.deliver.allowance import Lane
from digest.deliver.lines import Lines
from digest.deliver.outcome import Accepted
from digest.deliver.relay import RelayOptions
from digest.deliver.singly import singly
from digest.deliver.transport import Outgoing
from digest.deliver.tray import Tray
from digest.errors import Temporary
from digest.isolation import Workers
from digest.scheduler import rounds
from digest.scheduler.issues import Issues
from digest.services import feedback, membership, release
from digest.services.dispatch import Dispatch, nothing_due
from digest.services.issue_office import IssueOffice, Rules
from digest.services.letters import LetterOffice
from digest.storage.database import Store
from digest.storage.schema import subscribers, subscriptions
from digest.web.pulse import resident_bytes
from digest.wiring import Tools, letter_desk, post
from digest.wiring import bounces as coming_back
from subscribers.acts import Leave
from subscribers.model import By, SubscriberId

RING = (b"soak" * 10,)
STEP = timedelta(minutes=30)
SOURCES, DEAD, MOODY = 12, 11, 10
ZONES = (
    "Europe/London", "Europe/Berlin", "Europe/Athens", "Europe/Moscow", "Asia/Kolkata",
    "Asia/Kathmandu", "Asia/Tokyo", "Asia/Shanghai", "Australia/Adelaide", "Australia/Sydney",
    "Pacific/Auckland", "Pacific/Kiritimati", "Pacific/Apia", "America/New_York", "America/Chicago",
    "America/Denver", "America/Los_Angeles", "America/St_Johns", "America/Sao_Paulo",
    "Africa/Cairo",
)  # fmt: skip
CONFIG = """
[site]
name = "Soak"
base_url = "https://soak.example"
postal_address = "1 Ferry Steps"
[newsletters.daily]
title = "The Quayside"
sender = "The Quayside <digest@soak.example>"
timezone = "Europe/London"
offers = ["weekly"]
[compose]
pictures = false
"""
SYLLABLES = "ba do ki lu me na po ri sa te vo wi za che fra gli sho tru pla ne".split()
_READER = re.compile(rb"unsubscribe/daily\.([\w-]+)\.")
_PERIOD = re.compile(rb"archive/daily/([0-9W-]+[0-9])")
_ID = re.compile(rb"Message-ID: <(\w+)@")


class Tells(Protocol):
    """See soak.Shared."""

    @property
    def told(self) -> tuple[float, float, float]: ...
    def tell(self, now: float, resident: float) -> None: ...


def settings_in(folder: Path) -> Settings:
    sources = "\n".join(
        f'[[collect.sources]]\nlocation = "https://s{n}.example/feed.xml"\nname = "Source {n}"'
        for n in range(SOURCES)
    )
    return load_text(CONFIG + sources, folder / "config.toml", {}).settings


def prepare(folder: Path, count: int, begin: datetime, dice: random.Random) -> None:
    """A database with ``count`` people in twenty zones, half of them with an hour of their own."""
    people, held = [], []
    for number in range(count):
        name = hashlib.sha256(str(number).encode()).hexdigest()[:24]
        address = f"reader{number}@example.org"
        hour = (
            f"{dice.randrange(24):02}:{dice.choice(('00', '30'))}" if dice.random() < 0.5 else None
        )
        people.append(
            {"id": name, "address": address, "address_key": address, "name": "", "language": "en",
             "timezone": ZONES[number % len(ZONES)], "standing": "ok"}
        )  # fmt: skip
        held.append(
            {"subscriber": name, "newsletter": "daily", "status": "active",
             "cadence": "weekly" if dice.random() < 0.2 else "daily", "topics": [], "hour": hour,
             "joined_at": begin, "confirmed_at": begin}
        )  # fmt: skip

    def fill(tx: Connection) -> None:
        tx.execute(subscribers.insert(), people)
        tx.execute(subscriptions.insert(), held)

    async def filled() -> None:
        store = await Store.open(settings_in(folder).storage.url)
        await store.write(fill)
        await store.close()

    pid = os.fork()  # threads stay behind in the child: what forks later must have none
    if not pid:
        run(filled())
        os._exit(0)
    if os.waitpid(pid, 0)[1]:
        raise SystemExit("the database could not be filled")


class Life:
    """The world of one life: clock, network and wire."""

    def __init__(self, folder: Path, shared: Tells, down: float) -> None:
        self.now = datetime.fromtimestamp(shared.told[0], UTC)
        self._down = datetime.fromtimestamp(down, UTC)
        self._wire = os.open(folder / "wire", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

    def clock(self) -> datetime:
        return self.now

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

    async def relay(self, message: Outgoing) -> Accepted:
        if self._down <= self.now < self._down + timedelta(days=1):
            raise Temporary("the relay is down")
        data = message.data
        reader, period, named = _READER.search(data), _PERIOD.search(data), _ID.search(data)
        if reader and period and named:  # else a letter
            line = b" ".join((reader[1], period[1], named[1], b"%d" % self.now.timestamp()))
            os.write(self._wire, line + b"\n")
        return Accepted(250, "2.0.0", "taken")


def _words(dice: random.Random, count: int) -> str:
    return " ".join("".join(dice.choices(SYLLABLES, k=3)) for _ in range(count))


async def live(folder: Path, shared: Tells, *, end: float, down: float) -> None:
    """From where the last life was to ``end``, half an hour at a time."""
    life, settings = Life(folder, shared, down), settings_in(folder)
    logs.set_up(sys.stderr, clock=life.clock, level=logging.ERROR)
    store = await Store.open(settings.storage.url)
    async with Workers(count=1, seconds=60) as isolate:
        tools = Tools(
            store=store, isolate=isolate, clock=life.clock, dice=random.random, fetch=life.fetch
        )
        made = Issues(settings, tools, RING)
        await release.finish(store, clock=life.clock)
        while life.now.timestamp() < end:
            await rounds.gather(settings, tools)
            await made.make_due()
            await _dispatch(settings, tools, life).run(nothing_due)
            if life.now.hour == 12 and life.now.minute < 30:
                await _churn(store, life.now)
                await rounds.keep_house(settings, tools)
            shared.tell((life.now + STEP).timestamp(), resident_bytes() / 1e6)
            life.now += STEP
    await store.close()


async def _churn(store: Store, now: datetime) -> None:
    """A few people leave, the same ones however often this noon is lived through."""
    dice = random.Random(f"{now:%Y-%m-%d}")
    asked = select(subscriptions.c.subscriber).order_by(subscriptions.c.subscriber)
    everybody = await store.read(lambda tx: list(tx.execute(asked).scalars()))
    for name in dice.sample(everybody, max(1, len(everybody) // 500)):
        await membership.act_on(
            store, SubscriberId(name), "daily", Leave(), by=By.READER, clock=lambda: now
        )


def _dispatch(settings: Settings, tools: Tools, life: Life) -> Dispatch:
    desk = letter_desk(settings, RING)
    blame = partial(
        feedback.refused, acts=coming_back.acts(RING), rules=coming_back.bounce_rules(settings)
    )
    letters = LetterOffice(tools.store, desk, isolate=tools.isolate, blame=blame, dice=tools.dice)
    issues = IssueOffice(tools.store, desk.postmarks, rules=Rules(), blame=blame, dice=tools.dice)
    ways = [(RelayOptions(name="wire", host="", max_connections=4), Lane(name="wire"))]

    def open_lines(tray: Tray) -> Lines:
        return Lines(
            ways,
            post.domains(settings, tools.clock()),
            tray,
            carry=singly(life.relay),
            clock=tools.clock,
            tell=lambda _: None,
        )

    return Dispatch(
        [letters, issues],
        journal.take_over(settings.folder / "journals"),
        open_lines,
        clock=tools.clock,
        drain_seconds=5,
    )

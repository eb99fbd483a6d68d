"""The people of the soak: who is there at first, who joins, who confirms, who leaves."""

from __future__ import annotations

import hashlib
import os
import random
from datetime import datetime, time
from pathlib import Path

from sqlalchemy import Connection, select

from bench.stage import run
from digest.config.load import load_text
from digest.config.settings import Settings
from digest.services import membership
from digest.services.membership import Profile
from digest.storage.database import Store
from digest.storage.schema import subscribers, subscriptions
from subscribers.acts import Confirm, Join, Leave
from subscribers.address import Address
from subscribers.model import By, SubscriberId

RING = (b"soak" * 10,)
SOURCES = 12
ZONES = (
    "Europe/London", "Europe/Berlin", "Europe/Athens", "Europe/Moscow", "Asia/Kolkata",
    "Asia/Kathmandu", "Asia/Tokyo", "Asia/Shanghai", "Australia/Adelaide", "Australia/Sydney",
    "Pacific/Auckland", "Pacific/Kiritimati", "Pacific/Apia", "America/New_York", "America/Chicago",
    "America/Denver", "America/Los_Angeles", "America/St_Johns", "America/Sao_Paulo",
    "Africa/Cairo",
)  # fmt: skip
KEPT = 30  # days that deliveries are kept, so that the soak sees them go
CONFIG = f"""
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
[storage.keep]
deliveries_days = {KEPT}
letters_days = {KEPT}
texts_days = 60
"""
A_DAY = 500  # one in so many leaves each day, and as many join
FORGETFUL = 5  # one in so many who join never confirms


def settings_in(folder: Path) -> Settings:
    sources = "\n".join(
        f'[[collect.sources]]\nlocation = "https://s{n}.example/feed.xml"\nname = "Source {n}"'
        for n in range(SOURCES)
    )
    return load_text(CONFIG + sources, folder / "config.toml", {}).settings


def prepare(folder: Path, count: int, begin: datetime, dice: random.Random) -> None:
    """A database with ``count`` people in twenty zones, half of them with an hour of their own."""
    people: list[dict[str, object]] = []
    held: list[dict[str, object]] = []
    for number in range(count):
        name = hashlib.sha256(str(number).encode()).hexdigest()[:24]
        address = f"reader{number}@example.org"
        hour = f"{_hour(dice):%H:%M}" if dice.random() < 0.5 else None
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


async def churn(store: Store, now: datetime) -> None:
    """A noon: some leave, some join, and who joined the day before confirms or forgets to.

    The same people however often this noon is lived through.
    """
    dice = random.Random(f"{now:%Y-%m-%d}")
    count = max(1, len(await _with_status(store, "active")) // A_DAY)
    for who in await _with_status(store, "pending"):
        if random.Random(who).randrange(FORGETFUL):
            await membership.act_on(
                store, SubscriberId(who), "daily", Confirm(), by=By.READER, clock=lambda: now
            )
    for _ in range(count):
        await _join(store, f"{now:%Y%m%d}-{dice.randrange(10**9)}", now, dice)
    for who in dice.sample(await _with_status(store, "active"), count):
        await membership.act_on(
            store, SubscriberId(who), "daily", Leave(), by=By.READER, clock=lambda: now
        )


async def _join(store: Store, name: str, now: datetime, dice: random.Random) -> None:
    terms = Join(
        newsletter="daily",
        cadence=dice.choice(("daily", "weekly")),
        hour=dice.choice((None, _hour(dice))),
    )
    profile = Profile(
        address=Address.parse(f"late.{name}@example.org"), timezone=dice.choice(ZONES)
    )
    await membership.join(store, profile, terms, by=By.READER, ring=RING, clock=lambda: now)


async def _with_status(store: Store, status: str) -> list[str]:
    asked = (
        select(subscriptions.c.subscriber)
        .where(subscriptions.c.status == status)
        .order_by(subscriptions.c.subscriber)
    )
    return await store.read(lambda tx: list(tx.execute(asked).scalars()))


def _hour(dice: random.Random) -> time:
    return time(dice.randrange(24), dice.choice((0, 30)))

"""A real server over a real database, on a port of its own; and a client that keeps nothing."""

from __future__ import annotations

import asyncio
import email
import email.policy
import re
import socket
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import aiohttp
import uvicorn
from sqlalchemy import Table, select

from digest import worker
from digest.config.load import load_text
from digest.config.settings import Settings
from digest.isolation import Workers
from digest.model import Edition, NewsletterId
from digest.services.dispatch import nothing_due
from digest.slots import slot
from digest.storage import issues, reviews
from digest.storage import schema as tables
from digest.storage.database import Store
from digest.web.app import application
from digest.web.hooks import Hooks
from digest.web.members import Member, Members
from digest.wiring import Means
from subscribers import tokens
from subscribers.model import SubscriberId
from subscribers.tokens import Purpose
from tests import ready
from tests.builders import NOW
from tests.compose.desk import a_paper

RING = (b"a key of the tests, long enough to sign",)
CONFIG = """\
[site]
name = "Harrow Quay Library"
base_url = "https://quayside.example"
postal_address = "1 Ferry Steps"

[newsletters.daily]
title = "The Quayside"
tagline = "Harrow Quay, every morning"
sender = "The Quayside <digest@quayside.example>"
offers = ["weekdays", "weekly"]
sections = [
    { topic = "harbour", title = "Harbour and sea" },
    { topic = "town", title = "Town hall" },
]

[[collect.sources]]
location = "sample:"

"""


class Hand:
    """A clock that stands until it is set."""

    def __init__(self, at: datetime = NOW) -> None:
        self.at = at

    def __call__(self) -> datetime:
        return self.at

    def forward(self, **by: float) -> None:
        self.at += timedelta(**by)


class Announced(uvicorn.Server):
    """A server that says when it listens, and goes when it is told, not at its next tenth of a
    second: there are hundreds of them."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.up = asyncio.Event()
        self._told = asyncio.Event()

    def leave(self) -> None:
        self.should_exit = True
        self._told.set()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.up.set()

    async def main_loop(self) -> None:
        await self.on_tick(0)
        await self._told.wait()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        for server in self.servers:
            server.close()
        await asyncio.sleep(0)  # those who hung up are noticed
        if self.server_state.connections or self.server_state.tasks:
            await super().shutdown(sockets)


def ignore(_: object) -> None:
    pass


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    text: str
    headers: Any


@dataclass(frozen=True, slots=True, kw_only=True)
class House:
    """One running site."""

    url: str
    members: Members
    store: Store
    clock: Hand
    session: aiohttp.ClientSession
    settings: Settings
    ring: Sequence[bytes] = RING

    async def mail(self) -> dict[str, EmailMessage]:
        """Send what is owed as ``digest letters send`` does, and read the Maildir: kind to mail."""
        folder = self.settings.folder / "maildir"
        async with Workers(seconds=60) as isolate:
            means = Means(store=self.store, isolate=isolate, clock=self.clock, dice=dice)
            progress, _ = await worker.work(
                self.settings, means, self.ring, until=nothing_due, only_letters=True
            )
        assert progress.troubles == []
        found = (folder / "new").glob("*")
        return {path.name.split("-")[0]: parse(path.read_bytes()) for path in found}

    async def get(self, path: str, method: str = "GET", **asked: Any) -> Answer:
        async with self.session.request(
            method, self.url + path, allow_redirects=False, **asked
        ) as got:
            return Answer(got.status, await got.text(), got.headers)

    async def post(self, path: str, data: Any = None, **asked: Any) -> Answer:
        return await self.get(path, "POST", data=data, **asked)

    async def stamp(self) -> str:
        """The stamp of a fresh form, after the time a person takes to fill it in."""
        found = re.search(r'name="stamp" value="([^"]+)"', (await self.get("/")).text)
        assert found
        self.clock.forward(seconds=5)
        return found[1]

    async def join(self, email: str, ip: str = "192.0.2.1", **fields: str) -> Answer:
        given = {"newsletter": "daily", "email": email, "stamp": await self.stamp(), **fields}
        return await self.post("/subscribe", given, headers={"X-Forwarded-For": ip})

    async def member(self, email: str = "ada@example.org") -> SubscriberId:
        """Someone who joined and confirmed."""
        await self.join(email)
        who = (await self.letters())[-1].subscriber
        await self.post(link(Purpose.CONFIRM, who))
        return who

    async def find(self, who: SubscriberId) -> Member:
        found = await self.members.find(who, NewsletterId("daily"))
        assert found
        return found

    async def status(self, who: SubscriberId) -> str:
        return (await self.find(who)).subscription.status.value

    async def letters(self) -> list[Any]:
        """Every letter that is owed, oldest first."""
        return await self.rows(tables.letters, tables.letters.c.id)

    async def people(self) -> list[Any]:
        return await self.rows(tables.subscribers, tables.subscribers.c.address)

    async def joins(self) -> list[Any]:
        """What the consent log says of joins."""
        rows = await self.rows(tables.consent_log, tables.consent_log.c.at)
        return [row for row in rows if row.act == "join"]

    async def rows(self, table: Table, order: Any) -> list[Any]:
        return await self.store.read(
            lambda tx: list(tx.execute(select(table).order_by(order)).all())
        )


def dice() -> float:
    return 0.5


async def shelve(site: House, count: int, newsletter_id: str = "daily") -> None:
    """Release ``count`` daily issues, the last of them now, No. 412."""
    for number in range(413 - count, 413):
        until = site.clock() - timedelta(days=412 - number)
        issue = a_paper(13, until=until, number=number, period=f"{until:%Y-%m-%d}")
        issue = replace(issue, newsletter=NewsletterId(newsletter_id))
        await site.store.write(issues.freeze, issue, (), state="released", at=until)


def parse(raw: bytes) -> EmailMessage:
    message = email.message_from_bytes(raw, policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    return message


def link(purpose: Purpose, who: SubscriberId, key: bytes = RING[0]) -> str:
    return f"/{purpose.value}/daily.{tokens.make(key, purpose, who, 'daily')}"


def settings_in(folder: Path, web: str) -> Settings:
    return load_text(f"{CONFIG}[web]\n{web}", folder / "config.toml", {}).settings


@asynccontextmanager
async def house(
    folder: Path,
    web: str = "proof_of_work = false\n",
    heard: Hooks | None = None,
    *,
    ring: Sequence[bytes] = RING,
    metrics_token: str = "",
    patience: float = 15,
    **known: Any,
) -> AsyncIterator[House]:
    settings = settings_in(folder, web)
    settings = replace(settings, web=replace(settings.web, **known))
    ready.sqlite(settings.folder / "digest.db")
    store, clock = await Store.open(settings.storage.url, patience=patience), Hand()
    app = application(
        settings, store=store, ring=ring, clock=clock, heard=heard, metrics_token=metrics_token
    )
    members = Members(store=store, ring=ring, clock=clock)
    listening = socket.socket()
    listening.bind(("127.0.0.1", 0))
    server = Announced(
        uvicorn.Config(
            app,
            log_config=None,
            access_log=False,
            lifespan="off",
            http="h11",
            proxy_headers=False,
            timeout_graceful_shutdown=1,
        )
    )
    serving = asyncio.create_task(server.serve(sockets=[listening]))
    await server.up.wait()
    try:
        async with aiohttp.ClientSession() as session:
            yield House(
                url=f"http://127.0.0.1:{listening.getsockname()[1]}",
                members=members,
                store=store,
                clock=clock,
                session=session,
                settings=settings,
                ring=ring,
            )
    finally:
        server.leave()
        await serving
        await store.close()


async def waiting_issue(site: House, more: str = "") -> int:
    """The number of an issue that waits for the editor."""
    made = Edition(
        key="en", language="en", subject="s", preheader="", html="",
        text=f"TOP STORY\nFor {slot('name')}, of the gates <b>{more}",
    )  # fmt: skip

    def freeze(tx):
        until = site.clock()
        number = issues.freeze(tx, a_paper(3, until=until), (made,), state="draft", at=until)
        assert number
        reviews.add(tx, number, until, until + timedelta(hours=2))
        return number

    found: int = await site.store.write(freeze)
    return found

"""A folder with readers and a released issue, and workers of it that are forked to be killed.

A life is a process that does what ``digest work`` does. It is forked from one that has imported
everything and has neither threads nor a loop, so it begins in a few milliseconds: two hundred
deaths are a minute's work.
"""

from __future__ import annotations

import asyncio
import os
import random
import traceback
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import NoReturn, TypeVar

from sqlalchemy import Connection, func, select

from bench.paper import edition, the_post
from digest import worker
from digest.clock import clock_at
from digest.compose.prepared import Prepared
from digest.config import secret
from digest.config.load import load_for
from digest.config.settings import Settings
from digest.deliver.office import Outlook
from digest.services import enrolment, membership, pacing, release
from digest.services.enrolment import Terms
from digest.storage import desk
from digest.storage.database import Store
from digest.storage.desk import Fate
from digest.storage.postal import deliveries
from digest.storage.schema import subscribers, subscriptions
from digest.wiring import Tools
from subscribers.acts import Leave
from subscribers.address import Address
from subscribers.model import By, SubscriberId
from subscribers.roster import Row

T = TypeVar("T")

CONNECTIONS = 16
BATCH = 5_000
EVERYTHING = ("queued", "sending", "sent", "failed", "skipped", "held")
UNFINISHED = 3  # a life's exit code: it ended, and something is left to do
CONFIG = """
[site]
name = "Bench"
base_url = "https://quayside.example"
postal_address = "1 Bench Road"
[newsletters.daily]
title = "The Quayside"
sender = "The Quayside <digest@quayside.example>"
[[collect.sources]]
location = "sample:"
[deliver]
transport = "smtp"
first_retry_seconds = 0.05
[[deliver.relays]]
name = "sink"
host = "{host}"
port = {port}
tls = "none"
max_connections = {connections}
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """A folder that is set up, and the issue that is on its way from it."""

    settings: Settings
    ring: tuple[bytes, ...]
    port: int  # of the sink
    issue: int = 0


def address(number: int) -> str:
    return f"reader{number}@mail{number % 997}.example"


def furnish(folder: Path, host: str, port: int, url: str = "") -> Desk:
    """A configuration that sends to the sink at ``host`` and ``port``."""
    text = CONFIG.format(host=host, port=port, connections=CONNECTIONS)
    (folder / "config.toml").write_text(text)
    if url:
        os.environ["DIGEST_DATABASE_URL"] = url  # it may hold a password
    settings = load_for(folder / "config.toml").settings
    return Desk(settings=settings, ring=secret.make_and_read(settings.folder), port=port)


def people(desk_: Desk, count: int) -> None:
    """So many readers who have agreed, as an import adds them."""
    terms = Terms(
        newsletter="daily",
        cadence="daily",
        language="en",
        timezone="UTC",
        vouched=True,
        ring=desk_.ring,
    )

    async def add(store: Store) -> None:
        for first in range(0, count, BATCH):
            numbers = range(first, min(first + BATCH, count))
            rows = [Row(address=Address.parse(address(n)), name=f"Reader {n}") for n in numbers]
            await enrolment.enrol(store, rows, terms, clock=clock_at(None))

    in_store(desk_, add)


def prepared(desk_: Desk) -> Prepared:
    """An issue of 41 KB a message, ready to be released."""
    now = datetime.now(UTC)
    _, _, issue = the_post()
    newsletter = desk_.settings.newsletters["daily"]
    return Prepared(newsletter=newsletter, at=now, issue=issue, editions=(edition(),))


def publish(desk_: Desk, of: Prepared) -> release.Released:
    return in_store(desk_, lambda store: release.release(store, of, clock=clock_at(None)))


def begin(desk_: Desk) -> int:
    """A new life, which works until nothing is left to do or nothing more can be done: its pid."""
    return forked(lambda: worker.run(_live(desk_)))


def forked(work: Callable[[], int]) -> int:
    """A child that does ``work`` and ends with what it answers: its pid."""
    pid = os.fork()
    if not pid:
        _only(work)
    return pid


def _only(work: Callable[[], int]) -> NoReturn:
    code = 70
    try:
        random.seed()
        code = work()
    except BaseException:  # noqa: BLE001 -- a child must never come back into its parent's work
        traceback.print_exc()
    finally:
        os._exit(code)


async def _live(desk_: Desk) -> int:
    def over(outlook: Outlook, stuck: bool) -> bool:
        return stuck or not outlook.queued

    store = await Store.open(desk_.settings.storage.url)
    try:
        tools = Tools(
            store=store, fetch=_nothing, isolate=_nothing, clock=clock_at(None), dice=random.random
        )
        progress, _ = await worker.work(desk_.settings, tools, desk_.ring, until=over)
    finally:
        await store.close()
    return UNFINISHED if progress.waiting else 0


async def _nothing(*_: object) -> NoReturn:
    raise AssertionError("an issue that is released needs neither the network nor a workshop")


def leave(desk_: Desk, wanted: int, states: Sequence[str]) -> list[str]:
    """So many of those who are in ``states`` leave, by their own act: their addresses."""

    async def go(store: Store) -> list[str]:
        chosen = await store.read(_some, desk_.issue, wanted, states)
        for who, _ in chosen:
            await membership.act_on(
                store, SubscriberId(who), "daily", Leave(), by=By.READER, clock=clock_at(None)
            )
        return [at for _, at in chosen]

    return in_store(desk_, go)


def mend(desk_: Desk) -> None:
    """What an operator does when the relay has refused us: ask it to take us again."""

    async def again(store: Store) -> None:
        for name, circuit in (await pacing.known(store)).items():
            if circuit.paused:
                await pacing.resume(store, name, datetime.now(UTC))

    in_store(desk_, again)


def fates(desk_: Desk) -> list[Fate]:
    """What became of everybody."""
    return in_store(
        desk_, lambda store: store.read(desk.fates, desk_.issue, EVERYTHING, 10_000_000)
    )


def in_store(desk_: Desk, ask: Callable[[Store], Awaitable[T]]) -> T:
    async def asked() -> T:
        store = await Store.open(desk_.settings.storage.url)
        try:
            return await ask(store)
        finally:
            await store.close()

    return asyncio.run(asked())


def _some(tx: Connection, issue: int, wanted: int, states: Sequence[str]) -> list[tuple[str, str]]:
    asked = (
        select(deliveries.c.subscriber, subscribers.c.address)
        .join(subscribers, subscribers.c.id == deliveries.c.subscriber)
        .join(subscriptions, subscriptions.c.subscriber == deliveries.c.subscriber)
        .where(
            deliveries.c.issue == issue,
            deliveries.c.state.in_(states),
            subscriptions.c.status == "active",
        )
        .order_by(func.random())
        .limit(wanted)
    )
    return [(row.subscriber, row.address) for row in tx.execute(asked)]

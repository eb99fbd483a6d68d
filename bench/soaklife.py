"""One life of the soak: the rounds of `digest run` under a clock that jumps half an hour at a time.

What goes wrong in a round is noted, and the next one tries again, as the clockwork does it.
"""

from __future__ import annotations

import contextlib
import logging
import random
import sqlite3
import sys
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

from sqlalchemy import Connection, text

from bench import soakpeople
from bench.soakboard import Board, Phase
from bench.soakpeople import RING, settings_in
from bench.soakworld import CONNECTIONS, STEP, World
from digest import logs
from digest.config.settings import Settings
from digest.deliver import journal
from digest.deliver.allowance import Lane
from digest.deliver.lines import Lines
from digest.deliver.relay import RelayOptions
from digest.deliver.tray import Tray
from digest.errors import DigestError
from digest.isolation import Workers
from digest.scheduler import rounds
from digest.scheduler.issues import Issues
from digest.services import feedback, publish, release  # noqa: F401 -- publish: before the fork
from digest.services.dispatch import Dispatch, nothing_due
from digest.services.issue_office import IssueOffice, Rules
from digest.services.letters import LetterOffice
from digest.storage import retention
from digest.storage.database import Store
from digest.web.pulse import resident_bytes
from digest.wiring import Tools, letter_desk, post
from digest.wiring import bounces as coming_back

_ROWS = "issue, subscriber, state, skip, due_at, expires_at, settled_at"


async def live(folder: Path, board: Board, *, life: int, end: float, down: datetime) -> None:
    """From where the last life was to ``end``, half an hour at a time."""
    world, settings = World(folder, board, life, down), settings_in(folder)
    logs.set_up(sys.stderr, clock=world.clock, level=logging.CRITICAL)
    store = await Store.open(settings.storage.url)
    async with Workers(count=1, seconds=60) as isolate:
        tools = Tools(
            store=store, isolate=isolate, clock=world.clock, dice=random.random, fetch=world.fetch
        )
        await release.finish(store, clock=world.clock)
        made = Issues(settings, tools, RING)
        rested = world.now + timedelta(days=1)
        while world.now.timestamp() < end:
            await _step(folder, board, world, settings, tools, made)
            world.now += STEP
            board.rss_last = resident_bytes() / 1e6
            if world.now <= rested:
                board.rss_first = board.rss_last
            board.now = world.now.timestamp()
    await store.close()


async def _step(
    folder: Path, board: Board, world: World, settings: Settings, tools: Tools, made: Issues
) -> None:
    if world.now.hour == 12 and world.now.minute < 30:
        with _borne(board), world.during(Phase.HOUSE):
            await soakpeople.churn(tools.store, world.now)
            await _keep_rows(folder, settings, tools)
            await rounds.keep_house(settings, tools)
        with (folder / "sizes").open("a") as sizes:
            sizes.write(f"{(folder / 'digest.db').stat().st_size / 1e6:.1f}\n")
    with _borne(board), world.during(Phase.GATHER):
        await rounds.gather(settings, tools)
    with _borne(board), world.during(Phase.MAKE):
        await made.make_due()
    with _borne(board), world.during(Phase.SEND):
        await _dispatch(settings, tools, world, partial(_note, board)).run(nothing_due)


@contextlib.contextmanager
def _borne(board: Board) -> Iterator[None]:
    try:
        yield
    except (DigestError, OSError, sqlite3.Error) as error:
        _note(board, str(error))


def _note(board: Board, why: str) -> None:
    board.troubles += 1
    print(f"a round was stopped: {why}", file=sys.stderr)


async def _keep_rows(folder: Path, settings: Settings, tools: Tools) -> None:
    """What the house lets go of next, for the audit: a copy beside the database, whole or not."""
    before = tools.clock() - timedelta(days=settings.storage.keep.deliveries_days)
    for issue in await tools.store.read(retention.finished, before):
        rows = await tools.store.read(_rows, issue)
        with contextlib.closing(kept(folder)) as copy, copy:
            copy.executemany("insert or replace into kept values (?, ?, ?, ?, ?, ?, ?)", rows)


def _rows(tx: Connection, issue: int) -> list[tuple[object, ...]]:
    asked = text(f"select {_ROWS} from deliveries where issue = :issue")
    return [tuple(row) for row in tx.execute(asked, {"issue": issue})]


def kept(folder: Path) -> sqlite3.Connection:
    """The rows that were let go of."""
    copy = sqlite3.connect(folder / "kept.db")
    copy.execute(f"create table if not exists kept ({_ROWS}, primary key (issue, subscriber))")
    return copy


def _dispatch(
    settings: Settings, tools: Tools, world: World, tell: Callable[[str], None]
) -> Dispatch:
    desk = letter_desk(settings, RING)
    blame = partial(
        feedback.refused, acts=coming_back.acts(RING), rules=coming_back.bounce_rules(settings)
    )
    letters = LetterOffice(tools.store, desk, isolate=tools.isolate, blame=blame, dice=tools.dice)
    issues = IssueOffice(tools.store, desk.postmarks, rules=Rules(), blame=blame, dice=tools.dice)
    ways = [(RelayOptions(name="wire", host="", max_connections=CONNECTIONS), Lane(name="wire"))]

    def open_lines(tray: Tray) -> Lines:
        return Lines(
            ways,
            post.domains(settings, tools.clock()),
            tray,
            carry=partial(world.carry, tray),
            clock=tools.clock,
            tell=lambda _: None,
        )

    return Dispatch(
        [letters, issues],
        journal.take_over(settings.folder / "journals"),
        open_lines,
        clock=tools.clock,
        tell=tell,
    )

"""What the soak left behind: everybody's due, from calendar and memberships, against rows and wire.

What a row says must be so: who is skipped as left has left by then, what is stale or still queued
was held up by the relay's day off, the latter in the last day, or is due in the last step.
"""

from __future__ import annotations

import contextlib
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import takewhile
from pathlib import Path
from typing import NamedTuple

from sqlalchemy import Connection, func, select

from bench import soaklife, soakpeople, soakworld
from bench.soakworld import CONNECTIONS, STEP, Sighting, Wire
from bench.stage import run
from digest import periods
from digest.model import Newsletter
from digest.periods import Turn
from digest.services import calendar
from digest.storage.database import Store
from digest.storage.moments import at_tick
from digest.storage.postal import deliveries, misses, tallies
from digest.storage.schema import issues, subscriptions

Deaths = dict[int, float]  # of lives: what their clock showed when they were killed
SHOWN = 20  # of the unexplained, on stderr


class Member(NamedTuple):
    """Somebody who confirmed, and until when they stayed."""

    id: str
    cadence: str
    since: datetime
    until: datetime | None

    def at(self, moment: datetime) -> bool:
        return self.since <= moment and (self.until is None or moment < self.until)


class Row(NamedTuple):
    """A delivery, let go of or not."""

    state: str
    skip: str | None
    due_at: datetime
    expires_at: datetime
    settled_at: datetime | None


class Made(NamedTuple):
    """An issue."""

    id: int
    created_at: datetime
    released_at: datetime


@dataclass(slots=True)
class Audit:
    """Counts as they come. ``down``: when the relay's day off began."""

    wire: Wire
    deaths: Deaths
    end: datetime
    down: datetime
    once: int = 0
    explained: Counter[str] = field(default_factory=Counter)  # by what a row says
    rows: int = 0
    unexplained: int = 0
    doubted: Counter[int] = field(default_factory=Counter)  # by the life that was killed

    def hold(self, who: Member, turn: Turn, row: Row | None) -> None:
        """One person's issue that was made."""
        sent = self.wire.pop((who.id, turn.period), [])
        if row is None:
            self.fail(who.id, turn.period, f"no row, {len(sent)} on the wire")
        elif len(sent) == 1 and row.state == "sent" and _in_time(row, sent[0]):
            self.once += 1
        elif self._is_so(who, row, sent):
            self.explained[row.skip or ("twice" if row.state == "sent" else row.state)] += 1
        else:
            self.fail(who.id, turn.period, f"{row} {sent}")

    def fail(self, who: str, period: str, why: str) -> None:
        self.unexplained += 1
        if self.unexplained <= SHOWN:
            print(f"unexplained: {who} {period}: {why}", file=sys.stderr)

    def _is_so(self, who: Member, row: Row, sent: Sequence[Sighting]) -> bool:
        """Whether what the row says is true, and fits what was on the wire."""
        doubtful = sent[:-1] if row.state == "sent" else sent
        if not all(self.deaths.get(one.life) == one.at for one in doubtful):
            return False  # its life was not killed while it was on the wire
        if len({one.named for one in sent}) > 1:
            return False
        self.doubted.update(one.life for one in doubtful)
        if row.state == "sent":
            return len(sent) > 1 and _in_time(row, sent[-1])
        return self._why_not(who, row)

    def _why_not(self, who: Member, row: Row) -> bool:
        match row.state, row.skip:
            case "skipped", "left":
                return bool(who.until and row.settled_at and who.until <= row.settled_at)
            case "skipped", "stale":
                return self._held_up(row.due_at, row.expires_at)
            case "queued", None:
                yesterday = max(row.due_at, self.end - timedelta(days=1))
                return row.due_at >= self.end - STEP or self._held_up(yesterday, self.end)
        return False

    def _held_up(self, since: datetime, until: datetime) -> bool:
        return since < self.down + timedelta(days=1) and self.down < until

    @property
    def too_doubtful(self) -> int:
        """How many more were in doubt than a kill may leave."""
        return sum(max(0, count - CONNECTIONS) for count in self.doubted.values())


def _in_time(row: Row, one: Sighting) -> bool:
    return row.due_at.timestamp() <= one.at < row.expires_at.timestamp()


def audit(
    folder: Path, begin: datetime, end: datetime, *, down: datetime, deaths: Deaths
) -> dict[str, object]:
    """The figures; see bench.soak."""
    settings = soakpeople.settings_in(folder)
    held = Audit(wire=soakworld.wire(folder), deaths=deaths, end=end, down=down)

    async def asked() -> dict[str, object]:
        store = await Store.open(settings.storage.url)
        try:
            newsletter = settings.newsletters["daily"]
            return await store.read(_held, folder, held, newsletter, begin)
        finally:
            await store.close()

    return run(asked())


def _held(
    tx: Connection, folder: Path, held: Audit, newsletter: Newsletter, begin: datetime
) -> dict[str, object]:
    everybody = _members(tx)
    after_leaving = _after_leaving(everybody, held.wire)
    issues_made = 0
    for one in calendar.cadences(newsletter):
        made, missed = _made(tx, one), _missed(tx, one)
        mine = [who for who in everybody if who.cadence == one.cadence.value]
        turns = takewhile(lambda turn: turn.due < held.end, periods.turns_after(one, begin))
        for turn in turns:
            issue = made.pop(turn.period, None)
            if issue is None:
                _without(held, turn, mine, is_missed=turn.period in missed)
            else:
                issues_made += 1
                _with(held, turn, issue, mine, _rows(tx, folder, issue.id))
        for period in made:
            held.fail("an issue", period, "the calendar has no such period")
    due = held.once + held.explained.total() + held.unexplained
    for (who, period), sent in held.wire.items():
        held.fail(who, period, f"nobody is owed it, {len(sent)} on the wire")
    lost = abs(_let_go(folder) - _counted(tx))
    return {
        "issues": issues_made,
        "deliveries": held.rows,
        "due": due,
        "exactly_once": held.once,
        "explained": held.explained.total(),
        "unexplained": held.unexplained + held.too_doubtful + lost,
        "written_after_leaving": after_leaving,
        "explained_by": dict(held.explained),
        "let_go_of": _let_go(folder),
        "joined": sum(who.since > begin for who in everybody),
        "left": sum(who.until is not None for who in everybody),
    }


def _with(held: Audit, turn: Turn, issue: Made, mine: list[Member], rows: dict[str, Row]) -> None:
    """Everybody's due of an issue; who came or went while it was released may have it or not."""
    held.rows += len(rows)
    for who in mine:
        row = rows.pop(who.id, None)
        is_due = who.at(issue.created_at) and who.at(issue.released_at)
        if is_due or row or (who.id, turn.period) in held.wire:
            held.hold(who, turn, row)
    for stranger in rows:
        held.fail(stranger, turn.period, "a row of who is not its reader")


def _without(held: Audit, turn: Turn, mine: list[Member], *, is_missed: bool) -> None:
    for who in mine:
        if not who.at(turn.due):
            continue
        if is_missed:
            held.explained["no issue"] += 1
        else:
            held.fail(who.id, turn.period, "no issue, and nothing that says why")


def _members(tx: Connection) -> list[Member]:
    of = subscriptions.c
    asked = select(of.subscriber, of.cadence, of.confirmed_at, of.left_at).where(
        of.confirmed_at.is_not(None)
    )
    return [Member(*row) for row in tx.execute(asked)]


def _made(tx: Connection, newsletter: Newsletter) -> dict[str, Made]:
    asked = select(issues.c.period, issues.c.id, issues.c.created_at, issues.c.released_at).where(
        issues.c.cadence == newsletter.cadence.value
    )
    return {period: Made(*row) for period, *row in tx.execute(asked)}


def _missed(tx: Connection, newsletter: Newsletter) -> set[str]:
    asked = select(misses.c.period).where(
        misses.c.cadence == newsletter.cadence.value, misses.c.again.is_(None)
    )
    return set(tx.execute(asked).scalars())


def _rows(tx: Connection, folder: Path, issue: int) -> dict[str, Row]:
    """An issue's deliveries by reader, those that were let go of too."""
    of = deliveries.c
    asked = select(of.subscriber, of.state, of.skip, of.due_at, of.expires_at, of.settled_at).where(
        of.issue == issue
    )
    found = {who: Row(*row) for who, *row in tx.execute(asked)}
    with contextlib.closing(soaklife.kept(folder)) as copy:
        for row in copy.execute("select * from kept where issue = ?", (issue,)):
            _, who, state, skip, *moments = row
            due, expires, settled = (None if one is None else at_tick(one) for one in moments)
            assert due
            assert expires
            found.setdefault(who, Row(state, skip, due, expires, settled))
    return found


def _let_go(folder: Path) -> int:
    with contextlib.closing(soaklife.kept(folder)) as copy:
        return int(copy.execute("select count(*) from kept").fetchone()[0])


def _counted(tx: Connection) -> int:
    """How many deliveries the tallies say there were."""
    return int(tx.execute(select(func.sum(tallies.c.count))).scalar() or 0)


def _after_leaving(everybody: list[Member], wire: Wire) -> int:
    """How many messages were on the wire after their reader had left."""
    left = {who.id: who.until.timestamp() for who in everybody if who.until}
    return sum(
        reader in left and one.at >= left[reader]
        for (reader, _), sent in wire.items()
        for one in sent
    )

"""Claiming: the next deliveries of an issue are taken, with consent read anew at this moment."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, TextClause, bindparam, select, text

from digest.delivery import NOBODY, Claimed, DeliveryId, Skip
from digest.storage import claims, deliveries, queue
from digest.storage.claims import Lease
from digest.storage.dialect import by_index, instant, read_moment
from digest.storage.postal import deliveries as rows
from digest.storage.queue import Piece, Place, Stretch
from digest.storage.schema import issues
from subscribers.model import Standing, Status

LIMIT = 5_000  # rows that expire in one go: who joins meanwhile waits for it

# Of two that claim of the same issue one waits for the other (SQLite has one writer anyway).
_RELEASED = (
    select(issues.c.id)
    .where(issues.c.id == bindparam("issue"), issues.c.state == "released")
    .with_for_update()
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """What a claim brought. ``seen``: how many rows it looked at. ``number`` None: it holds
    nothing."""

    number: int | None = None
    taken: Claimed = NOBODY
    skipped: Mapping[Skip, int]
    seen: int


def claim(tx: Connection, issue: int, lease: Lease, *, now: datetime, limit: int) -> list[Claim]:
    """Take the next ``limit`` deliveries of a released issue that may go now.

    Whoever left, paused, bounced or was suppressed meanwhile, and whoever's paper would come too
    late, is skipped with that reason here. Empty: none may go.
    """
    if tx.execute(_RELEASED, {"issue": issue}).first() is None:
        return []
    by_index(tx)
    found: list[Claim] = []
    for piece in queue.unclaimed(claims.stretches(tx, issue), now):
        if limit <= 0:
            break
        one = _claim(tx, issue, piece, lease, now=now, limit=limit)
        if one is not None:
            found.append(one)
            limit -= one.seen
    return found


def expire(tx: Connection, issue: int, now: datetime, limit: int = LIMIT) -> int:
    """Skip the next of an issue that wait and would come too late; how many. 0: none does."""
    tx.execute(_RELEASED, {"issue": issue})  # nobody claims of it meanwhile
    gone = claims.waiting(tx, issue, limit, rows.c.expires_at <= now)
    deliveries.skip(tx, gone, Skip.STALE, now)
    return len(gone)


def expired(tx: Connection, issue: int, now: datetime) -> Claim:
    """``expire`` as a claim that takes nothing."""
    gone = expire(tx, issue, now)
    return Claim(skipped={Skip.STALE: gone} if gone else {}, seen=gone)


def _claim(
    tx: Connection, issue: int, piece: Piece, lease: Lease, *, now: datetime, limit: int
) -> Claim | None:
    """What of a piece of the queue may go; None where it is empty."""
    asked = {"issue": issue, "now": instant(tx, now), "limit": limit}
    asked |= {"after": instant(tx, piece.after.at), "before": instant(tx, piece.before.at)}
    if piece.of_one_moment:
        asked |= {"after": piece.after.id, "before": piece.before.id, "at": asked["after"]}
    statement = (_SAME if piece.of_one_moment else _BETWEEN)[tx.dialect.name]
    found = json.loads(tx.execute(statement, asked).scalar_one())
    if not found[0]:
        return None
    at = _Moments()
    *columns, due, against, when = found
    if piece.of_one_moment:
        at[None] = piece.after.at
    seen = Claimed._make([*columns, list(map(at.__getitem__, due))])
    taken, skipped = _sorted(seen, against, at, now)
    number = None
    if taken.ids:
        number = next(lease.numbers)
        ids = found[0]
        if piece.of_one_moment:
            places = [Place(piece.after.at, min(ids)), Place(piece.after.at, max(ids))]
        else:
            places = list(map(Place, map(at.__getitem__, when), ids))
        claims.hold(tx, issue, lease, number, Stretch(min(places), max(places)), now)
    for reason, some in skipped.items():
        deliveries.skip(tx, some, reason, now)
    return Claim(
        number=number,
        taken=taken,
        skipped={reason: len(some) for reason, some in skipped.items()},
        seen=len(found[0]),
    )


class _Moments(dict[str | int | None, datetime]):
    """Moments by what JSON has of them, each read once: thousands are due at the same."""

    def __missing__(self, said: str | int | None) -> datetime:
        if said is None:
            raise KeyError(said)
        found = self[said] = read_moment(said)
        return found


def _sorted(
    seen: Claimed, against: Sequence[Sequence[Any]], at: _Moments, now: datetime
) -> tuple[Claimed, Mapping[Skip, Sequence[DeliveryId]]]:
    """Those that may go, and the others by reason; nearly always nothing is against any."""
    skipped: dict[Skip, list[DeliveryId]] = {}
    for id_, *found in against:
        if reason := _reason(found, at, now):
            skipped.setdefault(reason, []).append(id_)
    if not skipped:
        return seen, skipped
    gone = {id_ for some in skipped.values() for id_ in some}
    return seen.only([id_ not in gone for id_ in seen.ids]), skipped


def _reason(found: Sequence[Any], at: _Moments, now: datetime) -> Skip | None:
    stale, standing, status, paused = found
    if stale:
        return Skip.STALE
    if standing is None or status is None:
        return Skip.LEFT  # erased, or never there
    if standing == Standing.BOUNCED.value:
        return Skip.BOUNCED
    if standing != Standing.OK.value:
        return Skip.SUPPRESSED
    if status == Status.PAUSED.value:
        return None if paused is not None and at[paused] <= now else Skip.PAUSED
    return None if status == Status.ACTIVE.value else Skip.LEFT


# A column of each is found: that takes half the time of a row of each. It comes as a single row of
# JSON, for sqlite3 lets go of the interpreter at every row it steps over, and a thread that sends
# mail takes milliseconds to give it back.
_FOUND = "d.id d.subscriber d.edition s.address s.name".split()
_FINE = "d.expires_at > :now and s.standing = 'ok' and p.status = 'active'"
_READ = "id, subscriber, edition, due_at, expires_at, next_attempt_at"
_JOINED = """
    left join subscribers s on s.id = d.subscriber
    left join subscriptions p on p.subscriber = d.subscriber
        and p.newsletter = (select newsletter from issues where id = :issue)
"""


def _queued(where: str) -> str:
    return f"from deliveries where issue = :issue and state = 'queued' and {where}"


def _next(where: str) -> str:
    """The next of the queue, with their readers."""
    mine = f"(select {_READ} {_queued(where)} order by next_attempt_at, id limit :limit)"
    return f"{mine} d {_JOINED}"


def _up_to(where: str) -> str:
    """The same, where the last is looked for first: a tenth less work in SQLite.

    Of two bounds of one column it takes one to search by, so there is one.
    """
    these = _queued(f"{where} and id < :before")
    last = f"(select id {these} order by id limit 1 offset :limit - 1)"
    mine = _queued(f"{where} and id <= coalesce({last}, :before - 1)")
    return f"(select {_READ} {mine}) d {_JOINED}"


def _find(array: str, aggregate: str, rows: str, *, moments: bool) -> TextClause:
    # Most are due at the moment that is asked for, and nothing is against most: they say nothing.
    due = "d.due_at" if moments else "nullif(d.due_at, :at)"
    columns = [f"{aggregate}({one})" for one in (*_FOUND, due)]
    why = f"{array}(d.id, d.expires_at <= :now, s.standing, p.status, p.paused_until)"
    against = f"{aggregate}({why}) filter (where ({_FINE}) is not true)"
    columns.append(f"coalesce({against}, {array}())")
    columns.append(f"{aggregate}(d.next_attempt_at)" if moments else "null")
    return text(f"select {array}({', '.join(columns)}) || '' from {rows}")  # noqa: S608 -- as above


def _asked(*, sqlite: str, postgresql: str, moments: bool) -> dict[str, TextClause]:
    return {
        "sqlite": _find("json_array", "json_group_array", sqlite, moments=moments),
        "postgresql": _find("json_build_array", "json_agg", postgresql, moments=moments),
    }


# A piece of the queue that is of one moment: SQLite does not use the id in a comparison of pairs,
# and PostgreSQL walks the settled rows by their ids where it may. And one that is of many.
_SAME = _asked(
    sqlite=_up_to("next_attempt_at = :at and id > :after"),
    postgresql=_next(
        "(next_attempt_at, id) > (:at, :after) and (next_attempt_at, id) < (:at, :before)"
    ),
    moments=False,
)
_MANY = _next("next_attempt_at > :after and next_attempt_at < :before")
_BETWEEN = _asked(sqlite=_MANY, postgresql=_MANY, moments=True)

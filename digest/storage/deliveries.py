"""The ledger: deliveries claimed with consent read anew, and what became of each.

A batch costs a handful of statements whatever its size, and each statement answers with a single
row of JSON. That is not for elegance: sqlite3 lets go of the interpreter at every row it steps
over, and a thread that sends mail takes milliseconds to give it back.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, NamedTuple

from sqlalchemy import Connection, TextClause, text

from digest.delivery import Delivery, DeliveryId, Skip
from digest.storage.dialect import bound, moment
from subscribers.model import Standing, Status, SubscriberId

LEASE_SECONDS = 1800.0  # longer than the longest wait for a relay (RFC 5321, 4.5.3.2)


class Claimed(NamedTuple):
    """A delivery that is ours to send, and the person it goes to, as they are at this moment."""

    id: DeliveryId
    subscriber: SubscriberId
    edition: str
    attempts: int  # this one included
    address: str
    name: str
    due_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """What a claim brought. ``seen``: how many rows it looked at; 0 means none is due."""

    taken: tuple[Claimed, ...]
    skipped: dict[Skip, int]
    seen: int


NOTHING = Claim(taken=(), skipped={}, seen=0)


def claim(
    tx: Connection, issue: int, *, lease: str, until: datetime, now: datetime, limit: int
) -> Claim:
    """Take the next ``limit`` deliveries of a released issue that may go now.

    Whoever left, paused, bounced or was suppressed meanwhile, and whoever's paper would come too
    late, is skipped with that reason here.
    """
    wanted = {"issue": issue, "now": bound(tx, now), "limit": limit}
    found = json.loads(tx.execute(_of(tx, _FIND), wanted).scalar_one())
    if not found[0]:
        return NOTHING
    *columns, due, expires, against = found
    at = _Moments(moment(tx))
    dues, ends = map(at.__getitem__, due), map(at.__getitem__, expires)
    taken = list(map(_claimed, zip(*columns, dues, ends, strict=True)))
    skipped: dict[Skip, list[int]] = {}
    if any(against):
        seen, taken = taken, []
        for one, why in zip(seen, against, strict=True):
            reason = None if why is None else _reason(one.expires_at, json.loads(why), at, now)
            if reason is None:
                taken.append(one)
            else:
                skipped.setdefault(reason, []).append(one.id)
    if taken:
        mine = {"lease": lease, "now": bound(tx, now), "until": bound(tx, until)}
        tx.execute(_of(tx, _TAKE), {**mine, "ids": json.dumps([one.id for one in taken])})
    for skip, ids in skipped.items():
        gone = {"skip": skip.value, "now": bound(tx, now), "ids": json.dumps(ids)}
        tx.execute(_of(tx, _SKIP), gone)
    return Claim(
        taken=tuple(taken), skipped={s: len(ids) for s, ids in skipped.items()}, seen=len(due)
    )


def expire(tx: Connection, issue: int, now: datetime) -> Claim:
    """Skip what would come too late of an issue that nobody can send; nothing is taken."""
    gone = tx.execute(_EXPIRE, {"issue": issue, "now": bound(tx, now)}).rowcount
    return Claim(taken=(), skipped={Skip.STALE: gone} if gone else {}, seen=gone)


def accepted(
    tx: Connection, lease: str, texts: Mapping[int, str], *, enhanced: str, relay: str, at: datetime
) -> int:
    """Keep that ``relay`` took deliveries claimed under ``lease``, with 250 and these words.

    How many were still the lease's own.
    """
    said = {"code": 250, "enhanced": enhanced, "relay": relay, "texts": json.dumps(texts)}
    return tx.execute(_of(tx, _ACCEPTED), {"lease": lease, "at": bound(tx, at), **said}).rowcount


def settle(tx: Connection, lease: str, after: Sequence[tuple[Delivery, str]]) -> int:
    """Keep what became of deliveries claimed under ``lease``, each with the relay that was asked.

    How many were still its own.
    """
    if not after:
        return 0
    rows = json.dumps([_row(tx, delivery, relay) for delivery, relay in after])
    return tx.execute(_of(tx, _SETTLE), {"lease": lease, "rows": rows}).rowcount


def give_back(tx: Connection, lease: str, ids: Sequence[DeliveryId] | None = None) -> int:
    """Queue again what was claimed and never left; the claim does not count as an attempt.

    ``ids`` None: all of the lease.
    """
    if ids is None:
        return tx.execute(_of(tx, _GIVE_BACK_ALL), {"lease": lease}).rowcount
    return tx.execute(_of(tx, _GIVE_BACK), {"lease": lease, "ids": json.dumps(list(ids))}).rowcount


# A NamedTuple's own way to make one takes twice as long, and there are thousands a second.
_claimed: Callable[[tuple[Any, ...]], Claimed] = partial(tuple.__new__, Claimed)


class _Moments(dict[str, datetime]):
    """Moments by their text, each read once: thousands are due at the same."""

    def __init__(self, read: Callable[[str], datetime]) -> None:
        super().__init__()
        self._read = read

    def __missing__(self, text: str) -> datetime:
        found = self[text] = self._read(text)
        return found


def _reason(
    expires_at: datetime, found: Sequence[str | None], at: Mapping[str, datetime], now: datetime
) -> Skip | None:
    standing, status, paused = found
    if expires_at <= now:
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


def _row(tx: Connection, after: Delivery, relay: str) -> list[Any]:
    def at(value: datetime | None) -> str | None:
        return None if value is None else str(bound(tx, value))

    return [
        after.id,
        after.state.value,
        after.skip.value if after.skip else None,
        after.code,
        after.enhanced,
        after.text,
        relay,
        at(after.next_attempt_at),
        at(after.settled_at),
    ]


def _of(tx: Connection, said: dict[str, TextClause]) -> TextClause:
    return said[tx.dialect.name]


def _both(sqlite: str, postgresql: str) -> dict[str, TextClause]:
    return {"sqlite": text(sqlite), "postgresql": text(postgresql)}


# A column of each is found: that takes half the time of a row of each.
_FOUND = "d.id d.subscriber d.edition d.attempts+1 s.address s.name d.due_at d.expires_at".split()
_FINE = "d.expires_at > :now and s.standing = 'ok' and p.status = 'active'"
_READ = "id, subscriber, edition, attempts, due_at, expires_at"
_JOINED = """
    left join subscribers s on s.id = d.subscriber
    left join subscriptions p on p.subscriber = d.subscriber
        and p.newsletter = (select newsletter from issues where id = :issue)
"""
_DUE = """
    where issue = :issue and state = 'queued' and next_attempt_at <= :now
        and (select state from issues where id = :issue) = 'released'
    order by next_attempt_at limit :limit
"""


def _find(array: str, aggregate: str, lock: str) -> str:
    against = f"case when {_FINE} then null else {array}(s.standing, p.status, p.paused_until)"
    columns = ", ".join(f"{aggregate}({one})" for one in [*_FOUND, f"{against} || '' end"])
    mine = f"(select {_READ} from deliveries {_DUE} {lock}) d"  # noqa: S608 -- our own words
    return f"select {array}({columns}) || '' from {mine} {_JOINED}"  # noqa: S608 -- as above


_FIND = _both(
    _find("json_array", "json_group_array", ""),
    _find("json_build_array", "json_agg", "for update skip locked"),
)
_THESE = {
    "sqlite": "(select value from json_each(:ids))",
    "postgresql": "(select value::int from json_array_elements_text(:ids))",
}


def _on_these(said: str) -> dict[str, TextClause]:
    return {name: text(f"{said} and id in {these}") for name, these in _THESE.items()}


_TAKE = _on_these(
    """
    update deliveries set state = 'sending', attempts = attempts + 1, claimed_at = :now,
        lease = :lease, lease_until = :until
    where state = 'queued'
    """
)
_SKIP = _on_these(
    """
    update deliveries set state = 'skipped', skip = :skip, settled_at = :now, lease = null,
        lease_until = null
    where state = 'queued'
    """
)
_EXPIRE = text(
    """
    update deliveries set state = 'skipped', skip = 'stale', settled_at = :now
    where issue = :issue and state = 'queued' and expires_at <= :now
    """
)
_BACK = """
    update deliveries set state = 'queued', attempts = attempts - 1, lease = null,
        lease_until = null, claimed_at = null
    where lease = :lease and state = 'sending'
"""
_GIVE_BACK = _on_these(_BACK)
_GIVE_BACK_ALL = _both(_BACK, _BACK)
# ``|| ''`` keeps SQLite from the index on leases: it would walk all of one for each row.
_MINE = """
    where deliveries.id = j.id and deliveries.lease || '' = :lease
        and deliveries.state || '' = 'sending'
"""
_ENDED = "lease = null, lease_until = null"


def _rows(**columns: str) -> dict[str, str]:
    """A table ``j`` of what :rows holds, lists of the columns in order, of these types."""
    sqlite = ", ".join(f"json_extract(value, '$[{n}]') as {name}" for n, name in enumerate(columns))
    postgresql = ", ".join(
        f"(value ->> {n})::{kind} as {name}" for n, (name, kind) in enumerate(columns.items())
    )
    return {
        "sqlite": f"(select {sqlite} from json_each(:rows)) j",  # noqa: S608 -- our own words
        "postgresql": f"(select {postgresql} from json_array_elements(:rows)) j",  # noqa: S608 -- as above
    }


def _from(rows: dict[str, str], change: str) -> dict[str, TextClause]:
    """An UPDATE of our own deliveries from such a table."""
    return {
        name: text(f"update deliveries set {change} from {table} {_MINE}")  # noqa: S608 -- ours
        for name, table in rows.items()
    }


_ACCEPTED = _from(
    {
        "sqlite": "(select cast(key as integer) as id, value from json_each(:texts)) j",
        "postgresql": "(select key::int as id, value from json_each_text(:texts)) j",
    },
    f"""state = 'sent', settled_at = :at, code = :code, enhanced = :enhanced, relay = :relay,
    text = j.value, {_ENDED}""",
)
_SETTLE = _from(
    _rows(
        id="int", state="text", skip="text", code="int", enhanced="text", text="text",
        relay="text", next_attempt_at="timestamptz", settled_at="timestamptz",
    ),
    f"""state = j.state, skip = j.skip, code = j.code, enhanced = j.enhanced, text = j.text,
    relay = j.relay, next_attempt_at = coalesce(j.next_attempt_at, deliveries.next_attempt_at),
    settled_at = j.settled_at, {_ENDED}""",
)  # fmt: skip

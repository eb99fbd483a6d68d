"""The ledger: what became of each delivery, and what was claimed and did not leave.

A batch costs a handful of statements whatever its size. They touch what is queued, and only whoever
holds the claim of a delivery may call them: see ``claims.held``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, TextClause, text

from digest.delivery import Delivery, DeliveryId, Skip
from digest.storage.dialect import instant


def accepted(
    tx: Connection,
    lease: str,
    number: int,
    texts: Mapping[int, str],
    *,
    enhanced: str,
    relay: str,
    at: datetime,
) -> int:
    """Keep that ``relay`` took deliveries of one claim, with 250 and these words.

    How many; none where the claim has ended.
    """
    said = {"code": 250, "enhanced": enhanced, "relay": relay, "texts": json.dumps(texts)}
    whose = {"lease": lease, "number": number, "at": instant(tx, at)}
    return tx.execute(_of(tx, _ACCEPTED), {**said, **whose}).rowcount


def settle(tx: Connection, after: Sequence[tuple[Delivery, str]]) -> None:
    """Keep what became of deliveries that we hold, each with the relay that was asked."""
    if after:
        rows = json.dumps([_row(tx, delivery, relay) for delivery, relay in after])
        tx.execute(_of(tx, _SETTLE), {"rows": rows})


def put_off(tx: Connection, ids: Sequence[int], until: datetime) -> None:
    """Let what we hold and what did not leave go from ``until`` on; no attempt is counted."""
    if ids:
        wanted = {"until": instant(tx, until), "ids": json.dumps(list(ids))}
        tx.execute(_of(tx, _PUT_OFF), wanted)


def skip(tx: Connection, ids: Sequence[DeliveryId], reason: Skip, at: datetime) -> None:
    """Let deliveries end here, for ``reason``."""
    gone = {"skip": reason.value, "at": instant(tx, at), "ids": json.dumps(list(ids))}
    tx.execute(_of(tx, _SKIP), gone)


def _row(tx: Connection, after: Delivery, relay: str) -> list[Any]:
    def at(value: datetime | None) -> str | int | None:
        said = value and instant(tx, value)
        return str(said) if isinstance(said, datetime) else said

    return [
        after.id,
        after.state.value,
        after.skip.value if after.skip else None,
        after.code,
        after.enhanced,
        after.text,
        relay,
        at(after.claimed_at),
        at(after.next_attempt_at),
        at(after.settled_at),
    ]


def _of(tx: Connection, said: dict[str, TextClause]) -> TextClause:
    return said[tx.dialect.name]


# Where SQLite may have to take back a part of an UPDATE it keeps each page it changes aside first.
# We take back the whole transaction, or its savepoint: OR FAIL spares it that.
_UPDATE = {"sqlite": "update or fail deliveries", "postgresql": "update deliveries"}
_THESE = {
    "sqlite": "(select value from json_each(:ids))",
    "postgresql": "(select value::int from json_array_elements_text(:ids))",
}


def _on_these(change: str) -> dict[str, TextClause]:
    return {
        name: text(f"{_UPDATE[name]} set {change} where state = 'queued' and id in {these}")
        for name, these in _THESE.items()
    }


_PUT_OFF = _on_these("next_attempt_at = :until")
_SKIP = _on_these("state = 'skipped', skip = :skip, settled_at = :at")


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


def _from(rows: dict[str, str], change: str, *, also: str = "") -> dict[str, TextClause]:
    """An UPDATE of claimed deliveries from such a table; an attempt is counted."""
    mine = f"deliveries.id = j.id and deliveries.state = 'queued' {also}"
    counted = f"set attempts = deliveries.attempts + 1, {change}"
    return {
        name: text(f"{_UPDATE[name]} {counted} from {table} where {mine}")
        for name, table in rows.items()
    }


# Asked once for the statement, and not for each row.
_CLAIMED_AT = "(select claimed_at from delivery_claims where lease = :lease and number = :number)"
_ACCEPTED = _from(
    {
        "sqlite": "(select cast(key as integer) as id, value from json_each(:texts)) j",
        "postgresql": "(select key::int as id, value from json_each_text(:texts)) j",
    },
    f"""state = 'sent', claimed_at = {_CLAIMED_AT}, settled_at = :at, code = :code,
    enhanced = :enhanced, relay = :relay, text = j.value""",
    also=f"and {_CLAIMED_AT} is not null",
)
_SETTLE = _from(
    _rows(
        id="int", state="text", skip="text", code="int", enhanced="text", text="text",
        relay="text", claimed_at="timestamptz", next_attempt_at="timestamptz",
        settled_at="timestamptz",
    ),
    """state = j.state, skip = j.skip, code = j.code, enhanced = j.enhanced, text = j.text,
    relay = j.relay, claimed_at = j.claimed_at, settled_at = j.settled_at,
    next_attempt_at = coalesce(j.next_attempt_at, deliveries.next_attempt_at)""",
)  # fmt: skip

"""What is wrong, and telling the operator: once, again after a time, and when it is over."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection

from digest import duty
from digest.checkup import alerts
from digest.checkup.alerts import Alert, AlertOptions, Telling
from digest.checkup.facts import (
    Behind,
    Facts,
    LastIssue,
    Missing,
    RelayHealth,
    SourceHealth,
    Unfinished,
    Waiting,
)
from digest.checkup.verdict import Check
from digest.clock import Clock
from digest.deliver import memory, outlook
from digest.deliver.allowance import Lane
from digest.deliver.choice import Circuit
from digest.model import Newsletter, SourceId, Visit
from digest.storage import alerts as table
from digest.storage import lateness, paces, posting
from digest.storage.agenda import Miss
from digest.storage.alerts import LastRow, Seen
from digest.storage.database import Store
from digest.storage.lateness import BehindRow
from digest.storage.paces import Of
from digest.storage.reviews import Review

Say = Callable[[Telling], Awaitable[bool]]  # whether anybody heard it


async def look(
    store: Store,
    newsletters: Sequence[Newsletter],
    sources: Mapping[SourceId, str],
    options: AlertOptions,
    *,
    free_bytes: int | None,
    lanes: Sequence[Lane] = (),
    checks: Sequence[Check] = (),
    clock: Clock,
) -> list[Alert]:
    """Every alert there is now. ``sources``: those in use, and what they are called; ``lanes``:
    the relays in use."""
    now = clock()
    seen = await store.read(table.seen, now)
    behind = await store.read(
        lateness.behind, now - alerts.LATE, duty.LASTS, lambda all_: alerts.many(all_, options)
    )
    facts = replace(
        _facts(seen, sources, free_bytes, tuple(checks)),
        behind=tuple(map(_behind, behind)),
        relays=tuple(
            _relay(name, memory.circuit(past))
            for name, past in seen.circuits.items()
            if name in {lane.name for lane in lanes}
        ),
    )
    found = alerts.raised(facts, newsletters, options, now=now)
    return [*found, *await _outrun(store, lanes, seen.circuits, now)]


async def tell(
    store: Store,
    found: Sequence[Alert],
    say: Say,
    options: AlertOptions,
    *,
    clock: Clock,
    examined: bool = True,
) -> Telling:
    """Say what is new, due again or over; what nobody heard is said again the next time.

    ``examined``: as ``alerts.to_tell`` has it.
    """
    now = clock()
    every = timedelta(hours=options.repeat_hours)
    told = await store.read(table.told)
    telling = alerts.to_tell(found, told, every=every, now=now, examined=examined)
    if (telling.alerts or telling.over) and await say(telling):

        def keep(tx: Connection) -> None:
            table.remember(tx, {one.key: one.says for one in telling.alerts}, telling.over, now)

        await store.write(keep)
    return telling


async def _outrun(
    store: Store, lanes: Sequence[Lane], circuits: Mapping[str, str], now: datetime
) -> list[Alert]:
    """That the relays' limits will not let all that waits leave in time: said while it helps."""
    if not any(lane.pace.windows for lane in lanes):
        return []
    waits, until = await store.read(posting.queue)
    if until is None:
        return []
    known = outlook.remembered(lanes, await store.read(paces.known, Of.RELAY), circuits)
    found = outlook.of(known, waits, until=until, now=now)
    if found is None or not found.late:
        return []
    says = (
        f"of {waits:,} messages that wait some {found.late:,} will be too late: at the relays' "
        f"limits the last leaves {outlook.when(found)}"
    )
    return [Alert(key="limits", says=says, cure=outlook.CURE)]


def _facts(
    seen: Seen, sources: Mapping[SourceId, str], free: int | None, checks: tuple[Check, ...]
) -> Facts:
    return Facts(
        settled=seen.settled,
        since=seen.since,
        missing=tuple(map(_missing, seen.missing)),
        waiting=tuple(map(_waiting, seen.waiting)),
        unfinished=tuple(
            Unfinished(issue=one.issue, newsletter=one.newsletter, since=one.since)
            for one in seen.unfinished
        ),
        first_due=seen.first_due,
        lasts=tuple(map(_last, seen.lasts)),
        complaints=seen.complaints,
        written_to=seen.written_to,
        sources=tuple(
            _health(sources[visit.source], visit)
            for visit in seen.visits.values()
            if visit.source in sources
        ),
        free_bytes=free,
        checks=checks,
    )


def _last(one: LastRow) -> LastIssue:
    return LastIssue(
        issue=one.issue,
        newsletter=one.newsletter,
        cadence=one.cadence,
        period=one.period,
        audience=one.audience,
        failed=one.failed,
        returned=one.returned,
        stale=one.stale,
    )


def _missing(one: Miss) -> Missing:
    return Missing(
        newsletter=one.newsletter,
        cadence=one.cadence,
        period=one.period,
        reason=one.reason,
        trying=one.again is not None,
    )


def _waiting(one: Review) -> Waiting:
    return Waiting(
        issue=one.issue, newsletter=one.newsletter, due=one.due, release_by=one.release_by
    )


def _behind(one: BehindRow) -> Behind:
    return Behind(
        issue=one.issue,
        newsletter=one.newsletter,
        due=one.due,
        waits=one.waits,
        audience=one.audience,
        said=one.said,
    )


def _relay(name: str, circuit: Circuit) -> RelayHealth:
    return RelayHealth(
        name=name,
        refused=circuit.paused,
        rests=circuit.rests,
        until=datetime.fromtimestamp(circuit.closed_until, UTC),
    )


def _health(name: str, visit: Visit) -> SourceHealth:
    return SourceHealth(
        name=name,
        succeeded_at=visit.succeeded_at,
        visited_at=visit.visited_at,
        failures=visit.failures,
        error=visit.error or visit.status,
    )

"""Release: a prepared issue becomes precious. Issue, editions and audience are frozen.

The audience is written in short batches while the issue is ``enrolling``; one small commit then
makes it ``released`` and fixes the count. A process that dies in between leaves an issue that the
next one finishes, from what was frozen and not from what has changed since.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, time
from typing import TYPE_CHECKING

from sqlalchemy import Connection

from digest import duty, periods
from digest.clock import Clock
from digest.deliver.postmark import domain_of
from digest.errors import DigestError, Halted, Temporary
from digest.model import Issue, Newsletter, NewsletterId
from digest.storage import desk, enrolling, reviews
from digest.storage import issues as issues_table
from digest.storage.batches import Batch
from digest.storage.database import Store
from digest.storage.enrolling import Hour
from digest.storage.posting import Unsent

if TYPE_CHECKING:  # who only finishes a release renders nothing
    from digest.compose.prepared import Prepared

Halt = Callable[[], bool]  # whether we were told to stop


@dataclass(frozen=True, slots=True, kw_only=True)
class Released:
    """An issue that is on its way. ``audience``: its deliveries, fixed."""

    issue: int
    period: str
    audience: int


def _never() -> bool:
    return False


class Taken(DigestError):
    """The newsletter has an issue of this period already."""


async def release(
    store: Store,
    prepared: Prepared,
    *,
    clock: Clock,
    corrects: int | None = None,
    halt: Halt = _never,
) -> Released:
    """Freeze the issue and everybody it goes to.

    ``corrects``: the id of the issue it puts right, to whose readers alone it goes. Raises Taken,
    and Halted where ``halt``, asked after every batch, says so, or Temporary where the database
    fails: then ``finish`` goes on with it.
    """
    issue = prepared.issue
    assert issue is not None, "there is nothing to release"
    new = await begin(store, prepared, clock=clock, corrects=corrects)
    count = await _enrol(store, new, clock, halt)
    return Released(issue=new, period=issue.period, audience=count)


async def begin(
    store: Store, prepared: Prepared, *, clock: Clock, corrects: int | None = None
) -> int:
    """Freeze the issue and what its audience chose; ``finish`` does the rest. Raises Taken.

    One that still waits for the editor gives way, but to a correction: its stories are told here.
    """
    issue = prepared.issue
    assert issue is not None, "there is nothing to release"
    frozen = issue
    chosen = await store.read(_chosen, issue.newsletter, issue.cadence)

    def change(tx: Connection) -> int | None:
        now = clock()
        new = _freeze(tx, prepared, frozen, now, corrects, chosen)
        if new is not None and corrects is None:
            reviews.give_way(tx, frozen.newsletter, frozen.cadence, frozen.period, now)
        return new

    new = await store.write(change)
    if new is None:
        raise Taken(taken(issue))
    return new


def refuse(prepared: Prepared, *, strict: bool = False) -> None:
    """Raise DigestError where lint stops the issue; with ``strict`` warnings do, too."""
    stops = [
        finding
        for found in prepared.findings.values()
        for finding in found
        if finding.level == "stops" or strict
    ]
    if stops:
        said = "; ".join(dict.fromkeys(f"{one.code}: {one.message}" for one in stops))
        raise DigestError(f"this issue is not released: {said}")


def taken(issue: Issue, unsent: Unsent | None = None) -> str:
    """The sentence of Taken. ``unsent``: what has not left of the one that is made already."""
    if unsent is not None:
        return (
            f"the issue of {issue.newsletter} for {issue.period} is made already, and "
            f"{unsent.count:,} of issue {unsent.issue} {'has' if unsent.count == 1 else 'have'} "
            "not left yet: `digest work` sends what is due of it"
        )
    return (
        f"the issue of {issue.newsletter} for {issue.period} is made already, though it "
        "may wait for approval or have been kept back; "
        "look at it with `digest issues list`, or make one more with --extra"
    )


async def submit(
    store: Store, prepared: Prepared, *, due: datetime, release_by: datetime | None, clock: Clock
) -> int:
    """Freeze the issue for the editor to look at; its id. ``release_by``: then it goes by itself.

    One that still waits gives way: its stories are told here. Raises Taken.
    """
    issue = prepared.issue
    assert issue is not None, "there is nothing to look at"
    frozen = issue
    chosen = await store.read(_chosen, issue.newsletter, issue.cadence)

    def change(tx: Connection) -> int | None:
        now = clock()
        new = _freeze(tx, prepared, frozen, now, None, chosen, state="draft")
        if new is not None:
            reviews.give_way(tx, frozen.newsletter, frozen.cadence, frozen.period, now)
            reviews.add(tx, new, due, release_by)
        return new

    new = await store.write(change)
    if new is None:
        raise Taken(taken(issue))
    return new


async def let_go(store: Store, newsletter: Newsletter, issue: int, *, clock: Clock) -> Released:
    """Release an issue that waited for the editor; readers' hours count from now.

    Raises DigestError where it does not wait any more.
    """

    hours, _ = await store.read(_chosen, newsletter.id, newsletter.cadence.value)

    def change(tx: Connection) -> str:
        found = desk.find(tx, issue)
        if found is None or not desk.turn(tx, issue, ("draft",), "enrolling"):
            raise DigestError(f"issue {issue} does not wait for approval")
        enrolling.set_hours(tx, issue, _hours(hours, newsletter, found.period, clock()))
        return found.period

    period = await store.write(change)
    count = await _enrol(store, issue, clock)
    return Released(issue=issue, period=period, audience=count)


async def finish(store: Store, *, clock: Clock, halt: Halt = _never) -> list[Released]:
    """Finish the releases whose process died while it wrote the audience. Raises Halted."""
    finished = []
    for row in await store.read(issues_table.enrolling):
        count = await _enrol(store, row.id, clock, halt)
        finished.append(Released(issue=row.id, period=row.period, audience=count))
    return finished


async def _enrol(store: Store, issue: int, clock: Clock, halt: Halt = _never) -> int:
    batch = Batch(enrolling.MOST[store.dialect])

    def some(tx: Connection) -> int:
        return batch.run(lambda size: enrolling.enrol(tx, issue, clock(), size))

    try:
        while await store.write(some):
            if halt():
                raise Halted(desk.half_released(issue))
            await store.catch_up()
        return await store.write(issues_table.released, issue, clock())
    except Temporary as error:
        raise Temporary(f"{error}; {desk.half_released(issue)}") from error


def _chosen(
    tx: Connection, newsletter: str, cadence: str
) -> tuple[list[tuple[str, time]], list[tuple[str, str]]]:
    """The hours and the choices of the audience: asked before anybody is made to wait."""
    of = NewsletterId(newsletter)
    return enrolling.hours(tx, of, cadence), enrolling.choices(tx, of, cadence)


def _freeze(
    tx: Connection,
    prepared: Prepared,
    issue: Issue,
    now: datetime,
    corrects: int | None,
    chosen: tuple[list[tuple[str, time]], list[tuple[str, str]]],
    state: str = "enrolling",
) -> int | None:
    new = issues_table.freeze(
        tx,
        issue,
        prepared.editions,
        state=state,
        at=now,
        corrects=corrects,
        id_domain=domain_of(prepared.newsletter),
    )
    if new is None:
        return None
    hours, choices = chosen
    enrolling.freeze_audience(
        tx,
        new,
        hours=_hours(hours, prepared.newsletter, issue.period, prepared.at),
        choices=choices,
        edition_for=prepared.edition_for,
    )
    return new


def _hours(
    chosen: Sequence[tuple[str, time]], newsletter: Newsletter, period: str, at: datetime
) -> list[Hour]:
    """When each hour people chose is due, and until when.

    Who chose none reads it at once: the newsletter's own hour is when its window closes. So does
    whose hour passed before ``at``: counted from there, or a late issue would be stale for them.
    """
    following = periods.next_issue(newsletter, at, settled=(period,))
    since = duty.counted_from(newsletter, period, at)
    hours = [_hour("", None, at, following)]
    for zone, hour in chosen:
        kept_by = periods.zone_or(zone, newsletter.timezone)
        due = max(at, periods.next_hour(since, hour, kept_by))
        hours.append(_hour(zone, hour, due, periods.next_hour(following, hour, kept_by)))
    return hours


def _hour(zone: str, hour: time | None, due: datetime, following: datetime) -> Hour:
    return Hour(
        timezone=zone, hour=hour, due_at=due, expires_at=duty.expires(due, following=following)
    )

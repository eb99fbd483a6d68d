"""The operator steers an issue that is on its way: pause, resume, cancel, try again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import Connection

from digest.clock import Clock
from digest.errors import DigestError
from digest.storage import claims, desk, posting, reviews
from digest.storage.batches import until_none
from digest.storage.database import Store
from digest.storage.dialect import batches

RETRY_LIFE = timedelta(hours=20)


async def pause(store: Store, issue: int) -> None:
    """Nothing more of it is claimed; what is on the wire is finished. Raises DigestError."""
    await store.write(_turn, issue, ("released",), "paused")


async def resume(store: Store, issue: int, *, clock: Clock) -> int:
    """Go on with a paused issue, and at once with what was put off: for a limit of its domain, or
    because it could not be delivered; for how many it is too late. Raises DigestError."""
    if (await store.read(_found, issue)).state == "paused":
        await until_none(store, desk.hasten, issue, clock())
    late = await store.read(desk.too_late, issue, clock())
    await store.write(_turn, issue, ("paused",), "released")
    return late


@dataclass(frozen=True, slots=True, kw_only=True)
class Cancelled:
    """``skipped``: who will not get it. ``claimed``: of whom a worker has the deliveries; it gives
    back within a second what is not on the wire."""

    skipped: int
    claimed: int


async def cancel(store: Store, issue: int, *, clock: Clock) -> Cancelled:
    """Whoever has not been sent it is skipped. Raises DigestError.

    Of a half released one as well: whoever still writes its audience then writes no more of it.
    """
    await store.write(_cancel, issue)
    await until_none(store, desk.cancel_waiting, issue, clock())
    for some in batches(await store.read(desk.in_doubt, issue)):
        await store.write(desk.cancel_held, some, clock())
    # Counted afterwards: a worker that gives some back meanwhile skips of the others, too.
    found = await store.read(posting.tally, issue)
    return Cancelled(skipped=found.get("skipped: cancelled", 0), claimed=found.get("sending", 0))


async def approve(store: Store, issue: int, *, clock: Clock) -> None:
    """The editor has seen it: the clock releases it at its next knock. Raises DigestError."""

    def change(tx: Connection) -> None:
        _waits(tx, issue)
        reviews.set_release(tx, issue, clock())

    await store.write(change)


async def hold(store: Store, issue: int, *, clock: Clock) -> None:
    """The editor does not want it: it goes to nobody, ever. Raises DigestError."""

    def change(tx: Connection) -> None:
        _waits(tx, issue)
        found = reviews.find(tx, issue)
        assert found is not None, "a draft is what waits"
        reviews.discard(tx, found, "the editor kept it back", clock())

    await store.write(change)


@dataclass(frozen=True, slots=True, kw_only=True)
class Retried:
    """``queued``: who is tried again. ``barred``: whose address bounced or complained, or who was
    erased. ``paused``: nothing leaves before the issue is resumed."""

    queued: int
    barred: int
    paused: bool


async def retry_failed(store: Store, issue: int, *, clock: Clock) -> Retried:
    """Try what failed or is held once more, for another 20 hours. Raises DigestError."""
    now = clock()

    def change(tx: Connection, some: Sequence[int]) -> int:
        _sent(tx, issue)
        return desk.retry(tx, some, now, now + RETRY_LIFE)

    def look(tx: Connection) -> tuple[desk.IssueInfo, list[int], int]:
        return _sent(tx, issue), desk.retriable(tx, issue), desk.unreached(tx, issue)

    # Found while others write: in a large issue that takes seconds, which a join would wait.
    found, ids, unreached = await store.read(look)
    queued = 0
    for some in batches(ids):
        queued += await store.write(change, some)
        await store.catch_up()
    return Retried(queued=queued, barred=unreached - len(ids), paused=found.state == "paused")


def _sent(tx: Connection, issue: int) -> desk.IssueInfo:
    """The issue, which is one that is sent; raises DigestError where it is none."""
    found = _found(tx, issue)
    if found.state == "enrolling":
        raise DigestError(desk.half_released(issue))
    if found.state not in ("released", "paused"):
        raise DigestError(f"issue {issue} is {found.state}; nothing of it is sent any more")
    if corrected := desk.correction(tx, issue):
        raise DigestError(
            f"issue {issue} is corrected by issue {corrected}; who is sent it now would get "
            "what was wrong, and no correction"
        )
    return found


def _turn(tx: Connection, issue: int, was: tuple[str, ...], becomes: str) -> None:
    found = _found(tx, issue)
    if not desk.turn(tx, issue, was, becomes):
        if found.state == "enrolling":  # a pause would forget that not everybody is written down
            raise DigestError(desk.half_released(issue))
        raise DigestError(f"issue {issue} is {found.state}, not {' or '.join(was)}")


def _cancel(tx: Connection, issue: int) -> None:
    """From here on nothing of it is claimed; whoever waits for it is skipped batch by batch."""
    if _found(tx, issue).state == "cancelled" and claims.waiting(tx, issue, 1):
        return  # by somebody who was stopped before all were skipped
    _turn(tx, issue, ("enrolling", "released", "paused"), "cancelled")


def _waits(tx: Connection, issue: int) -> None:
    found = _found(tx, issue)
    if found.state != "draft":
        raise DigestError(f"issue {issue} is {found.state}; it does not wait for approval")


def _found(tx: Connection, issue: int) -> desk.IssueInfo:
    found = desk.find(tx, issue)
    if found is None:
        raise desk.unknown(issue)
    return found

"""A visit and its answer to what we remember, and when we come again. Pure."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from digest.collect import hops
from digest.collect.fetch import Answer, Failed, NotModified
from digest.collect.freshness import LONGEST
from digest.model import Source, SourceReport, Visit

PAUSE = timedelta(minutes=30)  # between two visits that went well
LONGEST_BACK_OFF = timedelta(days=1)
RESTING = "resting"  # how the status of one that was not due begins
BELIEF = timedelta(days=7)  # a permanent redirect is believed when it has said the same for this


def after(
    visit: Visit,
    answer: Answer,
    *,
    now: datetime,
    jitter: float,
    items: int = 0,
    undated: int = 0,
    empty: int = 0,
    error: str | None = None,
) -> Visit:
    """What to remember once ``answer`` came. ``jitter``: [0, 1). ``error``: why it was no use.

    A body that could not be read counts as a failure, and its validators are dropped: with them
    the next visit would be told "not modified" for ever.
    """
    if isinstance(answer, Failed):
        return _failed(visit, answer, now, jitter)
    # A move that led to nothing of use, such as a login, would shut the old address out for good.
    moved = visit if error else _moved(visit, answer.moved_to, now)
    next_visit = _later(now + _jittered(PAUSE, jitter), answer.fresh_until, now)
    if isinstance(answer, NotModified):
        return replace(
            moved,
            visited_at=now,
            succeeded_at=now,
            status="304",
            error=None,
            failures=0,
            next_visit=next_visit,
        )
    failures = visit.failures + 1 if error else 0
    return replace(
        moved,
        etag=None if error else answer.etag,
        last_modified=None if error else answer.last_modified,
        visited_at=now,
        succeeded_at=visit.succeeded_at if error else now,
        status=str(answer.status) if error is None else "unreadable",
        error=error,
        items=items,
        undated=undated,
        empty=empty,
        failures=failures,
        next_visit=now + _back_off(failures, jitter) if error else next_visit,
    )


def unsettled(visit: Visit, *, now: datetime, jitter: float) -> Visit:
    """``visit``, which went well, where an unchanged body may hide news: it is asked for whole."""
    return replace(visit, etag=None, last_modified=None, next_visit=now + _jittered(PAUSE, jitter))


def due(visit: Visit, now: datetime) -> bool:
    """Whether the source is to be visited at ``now``."""
    return not visit.gone and (visit.next_visit is None or visit.next_visit <= now)


def resting(source: Source, visit: Visit, now: datetime) -> SourceReport | None:
    """A source that is not to be visited now, as its report."""
    if due(visit, now):
        return None
    if visit.gone:
        cure = f"{source.location} is gone (410) and switched off; remove it or add its new address"
        return SourceReport(source=source.id, name=source.name, status="gone", error=cure)
    when = f"{visit.next_visit:%Y-%m-%d %H:%M} UTC" if visit.next_visit else "later"
    return SourceReport(
        source=source.id,
        name=source.name,
        status=f"{RESTING} until {when}",
        items=0,
        error=visit.error,
    )


def _failed(visit: Visit, answer: Failed, now: datetime, jitter: float) -> Visit:
    failures = visit.failures + 1
    return replace(
        visit,
        visited_at=now,
        status=answer.status,
        error=answer.reason,
        failures=failures,
        gone=visit.gone or answer.gone,
        next_visit=_later(now + _back_off(failures, jitter), answer.retry_at, now),
    )


def _moved(visit: Visit, moved_to: str | None, now: datetime) -> Visit:
    """``visit`` with what it heard of a permanent move: believed at once, later, or forgotten."""
    if moved_to is None:
        return replace(visit, moved_to=None, moved_since=None)
    asked = visit.url or str(visit.source)
    if hops.is_upgrade(asked, moved_to):
        return replace(visit, url=moved_to, moved_to=None, moved_since=None)
    if moved_to != visit.moved_to or visit.moved_since is None:
        return replace(visit, moved_to=moved_to, moved_since=now)
    if now - visit.moved_since >= BELIEF:
        return replace(visit, url=moved_to, moved_to=None, moved_since=None)
    return visit


def _back_off(failures: int, jitter: float) -> timedelta:
    doubled = min(PAUSE * 2 ** min(failures - 1, 16), LONGEST_BACK_OFF)
    return min(_jittered(doubled, jitter), LONGEST_BACK_OFF)


def _jittered(span: timedelta, jitter: float) -> timedelta:
    """Up to a fifth longer, so that sources do not all come due in one second."""
    return span * (1 + 0.2 * jitter)


def _later(base: datetime, asked: datetime | None, now: datetime) -> datetime:
    return max(base, min(asked, now + LONGEST)) if asked else base

"""The archive: which issues anybody may read, and what they told.

On the shelf stands what was released and not cancelled. An issue that another one puts right keeps
its address, and says so there; lists and feeds have the correction in its place. One that puts a
correction right puts right what that corrected, too.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import CTE, ColumnElement, Connection, RowMapping, Select, and_, func, select

from digest.model import Issue, NewsletterId
from digest.storage import volume
from digest.storage.schema import issues
from digest.storage.volume import Entry

T = TypeVar("T", bound=tuple[Any, ...])

READABLE = ("released", "paused")
_WITHDRAWN = "cancelled"


@dataclass(frozen=True, slots=True, kw_only=True)
class Spine:
    """An issue as a list shows it. ``until``: where its window ends; both moments aware UTC.

    ``lead``: the headline of its first story; empty for an issue without one.
    """

    id: int
    newsletter: NewsletterId
    cadence: str
    period: str
    number: int
    until: datetime
    language: str
    subject: str
    preheader: str
    released_at: datetime
    lead: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Volume:
    """An issue as its page shows it. ``correction``: the issue that puts it right, if any;
    ``intro``: the line above its stories."""

    spine: Spine
    entries: tuple[Entry, ...]
    intro: str = ""
    correction: Spine | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Withdrawn:
    """An issue that was cancelled after its release. ``correction``: as a Volume has it."""

    correction: Spine | None


_SPINE = (
    issues.c.id,
    issues.c.newsletter,
    issues.c.cadence,
    issues.c.period,
    issues.c.number,
    issues.c.until,
    issues.c.language,
    issues.c.subject,
    issues.c.preheader,
    issues.c.released_at,
    func.coalesce(issues.c.content[("stories", 0, "title")].as_string(), "").label("lead"),
)


def _pairs() -> CTE:
    """Each issue with all that put it right, also those that put a correction of it right."""
    first = select(issues.c.corrects.label("issue"), issues.c.id.label("by"))
    pairs = first.where(issues.c.corrects.is_not(None)).cte("put_right", recursive=True)
    next_ = issues.alias("next")
    return pairs.union(
        select(pairs.c.issue, next_.c.id).join(pairs, next_.c.corrects == pairs.c.by)
    )


_PUT_RIGHT = _pairs()


def version(tx: Connection) -> tuple[tuple[object, ...], ...]:
    """Changes whenever what is on the shelf does."""
    rows = tx.execute(
        select(
            issues.c.state,
            func.count(),
            func.max(issues.c.id),
            func.max(issues.c.released_at),
            func.count(issues.c.corrects),
        )
        .group_by(issues.c.state)
        .order_by(issues.c.state)
    )
    return tuple(tuple(row) for row in rows)


def spines(
    tx: Connection, newsletter: NewsletterId, *, limit: int, before: int | None = None
) -> list[Spine]:
    """The newest issues of a newsletter, of all its cadences; those numbered below ``before``."""
    asked = select(*_SPINE).where(_listed(newsletter))
    if before is not None:
        asked = asked.where(issues.c.number < before)
    return [_spine(row) for row in tx.execute(_newest(asked).limit(limit)).mappings()]


def volumes(tx: Connection, newsletter: NewsletterId, *, limit: int) -> list[Volume]:
    """The newest issues of a newsletter with what they told."""
    asked = select(*_SPINE, issues.c.content).where(_listed(newsletter))
    return [_volume(row) for row in tx.execute(_newest(asked).limit(limit)).mappings()]


def latest(tx: Connection, newsletter: NewsletterId, cadence: str) -> Volume | None:
    """The newest issue of one cadence: what a stranger may see before joining."""
    asked = select(*_SPINE, issues.c.content).where(
        _listed(newsletter), issues.c.cadence == cadence
    )
    row = tx.execute(_newest(asked).limit(1)).mappings().first()
    return _volume(row) if row else None


def latest_issue(tx: Connection, newsletter: NewsletterId, cadence: str) -> Issue | None:
    """The same as an Issue, for whoever shows it elsewhere; its texts are what was told of them."""
    found = latest(tx, newsletter, cadence)
    return volume.issue(found.spine, found.entries) if found and found.entries else None


def find(
    tx: Connection, newsletter: NewsletterId, period: str, cadences: Sequence[str]
) -> Volume | Withdrawn | None:
    """The issue of a period: of the first of ``cadences`` that has one; None where none has."""
    found = tx.execute(
        select(*_SPINE, issues.c.content, issues.c.state).where(
            issues.c.newsletter == newsletter,
            issues.c.period == period,
            issues.c.cadence.in_(cadences),
            issues.c.state.in_((*READABLE, _WITHDRAWN)),
            issues.c.released_at.is_not(None),
            issues.c.content.is_not(None),
        )
    )
    rows = {row[issues.c.cadence]: row for row in found.mappings()}
    if not rows:
        return None
    row = rows[min(rows, key=cadences.index)]
    mine = select(_PUT_RIGHT.c.by).where(_PUT_RIGHT.c.issue == row[issues.c.id])
    putting_right: Select[Any] = _newest(
        select(*_SPINE).where(_readable(newsletter), issues.c.id.in_(mine))
    )
    last = tx.execute(putting_right.limit(1)).mappings().first()
    correction = _spine(last) if last else None
    if row[issues.c.state] == _WITHDRAWN:
        return Withdrawn(correction=correction)
    return _volume(row, correction)


def content(tx: Connection, issue: int) -> Mapping[str, Any] | None:
    """What an issue told, as storage/volume.py reads it; None where it was not kept."""
    kept: Mapping[str, Any] | None = tx.execute(
        select(issues.c.content).where(issues.c.id == issue)
    ).scalar()
    return kept


def neighbours(tx: Connection, spine: Spine) -> tuple[Spine | None, Spine | None]:
    """The issues of its cadence before and after an issue."""
    same = and_(_listed(spine.newsletter), issues.c.cadence == spine.cadence)
    older = select(*_SPINE).where(same, issues.c.number < spine.number)
    newer = select(*_SPINE).where(same, issues.c.number > spine.number)
    found = (
        tx.execute(older.order_by(issues.c.number.desc()).limit(1)).mappings().first(),
        tx.execute(newer.order_by(issues.c.number).limit(1)).mappings().first(),
    )
    before, after = (_spine(row) if row else None for row in found)
    return before, after


def _readable(newsletter: NewsletterId) -> ColumnElement[bool]:
    return and_(
        issues.c.newsletter == newsletter,
        issues.c.state.in_(READABLE),
        issues.c.released_at.is_not(None),
        issues.c.content.is_not(None),
    )


def _listed(newsletter: NewsletterId) -> ColumnElement[bool]:
    """On the shelf and not put right by another that is."""
    better = issues.alias("better")
    corrected = (
        select(_PUT_RIGHT.c.issue)
        .join(better, better.c.id == _PUT_RIGHT.c.by)
        .where(better.c.state.in_(READABLE))
    )
    return and_(_readable(newsletter), issues.c.id.not_in(corrected))


def _newest(asked: Select[T]) -> Select[T]:
    return asked.order_by(issues.c.number.desc(), issues.c.id.desc())


def _volume(row: RowMapping, correction: Spine | None = None) -> Volume:
    told = row[issues.c.content]
    return Volume(
        spine=_spine(row),
        entries=volume.read(told),
        intro=volume.intro(told),
        correction=correction,
    )


def _spine(row: RowMapping) -> Spine:
    return Spine(**{column.name: row[column] for column in _SPINE})

"""Letting go of what is old: deliveries become counts, letters go, articles and reports lose
their texts.

What is old is found by a read, and changed a few hundred rows at a time, so that nobody waits
behind it. The log of consent is never touched.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, delete, exists, func, select, update

from digest.delivery import State
from digest.storage.dialect import insert
from digest.storage.postal import deliveries, tallies
from digest.storage.schema import articles, issues, letters, reports

BATCH = 500  # rows changed in one go: who joins meanwhile waits for it
FOUND = 5_000  # rows found in one go
_OPEN = (State.QUEUED.value, State.HELD.value)
_SETTLED = (State.SENT.value, State.FAILED.value, State.SKIPPED.value)


@dataclass(frozen=True, slots=True, kw_only=True)
class Old:
    """How many rows are older than they are kept."""

    deliveries: int
    letters: int
    texts: int
    originals: int


def count(
    tx: Connection,
    *,
    deliveries_by: datetime,
    letters_by: datetime,
    texts_by: datetime,
    originals_by: datetime,
) -> Old:
    """What ``prune`` would let go of, without doing it."""
    ids = finished(tx, deliveries_by)
    of = select(func.count()).select_from(deliveries).where(deliveries.c.issue.in_(ids))
    return Old(
        deliveries=int(tx.execute(of).scalar_one()) if ids else 0,
        letters=int(
            tx.execute(
                select(func.count()).select_from(letters).where(*_old_letters(letters_by))
            ).scalar_one()
        ),
        texts=int(
            tx.execute(
                select(func.count()).select_from(articles).where(*_old_texts(texts_by))
            ).scalar_one()
        ),
        originals=int(
            tx.execute(
                select(func.count()).select_from(reports).where(*_old_originals(originals_by))
            ).scalar_one()
        ),
    )


def finished(tx: Connection, before: datetime) -> list[int]:
    """The issues released before that still have rows, every one of them settled."""
    mine = deliveries.c.issue == issues.c.id
    asked = (
        select(issues.c.id)
        .where(
            func.coalesce(issues.c.released_at, issues.c.created_at) < before,
            exists().where(mine),
            ~exists().where(mine, deliveries.c.state.in_(_OPEN)),
        )
        .order_by(issues.c.id)
    )
    return list(tx.execute(asked).scalars())


def roll_up(tx: Connection, issue: int, limit: int = BATCH) -> int:
    """Make counts of a batch of an issue's deliveries; how many rows went. 0: none are left."""
    some = (
        select(deliveries.c.id)
        .where(deliveries.c.issue == issue, deliveries.c.state.in_(_SETTLED))
        .limit(limit)
    )
    gone = tx.execute(
        delete(deliveries)
        .where(deliveries.c.id.in_(some))
        .returning(deliveries.c.state, deliveries.c.skip)
    )
    ended = Counter((state, skip or "") for state, skip in gone)
    for (state, skip), number in ended.items():
        put = insert(tx, tallies).values(issue=issue, state=state, skip=skip, count=number)
        tx.execute(
            put.on_conflict_do_update(
                index_elements=[tallies.c.issue, tallies.c.state, tallies.c.skip],
                set_={"count": tallies.c.count + put.excluded.count},
            )
        )
    return ended.total()


def old_letters(tx: Connection, before: datetime, after: int) -> list[int]:
    """The next letters behind ``after`` that were settled before."""
    asked = select(letters.c.id).where(letters.c.id > after, *_old_letters(before))
    return list(tx.execute(asked.order_by(letters.c.id).limit(FOUND)).scalars())


def drop_letters(tx: Connection, ids: Sequence[int], before: datetime) -> int:
    """Delete these letters, settled before; how many."""
    these = letters.c.id.in_(ids), *_old_letters(before)
    return tx.execute(delete(letters).where(*these)).rowcount


def old_texts(tx: Connection, before: datetime, after: str) -> list[str]:
    """The next articles behind ``after`` that were first seen before and have their texts."""
    asked = select(articles.c.url).where(articles.c.url > after, *_old_texts(before))
    return list(tx.execute(asked.order_by(articles.c.url).limit(FOUND)).scalars())


def empty_texts(tx: Connection, urls: Sequence[str], before: datetime) -> int:
    """Empty these articles, first seen before; how many. What they were is still known."""
    these = articles.c.url.in_(urls), *_old_texts(before)
    return tx.execute(update(articles).where(*these).values(text="")).rowcount


def old_originals(tx: Connection, before: datetime, after: int) -> list[int]:
    """The next reports behind ``after`` that came before and have their originals."""
    asked = select(reports.c.id).where(reports.c.id > after, *_old_originals(before))
    return list(tx.execute(asked.order_by(reports.c.id).limit(FOUND)).scalars())


def empty_originals(tx: Connection, ids: Sequence[int], before: datetime) -> int:
    """Empty the originals of these reports, that came before; how many. What each said of whom is
    still known."""
    these = reports.c.id.in_(ids), *_old_originals(before)
    return tx.execute(update(reports).where(*these).values(original=b"")).rowcount


def _old_letters(before: datetime) -> tuple[ColumnElement[bool], ...]:
    return letters.c.state.in_(_SETTLED), letters.c.settled_at < before


def _old_texts(before: datetime) -> tuple[ColumnElement[bool], ...]:
    return articles.c.first_seen < before, articles.c.text != ""


def _old_originals(before: datetime) -> tuple[ColumnElement[bool], ...]:
    return reports.c.at < before, func.length(reports.c.original) > 0

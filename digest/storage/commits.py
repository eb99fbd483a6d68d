"""Changes that wait at the same time to one durable commit, each of them whole or not at all.

A commit waits some milliseconds for the disk, and SQLite takes one writer at a time: a hundred
readers a second would queue for it. Whoever waits meanwhile shares the next commit. A change that
fails takes back only its own savepoint; nobody is answered before the commit is on the disk.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError

from digest.storage.trouble import said

T = TypeVar("T")

MOST = 32  # changes to a commit: the first of them waits for the last


@dataclass(frozen=True, slots=True)
class _Waiting(Generic[T]):
    change: Callable[[Connection], T]
    answer: Future[T]


@dataclass(frozen=True, slots=True)
class _Failed:
    error: BaseException


def unhurried() -> None:
    """Of the thread that commits: when it wakes it waits its turn and pushes nobody aside.

    Where one core does both, mail leaves some 3 % quicker (sched(7), SCHED_BATCH; Linux alone).
    """
    with contextlib.suppress(AttributeError, OSError):
        os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0))


class Commits:
    """``add`` from any thread; then ``commit`` once for each, all from one thread.

    ``place``: the database's name in errors. ``before`` is called before each commit, which fails
    where it raises; ``after`` after it, once everybody has heard of it.
    """

    def __init__(
        self,
        engine: Engine,
        place: str,
        *,
        before: Callable[[], None] = lambda: None,
        after: Callable[[], None] = lambda: None,
    ) -> None:
        self._engine = engine
        self._before = before
        self._after = after
        self._place = place
        self._waiting: deque[_Waiting[Any]] = deque()

    def add(self, change: Callable[[Connection], T]) -> Future[T]:
        """What ``change`` will answer once it is committed. Cancelled in time, it never runs."""
        answer: Future[T] = Future()
        self._waiting.append(_Waiting(change, answer))
        return answer

    def commit(self) -> None:
        """Run and commit whatever waits; nothing may, where an earlier call took it along."""
        group: list[_Waiting[Any]] = []
        while self._waiting and len(group) < MOST:
            one = self._waiting.popleft()
            if one.answer.set_running_or_notify_cancel():
                group.append(one)
        if not group:
            return
        try:
            self._before()
            with self._engine.begin() as tx:
                alone = len(group) == 1  # then its savepoint would be the whole commit
                done = [one.change(tx) if alone else _try(tx, one.change) for one in group]
        except BaseException as error:  # noqa: BLE001 -- whatever it is, each waiter must hear it
            done = [_Failed(error)] * len(group)
        for one, outcome in zip(group, done, strict=True):
            if isinstance(outcome, _Failed):
                one.answer.set_exception(self._said(outcome.error))
            else:
                one.answer.set_result(outcome)
        self._after()

    def _said(self, error: BaseException) -> BaseException:
        if not isinstance(error, DBAPIError | sqlite3.Error):
            return error
        spoken = said(error, self._place)
        spoken.__cause__ = error
        return spoken


def _try(tx: Connection, change: Callable[[Connection], T]) -> T | _Failed:
    mark = tx.begin_nested()
    try:
        answer = change(tx)
        mark.commit()
    except Exception as error:  # noqa: BLE001 -- the next change must not suffer for it
        try:
            mark.rollback()
        except DBAPIError:
            # A full or broken disk makes SQLite take back everything: then nobody's change is kept.
            raise error from None
        return _Failed(error)
    return answer

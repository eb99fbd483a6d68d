"""A form that was let in to one act, however often its button is pressed. In memory.

A second press that came a moment later brings a stamp and a proof that are used up. It is the same
form, so it hears what the first one hears.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

TWICE = timedelta(minutes=1)  # later it is no second press: something may have happened since
OWED = timedelta(minutes=10)  # what came to nothing may be tried again without a new form


class Pressed:
    """Forms by what tells one from any other."""

    def __init__(self) -> None:
        # When it was let in last, and what it came to; None: nothing.
        self._forms: OrderedDict[bytes, tuple[datetime, asyncio.Task[None] | None]] = OrderedDict()

    def knows(self, mark: bytes, now: datetime) -> bool:
        """Whether this form was let in and need not be looked at again."""
        while self._forms and next(iter(self._forms.values()))[0] < now - OWED:
            self._forms.popitem(last=False)
        at, task = self._forms.get(mark, (now, None))
        return mark in self._forms and (task is None or not task.done() or now - at <= TWICE)

    async def act(self, mark: bytes, now: datetime, act: Callable[[], Awaitable[None]]) -> None:
        """Do it, unless it is under way or done. It goes on where who asked does not wait.

        Raises what it raised, for everybody who waits for it.
        """
        _, task = self._forms.get(mark, (now, None))
        if task is None or (task.done() and not self.knows(mark, now)):
            task = asyncio.ensure_future(act())
            self._forms[mark] = now, task
            self._forms.move_to_end(mark)
            task.add_done_callback(lambda task: self._ended(mark, now, task))
        await asyncio.shield(task)

    def _ended(self, mark: bytes, now: datetime, task: asyncio.Task[None]) -> None:
        if (task.cancelled() or task.exception()) and self._forms.get(mark) == (now, task):
            self._forms[mark] = now, None

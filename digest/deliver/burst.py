"""What connections write in one round of the loop, one write right after the other.

Answers come together when mail leaves fast. Written one by one between our own work, each message
would wake a relay that had just fallen asleep; written together they wake it once.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from weakref import WeakKeyDictionary

Write = Callable[[Sequence[bytes]], object]


class Burst:
    """``add`` in the order in which the writes of a connection are to leave."""

    __slots__ = ("_loop", "_waiting")

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._waiting: list[tuple[asyncio.Transport, Write, Sequence[bytes]]] = []

    def add(self, transport: asyncio.Transport, write: Write, parts: Sequence[bytes]) -> None:
        """Write ``parts`` once all that has come by now is dealt with."""
        if not self._waiting:
            self._loop.call_soon(self.flush)
        self._waiting.append((transport, write, parts))

    def flush(self) -> None:
        """Write now: before a connection writes by itself, for one."""
        waiting, self._waiting = self._waiting, []
        for transport, write, parts in waiting:
            if not transport.is_closing():
                write(parts)


_bursts: WeakKeyDictionary[asyncio.AbstractEventLoop, Burst] = WeakKeyDictionary()


def here() -> Burst:
    """The one of the running loop: all its connections write together."""
    loop = asyncio.get_running_loop()
    found = _bursts.get(loop)
    if found is None:
        found = _bursts[loop] = Burst(loop)
    return found

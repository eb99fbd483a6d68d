"""What connections write in one round of the loop, one write right after the other.

Answers come together when mail leaves fast. Written one by one between our own work, each message
would wake a relay that had just fallen asleep; written together they wake it once.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from weakref import WeakKeyDictionary

Write = Callable[[Sequence[bytes]], object]


class Burst:
    """``add`` in the order in which the writes of a connection are to leave."""

    __slots__ = ("_waiting",)

    def __init__(self) -> None:
        self._waiting: deque[tuple[asyncio.Transport, Write, Sequence[bytes]]] = deque()

    def add(self, transport: asyncio.Transport, write: Write, parts: Sequence[bytes]) -> None:
        """Write ``parts`` once all that has come by now is dealt with."""
        if not self._waiting:
            asyncio.get_running_loop().call_soon(self.flush)
        self._waiting.append((transport, write, parts))

    def flush(self) -> None:
        """Write now: before a connection writes by itself, for one."""
        while self._waiting:
            transport, write, parts = self._waiting.popleft()
            if transport.is_closing():
                continue
            try:
                write(parts)
            except BaseException:
                transport.abort()  # its messages are settled, and the others' go on
                if self._waiting:
                    asyncio.get_running_loop().call_soon(self.flush)
                raise


_bursts: WeakKeyDictionary[asyncio.AbstractEventLoop, Burst] = WeakKeyDictionary()


def here() -> Burst:
    """The one of the running loop: all its connections write together."""
    loop = asyncio.get_running_loop()
    found = _bursts.get(loop)
    if found is None:
        found = _bursts[loop] = Burst()
    return found

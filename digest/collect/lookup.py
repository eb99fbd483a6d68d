"""A host's name to its addresses, by the system, within some seconds.  ~ world

The system may ask a silent name server for a minute, and nobody can stop it. So it is asked in a
thread that nobody waits for, not when its time is over and not at the end of the program.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import threading
from collections.abc import Callable, Sequence
from typing import Any

from aiohttp.abc import AbstractResolver, ResolveResult

SECONDS = 10.0
_NUMERIC = socket.AI_NUMERICHOST | socket.AI_NUMERICSERV

Info = tuple[int, int, int, str, Any]
Ask = Callable[[str, int, int], Sequence[Info]]  # host, port, family


class SilentNames(OSError):
    """No name server has answered in time."""


def system(host: str, port: int, family: int) -> Sequence[Info]:
    """What the system says: /etc/hosts, then its name servers. Raises OSError."""
    return socket.getaddrinfo(host, port, family, socket.SOCK_STREAM, flags=socket.AI_ADDRCONFIG)


class Lookup(AbstractResolver):
    """The resolver of aiohttp's connector. ``seconds``: how long one name may take."""

    def __init__(self, ask: Ask = system, *, seconds: float = SECONDS) -> None:
        self._ask = ask
        self._seconds = seconds

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """Raises OSError where there is no such name; SilentNames."""
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[Sequence[Info]] = loop.create_future()

        def tell(infos: Sequence[Info], error: OSError | None) -> None:
            if answer.done():  # too late
                return
            if error:
                answer.set_exception(error)
            else:
                answer.set_result(infos)

        def ask() -> None:
            infos: Sequence[Info] = ()
            trouble: OSError | None = None
            try:
                infos = self._ask(host, port, family)
            except (OSError, UnicodeError) as error:
                trouble = error if isinstance(error, OSError) else OSError(str(error))
            with contextlib.suppress(RuntimeError):  # the program has ended meanwhile
                loop.call_soon_threadsafe(tell, infos, trouble)

        threading.Thread(target=ask, name=f"lookup {host}", daemon=True).start()
        try:
            async with asyncio.timeout(self._seconds):
                infos = await answer
        except TimeoutError as error:
            raise SilentNames(f"no answer within {self._seconds:g} s") from error
        return [
            ResolveResult(
                hostname=host,
                host=address[0],
                port=address[1],
                family=found,
                proto=protocol,
                flags=_NUMERIC,
            )
            for found, _, protocol, _, address in infos
        ]

    async def close(self) -> None:
        pass

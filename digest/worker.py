"""The queue's door: a dispatch that runs until there is nothing left for it, or until it is told.

SIGTERM and Ctrl-C stop it gently: nothing more is claimed, what is on the wire is finished and
kept, and what never left is queued again.
"""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager
from typing import Any, TypeVar

from digest.config.settings import Settings
from digest.services import release
from digest.services.dispatch import Dispatch, Progress, Until, nothing_due
from digest.wiring import Means, post

T = TypeVar("T")

TRIES = 40  # of a database that cannot be written, ten minutes or so, where somebody waits for it
SIGNALS = (signal.SIGTERM, signal.SIGINT)


async def work(
    settings: Settings,
    tools: Means,
    ring: Sequence[bytes],
    *,
    until: Until,
    only_letters: bool = False,
    show: Callable[[Progress], None] = lambda _: None,
    tell: Callable[[str], None] = lambda _: None,
) -> tuple[Progress, bool]:
    """Finish releases that were cut short, then dispatch; whether a signal ended it.

    ``tell`` hears troubles, a sentence each. Raises DigestError where database or journal fail.
    """
    await release.finish(tools.store, clock=tools.clock)
    async with (
        engine(settings, tools, ring, only_letters=only_letters, show=show, tell=tell) as dispatch,
        _stopped_by_signals(dispatch) as told,
    ):
        progress = await dispatch.run(until, tries=TRIES if until is nothing_due else None)
    return progress, told.is_set()


@asynccontextmanager
async def engine(
    settings: Settings,
    tools: Means,
    ring: Sequence[bytes],
    *,
    only_letters: bool = False,
    show: Callable[[Progress], None] = lambda _: None,
    tell: Callable[[str], None] = lambda _: None,
) -> AsyncIterator[Dispatch]:
    """A dispatch that is ready to run, for who hears the signals elsewhere."""
    async with post.signer(settings) as sign:
        yield post.dispatch(
            settings, tools, ring, sign=sign, only_letters=only_letters, show=show, tell=tell
        )


@asynccontextmanager
async def _stopped_by_signals(dispatch: Dispatch) -> AsyncIterator[asyncio.Event]:
    loop = asyncio.get_running_loop()
    told = asyncio.Event()

    def stop() -> None:
        told.set()
        dispatch.stop()

    for number in SIGNALS:
        # Not in every thread, and not on every system, can a loop hear them.
        with contextlib.suppress(NotImplementedError, RuntimeError, ValueError):
            loop.add_signal_handler(number, stop)
    try:
        yield told
    finally:
        for number in SIGNALS:
            with contextlib.suppress(NotImplementedError, RuntimeError, ValueError):
                loop.remove_signal_handler(number)


def run(main: Coroutine[Any, Any, T]) -> T:
    """Run ``main`` on the fastest loop there is: uvloop, where it is installed."""
    try:
        import uvloop
    except ImportError:
        return asyncio.run(main)
    result: T = uvloop.run(main)
    return result

"""The queue's door: a dispatch that runs until there is nothing left for it, or until it is told.

SIGTERM, Ctrl-C and SIGHUP stop it gently: nothing more is claimed, what is on the wire is finished
and kept, and what never left is queued again.
"""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from typing import Any, TypeVar

from digest import curfew
from digest.config.settings import Settings
from digest.deliver.progress import Progress
from digest.errors import DigestError
from digest.services import release
from digest.services.dispatch import Dispatch, Until, nothing_due
from digest.wiring import Means, post

T = TypeVar("T")

TRIES = 40  # of a database that cannot be written, ten minutes or so, where somebody waits for it
SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


class Ears:
    """Whether we were told to stop; ``then`` is what is done about it, at once if it was before."""

    def __init__(self) -> None:
        self._told = False
        self._act: Callable[[], None] = lambda: None

    def told(self) -> bool:
        return self._told

    def then(self, act: Callable[[], None]) -> None:
        self._act = act
        if self._told:
            act()

    def hear(self) -> None:
        self._told = True
        self._act()


@contextmanager
def listening() -> Iterator[Ears]:
    """From here on no signal of ``SIGNALS`` breaks anything off: they are heard. For a loop's own
    thread.

    Around what must not be left half done without a word, and around nothing longer.
    """
    loop = asyncio.get_running_loop()
    ears = Ears()
    before = {number: signal.getsignal(number) for number in SIGNALS}
    if before[signal.SIGHUP] is signal.SIG_IGN:  # nohup: it is to outlive its terminal
        del before[signal.SIGHUP]
    for number in before:
        # Not in every thread, and not on every system, can a loop hear them.
        with contextlib.suppress(NotImplementedError, RuntimeError, ValueError):
            loop.add_signal_handler(number, ears.hear)
    try:
        yield ears
    finally:
        for number in before:
            with contextlib.suppress(NotImplementedError, RuntimeError, ValueError):
                if loop.remove_signal_handler(number):
                    signal.signal(number, before[number] or signal.SIG_DFL)


async def work(
    settings: Settings,
    tools: Means,
    ring: Sequence[bytes],
    *,
    until: Until,
    only_letters: bool = False,
    show: Callable[[Progress], None] = lambda _: None,
    tell: Callable[[str], None] = lambda _: None,
    ears: Ears | None = None,
) -> tuple[Progress, bool]:
    """Finish releases that were cut short, then dispatch; whether a signal ended it.

    ``tell`` hears troubles, a sentence each; ``ears`` are the caller's, where it listens already.
    Raises DigestError where database or journal fail, Halted where a signal ended it before all
    was released, Misconfigured where a relay's secret or a key is missing: then nothing is done.
    """
    post.equipped(settings)
    with contextlib.ExitStack() as stack:
        ears = ears or stack.enter_context(listening())

        def hurry() -> None:
            stack.callback(curfew.begin(settings.deliver.drain_seconds, tell))

        ears.then(hurry)
        await release.finish(tools.store, clock=tools.clock, halt=ears.told)
        async with engine(
            settings, tools, ring, only_letters=only_letters, show=show, tell=tell
        ) as dispatch:

            def stop() -> None:
                dispatch.stop()
                hurry()

            ears.then(stop)
            async with _finishing(tools):
                progress = await dispatch.run(until, tries=TRIES if until is nothing_due else None)
    return progress, ears.told()


@asynccontextmanager
async def _finishing(tools: Means, every: float = 60.0) -> AsyncIterator[None]:
    """Meanwhile look each minute for releases that were cut short, and go on with them."""

    async def finish() -> None:
        while True:
            await asyncio.sleep(every)
            with contextlib.suppress(DigestError):  # dispatch tells what is wrong with the database
                await release.finish(tools.store, clock=tools.clock)

    task = asyncio.create_task(finish())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait([task])


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


def run(main: Coroutine[Any, Any, T]) -> T:
    """Run ``main`` on the fastest loop there is: uvloop, where it is installed."""
    try:
        import uvloop
    except ImportError:
        return asyncio.run(main)
    result: T = uvloop.run(main)
    return result

"""Run one pure function in a process that can be killed, under a limit of time and memory.  ~ world

Hostile input can hang or crash a parser (a feed of 100,000 nested tags, a template that loops for
ever). A job in a process pool cannot be stopped and its death breaks the pool; here every worker
has a pipe of its own, and one that is late or dead is replaced while the others go on.
"""

from __future__ import annotations

import asyncio
import contextlib
import multiprocessing
import resource
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerContext, ForkServerProcess
from typing import ParamSpec, Protocol, Self, TypeVar

from digest.errors import DigestError, Permanent, Temporary

P = ParamSpec("P")
T = TypeVar("T")

# What the fork server imports once, so that a new worker is a fork and not a second of imports.
PRELOAD = ("digest.curate.extract", "digest.collect.feeds", "digest.compose.proofread")
PATIENCE = 6.0  # times the limit, by the clock: a machine may have little time for a worker
SOON = 0.05  # seconds between two looks at the time that a worker has had


class Stopped(Permanent):
    """The time limit was reached."""


class Isolate(Protocol):
    """``await isolate(function, *args)``: the function's value, or the DigestError it raised.

    Function and arguments must pickle. Raises Stopped when the time limit is reached, Permanent
    when the worker dies, naming the function, and Temporary where none can be started.
    """

    async def __call__(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T: ...


class _Worker:
    """A process and our end of its pipe. It answers in the order in which it is asked."""

    def __init__(self, process: ForkServerProcess, pipe: Connection) -> None:
        self._process = process
        self._pipe = pipe
        self._sending = asyncio.Lock()
        self._last = asyncio.Event()  # the answer before the next is read
        self._last.set()
        self.jobs = 0

    async def ask(self, job: tuple[object, ...], seconds: float) -> tuple[bool, object]:
        """Whether it answered within ``seconds`` of its processor's time, and its answer."""
        before, self._last = self._last, asyncio.Event()
        mine = self._last
        try:
            async with self._sending:
                await asyncio.to_thread(_send, self._pipe, job)
            await before.wait()
            return await asyncio.to_thread(self._hear, job, seconds)
        finally:
            mine.set()

    def kill(self) -> None:
        self._process.kill()
        self._process.join()
        self._pipe.close()

    def _hear(self, job: tuple[object, ...], seconds: float) -> tuple[bool, object]:
        began, until = self._spent(), time.monotonic() + seconds * PATIENCE
        left = seconds
        try:
            while not self._pipe.poll(max(SOON, left)):
                left = min(seconds - (self._spent() - began), until - time.monotonic())
                if left <= 0:
                    return False, None
            return True, self._pipe.recv()
        except (EOFError, OSError) as error:
            raise _crashed(job) from error

    def _spent(self) -> float:
        """Seconds of a processor that it has had; of the clock where Linux does not tell them."""
        try:
            # The clock of another process, as clock_getcpuclockid(3) numbers it.
            return time.clock_gettime(~(self._process.pid or 0) << 3 | 2)
        except OSError:
            return time.monotonic()


class Workers:
    """At most ``count`` worker processes, started when first needed; an async context manager.

    ``seconds``: of a processor, for one job; by the clock it may be PATIENCE times as long.
    ``ahead``: how many jobs each may have, of which it does one and the others wait in its pipe.
    More than one is for jobs that are trusted: a worker that is stopped takes them all along.
    """

    def __init__(
        self,
        *,
        count: int = 2,
        ahead: int = 1,
        seconds: float = 10.0,
        memory_bytes: int = 1_500_000_000,
        preload: tuple[str, ...] = PRELOAD,
    ) -> None:
        self._count = count
        self._seconds = seconds
        self._memory = memory_bytes
        self._places = asyncio.Semaphore(count * ahead)
        self._choosing = asyncio.Lock()
        self._workers: list[_Worker] = []

        self._context: ForkServerContext = multiprocessing.get_context("forkserver")
        self._context.set_forkserver_preload(list(preload))

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        while self._workers:
            self._workers.pop().kill()

    async def __call__(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        async with self._places:
            worker = await self._chosen()
            try:
                answered, value = await worker.ask((function, args, kwargs), self._seconds)
            except BaseException:
                # Ctrl-C, a cancelled task, a dead worker: nobody will read this pipe again.
                self._dismiss(worker)
                raise
            finally:
                worker.jobs -= 1
            if not answered:
                self._dismiss(worker)
                raise Stopped(
                    f"{_name(function)} was stopped after {self._seconds:g} s: the input is too "
                    "costly to read"
                )
        if isinstance(value, _Raised):
            raise value.error
        return value  # type: ignore[return-value]  # -- the pipe carries what function returned

    async def _chosen(self) -> _Worker:
        """The one with the fewest jobs, or a new one where each has some and there may be more."""
        async with self._choosing:
            worker = min(self._workers, key=lambda one: one.jobs, default=None)
            if worker is None or (worker.jobs and len(self._workers) < self._count):
                worker = await asyncio.to_thread(self._start)
                self._workers.append(worker)
            worker.jobs += 1
            return worker

    def _dismiss(self, worker: _Worker) -> None:
        if worker in self._workers:
            self._workers.remove(worker)
        worker.kill()

    def _start(self) -> _Worker:
        ours, theirs = self._context.Pipe()
        process = self._context.Process(target=_serve, args=(theirs, self._memory), daemon=True)
        try:
            process.start()
        except (EOFError, OSError) as error:  # too many processes, or the fork server was killed
            ours.close()
            raise Temporary(f"no process can be started to work in: {error}") from error
        finally:
            theirs.close()
        return _Worker(process, ours)


@dataclass(frozen=True, slots=True)
class _Raised:
    error: DigestError


def _send(pipe: Connection, job: tuple[object, ...]) -> None:
    try:
        pipe.send(job)
    except (EOFError, OSError) as error:
        raise _crashed(job) from error


def _crashed(job: tuple[object, ...]) -> Permanent:
    return Permanent(f"{_name(job[0])} crashed: the input cannot be read")


def _serve(pipe: Connection, memory_bytes: int) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent to decide
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    with contextlib.suppress(EOFError, OSError):
        while True:
            function, args, kwargs = pipe.recv()
            pipe.send(_answer(function, args, kwargs))


def _answer(
    function: Callable[..., object], args: tuple[object, ...], kwargs: dict[str, object]
) -> object:
    try:
        return function(*args, **kwargs)
    except DigestError as error:
        return _Raised(error)
    except (MemoryError, RecursionError) as error:
        return _Raised(Permanent(f"{_name(function)} gave up: {type(error).__name__}"))
    except Exception as error:  # noqa: BLE001 -- a parser's own error must not kill the worker
        return _Raised(Permanent(f"{_name(function)} failed: {type(error).__name__}: {error}"))


def _name(function: object) -> str:
    return f"{getattr(function, '__module__', '?')}.{getattr(function, '__qualname__', '?')}"

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
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerContext, ForkServerProcess
from types import TracebackType
from typing import ParamSpec, Protocol, Self, TypeVar

from digest.errors import DigestError, Permanent

P = ParamSpec("P")
T = TypeVar("T")

# What the fork server imports once, so that a new worker is a fork and not a second of imports.
PRELOAD = ("digest.curate.extract", "digest.collect.feeds", "digest.compose.proofread")


class Stopped(Permanent):
    """The time limit was reached."""


class Isolate(Protocol):
    """``await isolate(function, *args)``: the function's value, or the DigestError it raised.

    Function and arguments must pickle. Raises Stopped when the time limit is reached, Permanent
    when the worker dies, naming the function.
    """

    async def __call__(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T: ...


@dataclass(slots=True)
class _Worker:
    process: ForkServerProcess
    pipe: Connection

    def kill(self) -> None:
        self.process.kill()
        self.process.join()
        self.pipe.close()


class Workers:
    """At most ``count`` worker processes, started when first needed; an async context manager."""

    def __init__(
        self,
        *,
        count: int = 2,
        seconds: float = 10.0,
        memory_bytes: int = 1_500_000_000,
        preload: tuple[str, ...] = PRELOAD,
    ) -> None:
        self._seconds = seconds
        self._memory = memory_bytes
        self._places = asyncio.Semaphore(count)
        self._idle: list[_Worker] = []

        self._context: ForkServerContext = multiprocessing.get_context("forkserver")
        self._context.set_forkserver_preload(list(preload))

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        while self._idle:
            self._idle.pop().kill()

    async def __call__(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        async with self._places:
            worker = self._idle.pop() if self._idle else await asyncio.to_thread(self._start)
            try:
                answered, value = await asyncio.to_thread(
                    _ask, worker, (function, args, kwargs), self._seconds
                )
            except BaseException:
                # Ctrl-C, a cancelled task, a dead worker: nobody will read this pipe again.
                worker.kill()
                raise
            if not answered:
                worker.kill()
                raise Stopped(
                    f"{_name(function)} was stopped after {self._seconds:g} s: the input is too "
                    "costly to read"
                )
            self._idle.append(worker)
        if isinstance(value, _Raised):
            raise value.error
        return value  # type: ignore[return-value]  # -- the pipe carries what function returned

    def _start(self) -> _Worker:
        ours, theirs = self._context.Pipe()
        process = self._context.Process(target=_serve, args=(theirs, self._memory), daemon=True)
        process.start()
        theirs.close()
        return _Worker(process, ours)


@dataclass(frozen=True, slots=True)
class _Raised:
    error: DigestError


def _ask(worker: _Worker, job: tuple[object, ...], seconds: float) -> tuple[bool, object]:
    function = job[0]
    try:
        worker.pipe.send(job)
        if not worker.pipe.poll(seconds):
            return False, None
        return True, worker.pipe.recv()
    except (EOFError, OSError) as error:
        raise Permanent(f"{_name(function)} crashed: the input cannot be read") from error


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

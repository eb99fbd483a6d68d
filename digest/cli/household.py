"""The life of ``digest run``: one generation of pages, clock and sending for each configuration.

A new generation begins where the old one has drained. The socket stays open in between, and who
knocks meanwhile waits a moment, and hears 503 where that is not enough or none can begin.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import threading
import time
from collections.abc import AsyncIterator, Iterator
from enum import Enum
from pathlib import Path
from uuid import uuid4

from starlette.types import ASGIApp, Receive, Scope, Send

from digest import curfew, logs, supervisor, wiring, worker
from digest.cli import serving
from digest.config import load, secret
from digest.config.settings import Settings
from digest.errors import DigestError, Temporary
from digest.scheduler import Clockwork
from digest.scheduler.leader import Leader
from digest.services.dispatch import for_ever
from digest.storage import database
from digest.web import pulse
from digest.wiring import bounces as coming_back
from digest.wiring import post

log = logs.logger("digest.run")

WEB_DRAIN = 5  # seconds that requests under way are given
LEAVE = 0.5  # seconds for the threads to end, once everything is kept
RECOVER = 5.0  # seconds before what failed is begun anew


class Next(Enum):
    """What comes after a generation."""

    END = "end"
    RELOAD = "reload"
    AGAIN = "again"  # sending failed; with the same configuration


class Front:
    """What the server calls: the pages in force, and between two generations a wait for them."""

    def __init__(self) -> None:
        self._app: ASGIApp | None = None
        self._known = asyncio.Event()  # whether there are pages, or none for now
        self._inside = 0
        self._empty = asyncio.Event()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if not pulse.is_healthz(scope):
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(pulse.PATIENCE):
                    await self._known.wait()
        if self._app is None:
            await pulse.absent(scope, receive, send)
            return
        self._inside += 1
        self._empty.clear()
        try:
            await self._app(scope, receive, send)
        except asyncio.CancelledError:
            log.info("request.cut")  # it had its time, and the server would tell a traceback
            with contextlib.suppress(Exception):
                await _come_back(send)
        finally:
            self._inside -= 1
            if not self._inside:
                self._empty.set()

    @contextlib.asynccontextmanager
    async def showing(self, app: ASGIApp) -> AsyncIterator[None]:
        self._app = app
        self._known.set()
        try:
            yield
        finally:
            self._app = None
            self._known.clear()
            if self._inside:
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(WEB_DRAIN):
                        await self._empty.wait()

    def closed(self) -> None:
        """There will be no pages for now: nobody need wait for them."""
        self._known.set()


class Server(serving.Server):
    """A server that leaves the signals to us."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


class Household:
    """One ``digest run``. ``path``: the config.toml that a reload reads."""

    def __init__(
        self, path: Path, settings: Settings, ring: tuple[bytes, ...], door: socket.socket
    ) -> None:
        self._path = path
        self._settings = settings
        self._ring = ring
        self._before: tuple[Settings, tuple[bytes, ...]] | None = None  # until what is new lives
        self._door = door
        self._holder = f"{socket.gethostname()}:{os.getpid()}:{uuid4().hex[:8]}"
        self._told: Next | None = None
        self._heard = asyncio.Event()
        self._front = Front()
        self._lived = False
        self._server: Server | None = None

    async def live(self) -> None:
        """Until SIGTERM or Ctrl-C. Raises DigestError where it cannot begin."""
        loop = asyncio.get_running_loop()
        for number in worker.SIGNALS:
            loop.add_signal_handler(number, self._tell, Next.END)
        # In place of an end: another generation takes up the configuration.
        loop.add_signal_handler(signal.SIGHUP, self._tell, Next.RELOAD)
        host, port = self._door.getsockname()[:2]
        self._server = server = Server(serving.options(self._front, host, port, drain=WEB_DRAIN))
        serving_it = asyncio.create_task(server.serve(sockets=[self._door]))
        try:
            while await self._generation() is not Next.END:
                pass
        finally:
            supervisor.tell(supervisor.STOPPING)
            server.should_exit = True
            await serving_it
        _wait_for_no_thread()

    def _tell(self, what: Next) -> None:
        if self._told is not Next.END:
            self._told = what
        if what is Next.END:
            if not self._lived:
                # Opening the database may wait for others, and is kept whole or not at all.
                log.info("run.drains", then=what.value)
                os._exit(0)
            if self._server:
                self._server.should_exit = True  # now: readers and relays drain side by side
            drain = max(WEB_DRAIN, self._settings.deliver.drain_seconds)
            curfew.begin(drain, lambda said: log.error("run.cut", why=said))
        self._heard.set()

    async def _generation(self) -> Next:
        settings = self._settings
        self._told = None
        self._heard.clear()
        try:
            after = await self._lives(settings)
        except DigestError as error:
            if not self._lived:
                raise
            after = await self._failed(error)
            if after is Next.END:
                raise
        if after is Next.RELOAD:
            self._reload()
        return after

    async def _lives(self, settings: Settings) -> Next:
        """One configuration's time: until a signal, or until sending fails."""
        if self._lived and not self._before:
            database.refuse_gone(settings.storage.url)
        async with (
            wiring.tools(settings) as tools,
            worker.engine(settings, tools, self._ring, tell=_trouble) as dispatch,
            self._front.showing(serving.pages(settings, tools, self._ring)),
        ):
            leader = Leader(tools.store, self._holder, seconds=time.monotonic, clock=tools.clock)
            clockwork = Clockwork(settings, tools, self._ring, leader, seconds=time.monotonic)
            sending = asyncio.create_task(dispatch.run(for_ever))
            ticking = asyncio.create_task(clockwork.run())
            hearing = asyncio.create_task(self._heard.wait())
            supervisor.tell(supervisor.READY)
            log.info("run.ready", newsletters=list(settings.newsletters))
            self._lived, self._before = True, None
            try:
                await asyncio.wait((sending, ticking, hearing), return_when=asyncio.FIRST_COMPLETED)
                if self._told is not None:
                    log.info("run.drains", then=self._told.value)
            finally:
                dispatch.stop()
                ticking.cancel()
                hearing.cancel()
                await asyncio.wait((sending, ticking))
                if self._told is not Next.RELOAD:
                    await leader.resign()
            sending.result()
            if not ticking.cancelled():
                ticking.result()
        return self._told or Next.AGAIN

    async def _failed(self, error: DigestError) -> Next:
        """What comes after a generation that broke: the configuration before it, where the new one
        cannot begin, such as one whose key is missing; else the same once more, in a moment."""
        if before := self._before:
            moved = before[0].storage.url != self._settings.storage.url
            if moved or not isinstance(error, Temporary):
                log.error("config.refused", why=str(error))
                (self._settings, self._ring), self._before = before, None
                return self._told or Next.AGAIN
        log.error("run.failed", why=str(error))
        self._front.closed()
        await self._pause()
        return self._told or Next.AGAIN

    def _reload(self) -> None:
        """Take up the configuration as it is now; a broken one changes nothing, and is told."""
        supervisor.tell(supervisor.RELOADING)
        try:
            settings = load.load(self._path, os.environ, here=Path.cwd()).settings
            ring = secret.make_and_read(settings.folder)
            post.relays(settings)  # their secrets, and below those of the webhooks
            coming_back.seals(settings)
        except DigestError as error:
            log.error("config.refused", why=str(error))
            return
        was = self._settings
        if (was.web.host, was.web.port) != (settings.web.host, settings.web.port):
            log.warning("config.waits", why="web.host and web.port change with the next start")
        self._before = self._before or (was, self._ring)
        self._settings, self._ring = settings, ring
        log.info("config.taken", newsletters=list(settings.newsletters))

    async def _pause(self) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(RECOVER):
                await self._heard.wait()


async def _come_back(send: Send) -> None:
    """Answer a request that is cut short; an error where its answer has begun."""
    headers = [(b"retry-after", b"5"), (b"connection", b"close")]
    await send({"type": "http.response.start", "status": 503, "headers": headers})
    await send({"type": "http.response.body", "body": b""})


def _wait_for_no_thread() -> None:
    """End soon, though a thread may still wait for a mailbox or a name: all is kept by now."""
    soon = threading.Timer(LEAVE, os._exit, (0,))
    soon.daemon = True
    soon.start()


def _trouble(said: str) -> None:
    log.warning("relay.troubled", why=said)

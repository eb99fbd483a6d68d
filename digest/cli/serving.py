"""The readers' pages as ``digest web`` and ``digest run`` serve them."""

from __future__ import annotations

import asyncio
import os
import socket

import uvicorn
from fastapi import FastAPI
from starlette.types import ASGIApp
from uvicorn.protocols.http.h11_impl import H11Protocol

from digest import supervisor
from digest.config import secret
from digest.config.settings import Settings
from digest.errors import Misconfigured
from digest.web import pulse
from digest.web.app import application
from digest.web.hooks import Hooks
from digest.web.porch import HEADER_BYTES
from digest.wiring import Tools
from digest.wiring import bounces as coming_back

CONNECTIONS = 512
TICKS = 50  # of a tenth of a second, between two words that we are alive
NAP = 5  # ticks between two looks: who is idle need not wake ten times a second


def pages(settings: Settings, tools: Tools, ring: tuple[bytes, ...]) -> FastAPI:
    """The application with its webhooks. Raises Misconfigured for an unset secret."""
    heard = Hooks(
        seals=coming_back.seals(settings),
        acts=coming_back.acts(ring),
        rules=coming_back.bounce_rules(settings),
        fetch=tools.fetch,
    )
    return application(
        settings,
        store=tools.store,
        ring=ring,
        clock=tools.clock,
        heard=heard,
        metrics_token=secret.from_environment(pulse.TOKEN, os.environ) or "",
    )


def listening(host: str, port: int) -> socket.socket:
    """The socket that readers knock at. Raises Misconfigured where it cannot be had."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    door = socket.socket(family, socket.SOCK_STREAM)
    try:
        door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        door.bind((host, port))
        door.listen(2048)
    except OSError as error:
        door.close()
        raise Misconfigured(
            "web.port",
            f"is {port}, and {host} cannot be listened on there ({error.strerror or error}); stop "
            "what has it, or say another with --port",
        ) from error
    return door


def options(app: ASGIApp, host: str, port: int, *, drain: int = 10) -> uvicorn.Config:
    """How it is served. ``drain``: seconds that requests under way are given at the end."""
    return uvicorn.Config(
        app,
        host=host,
        port=port,
        http=Prompt,
        ws="none",
        lifespan="off",
        log_config=None,  # logs.set_up has seen to it
        access_log=False,  # addresses of pages hold tokens
        server_header=False,
        proxy_headers=False,  # web.trusted_proxies says whom we believe
        h11_max_incomplete_event_size=HEADER_BYTES,
        limit_concurrency=CONNECTIONS,
        timeout_keep_alive=5,
        timeout_graceful_shutdown=drain,
    )


class Prompt(H11Protocol):
    """A connection that must have asked for something within ``seconds``.

    Uvicorn waits for ever for the end of a head: half of one on each of CONNECTIONS, and no reader
    is let in any more. How long a body and an answer take, web/porch.py bounds.
    """

    seconds = 20.0
    _late: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # -- as uvicorn has it
        super().connection_made(transport)
        self._await_head()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        self._await_head()

    def _unsupported_upgrade_warning(self) -> None:
        """Nothing: Uvicorn would tell operators to install what these pages have no use for."""

    def connection_lost(self, exc: Exception | None) -> None:
        if self._late:
            self._late.cancel()
        super().connection_lost(exc)

    def _await_head(self) -> None:
        if self._late:
            self._late.cancel()
        self._late = self.loop.call_later(self.seconds, self._hang_up)

    def _hang_up(self) -> None:
        if self.cycle is None or self.cycle.response_complete:
            self.transport.close()


class Server(uvicorn.Server):
    """A server that tells the supervisor that it lives."""

    async def main_loop(self) -> None:
        counter = 0
        while not await self.on_tick(counter):
            counter = (counter + NAP) % 864_000
            await asyncio.sleep(NAP / 10)

    async def on_tick(self, counter: int) -> bool:
        if counter % TICKS == 0:
            supervisor.tell(supervisor.ALIVE)
        return await super().on_tick(counter)

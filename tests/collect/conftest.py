"""A web of one's own on 127.0.0.1: ``web`` serves what a test names, ``rude`` speaks raw bytes."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field

import pytest
from aiohttp import web as aio

Handler = Callable[[aio.Request], Awaitable[aio.StreamResponse]]
Talk = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@dataclass
class Web:
    """A real HTTP server. What is not named answers 404; every request is kept in ``asked``."""

    base: str = ""  # http://127.0.0.1:PORT
    asked: list[aio.Request] = field(default_factory=list)
    pages: dict[str, Handler] = field(default_factory=dict)

    def url(self, path: str = "/") -> str:
        return self.base + path

    def serve(
        self,
        path: str,
        body: bytes | str = b"",
        *,
        type: str = "text/html; charset=utf-8",  # noqa: A002 -- the header's own word
        status: int = 200,
        **headers: str,
    ) -> str:
        """``body`` at ``path``; a header is named with underscores: ``cache_control="no-store"``."""
        named = {name.replace("_", "-").title(): value for name, value in headers.items()}
        content = body.encode() if isinstance(body, str) else body

        async def answer(request: aio.Request) -> aio.Response:
            # aiohttp would add its own Content-Type to a body without one.
            return aio.Response(
                body=content, status=status, headers={"Content-Type": type, **named}
            )

        return self.handle(path, answer)

    def handle(self, path: str, handler: Handler) -> str:
        """``handler`` at ``path``, which may carry a query."""
        self.pages[path] = handler
        return self.url(path)

    def redirect(self, path: str, to: str, *, status: int = 302) -> str:
        return self.serve(path, status=status, location=to)

    def feed(self, path: str, body: bytes | str, **headers: str) -> str:
        return self.serve(path, body, type="application/rss+xml", **headers)

    def count(self, path: str) -> int:
        """How often ``path`` was asked for."""
        return sum(request.path_qs == path for request in self.asked)

    @property
    def paths(self) -> list[str]:
        return [request.path_qs for request in self.asked]

    async def _answer(self, request: aio.BaseRequest) -> aio.StreamResponse:
        assert isinstance(request, aio.Request)
        self.asked.append(request)
        handler = self.pages.get(request.path_qs) or self.pages.get(request.path)
        if handler is None:
            return aio.Response(status=404, text="nothing here")
        return await handler(request)


@contextlib.asynccontextmanager
async def a_web(tls: ssl.SSLContext | None = None) -> AsyncIterator[Web]:
    """A server as a context, for a test that needs a second host, or one that has a certificate."""
    served = Web()
    app = aio.Application()
    app.router.add_route("*", "/{path:.*}", served._answer)
    runner = aio.AppRunner(app, access_log=None, shutdown_timeout=0)
    await runner.setup()
    site = aio.TCPSite(runner, "127.0.0.1", 0, ssl_context=tls)
    await site.start()
    served.base = f"{'https' if tls else 'http'}://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield served
    finally:
        await runner.cleanup()


@pytest.fixture
async def web() -> AsyncIterator[Web]:
    async with a_web() as served:
        yield served


@pytest.fixture
async def rude() -> AsyncIterator[Callable[[bytes | Talk], Awaitable[str]]]:
    """``await rude(bytes)`` or ``await rude(talk)``: the URL of a host that says just that."""
    async with contextlib.AsyncExitStack() as stack:

        async def start(said: bytes | Talk) -> str:
            async def say(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
                with contextlib.suppress(ConnectionError):
                    await reader.readuntil(b"\r\n\r\n")
                    if isinstance(said, bytes):
                        writer.write(said)
                        await writer.drain()
                    else:
                        await said(reader, writer)
                with contextlib.suppress(ConnectionError):
                    writer.close()
                    await writer.wait_closed()

            server = await asyncio.start_server(say, "127.0.0.1", 0)
            stack.callback(server.close)
            port = server.sockets[0].getsockname()[1]
            return f"http://127.0.0.1:{port}/"

        yield start

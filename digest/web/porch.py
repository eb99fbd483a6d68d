"""Around every request: how large, how long, and the headers no page may forget.

An ASGI middleware. A page sets what is its own (a cache life, who may frame it); this fills in
the strictest value for the rest.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping, Sequence

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

HSTS = "max-age=31536000"
NOTHING = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
ALWAYS = {
    "content-security-policy": NOTHING,
    "cache-control": "no-store",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=(), browsing-topics=()",
}
HEADER_BYTES = 16_384
# A form in parts may name any of Python's codecs: some are slow, some make half characters of it.
_PLAIN = re.compile(r"charset=\"?(?:utf-?8|us-ascii)\"?(?=[;\s]|$)", re.IGNORECASE)
LONG = "The request's headers are too long.\n"
LATE = "That took too long. Nothing was lost; please try again in a moment.\n"


class Porch:
    """``max_body`` bytes and ``seconds`` bound one request; ``https`` adds HSTS (RFC 6797).

    ``wider``: the beginning of a path, and how many bytes a request below it may have.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        max_body: int,
        seconds: float,
        https: bool,
        wider: Mapping[str, int],
    ) -> None:
        self._app = app
        self._max_body = max_body
        self._wider = wider
        self._seconds = seconds
        self._always = {**ALWAYS, **({"strict-transport-security": HSTS} if https else {})}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        scope = {**scope, "path": _plain_path(scope["path"], scope.get("root_path", ""))}
        started = False

        async def dressed(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                headers = MutableHeaders(scope=message)
                for name, value in self._always.items():
                    headers.setdefault(name, value)
            await send(message)

        try:
            if sum(len(name) + len(value) for name, value in scope["headers"]) > HEADER_BYTES:
                await PlainTextResponse(LONG, 431)(scope, receive, dressed)
                return
            async with asyncio.timeout(self._seconds):
                await self._app(scope, self._measured(scope, receive), dressed)
        except TimeoutError:
            if started:
                raise
            late = PlainTextResponse(LATE, 503, {"retry-after": "30", "connection": "close"})
            await late(scope, receive, dressed)

    def _measured(self, scope: Scope, receive: Receive) -> Receive:
        headers = Headers(scope=scope)
        said = headers.get("content-length", "0")
        foreign = _names_a_codec(headers.get("content-type", ""))
        path = scope["path"].removeprefix(scope.get("root_path", ""))
        most = next((n for begins, n in self._wider.items() if path.startswith(begins)), 0)
        most = max(most, self._max_body)
        too_large = not said.isdigit() or int(said) > most
        seen = 0

        async def measured() -> Message:
            nonlocal seen
            if too_large:
                raise HTTPException(413)
            if foreign:
                raise HTTPException(400)
            message = await receive()
            seen += len(message.get("body", b""))
            if seen > most:
                raise HTTPException(413)
            return message

        return measured


def _plain_path(path: str, base: str) -> str:
    """The path of a page, which has no slash at its end: people and programs of mail add one.

    ``base`` is that of ``site.base_url``; alone it is the first page.
    """
    if path in ("/", base, f"{base}/"):
        return f"{base}/"
    return path.removesuffix("/")


def _names_a_codec(kind: str) -> bool:
    """Whether a Content-Type is of a form in parts that is not in UTF-8. No browser sends one."""
    kind = kind.lower()
    return kind.lstrip().startswith("multipart/") and "charset" in _PLAIN.sub("", kind)


def policy(*, scripts: bool, framed_by: Sequence[str] = ()) -> str:
    """A Content-Security-Policy (CSP level 3) for one of our pages: all from our own host.

    ``framed_by``: origins that may show it in a frame.
    """
    own = "'self'" if scripts else "'none'"
    frames = " ".join(framed_by) or "'none'"
    return (
        f"default-src 'none'; style-src 'self'; img-src 'self' data:; script-src {own}; "
        f"connect-src {own}; worker-src {own}; form-action 'self'; base-uri 'none'; "
        f"frame-ancestors {frames}"
    )

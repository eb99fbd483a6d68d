"""Ask politely: one GET to an Answer, over aiohttp.  ~ world

Paced per host, limited in time and bytes, never to a private address, redirects followed by hand.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import datetime
from types import TracebackType
from typing import Self

import aiohttp
from aiohttp.abc import AbstractResolver
from yarl import URL

from digest import characters
from digest.collect import connections, freshness, hops, refused, robots
from digest.collect.connections import Proof, SocketFactory
from digest.collect.decoding import GZIP, Decoder, Garbled, Overgrown, codings, unpacked
from digest.collect.fetch import Answer, Ask, Failed, Fetched, NotModified
from digest.collect.hops import Hop, Stop
from digest.collect.http import HttpOptions
from digest.collect.lookup import Lookup
from digest.collect.manners import Manners
from digest.collect.pacing import Pace
from digest.collect.robots import Rules

ACCEPT_ENCODING = "gzip, br, zstd"
MAX_HEADER = 16_384  # bytes of one header line
GLIMPSE = 5.0  # seconds that the body of a refusal is waited for

Clock = Callable[[], datetime]
Sleep = Callable[[float], Awaitable[None]]


class Http:
    """The Fetch port over the network; an async context manager."""

    def __init__(
        self,
        options: HttpOptions,
        *,
        clock: Clock,
        version: str,
        sleep: Sleep = asyncio.sleep,
        sockets: SocketFactory | None = None,
        resolver: AbstractResolver | None = None,
    ) -> None:
        contact = f" (+{options.contact})" if options.contact else ""
        self._agent = f"{robots.TOKEN}/{version}{contact}"
        self._options = options
        self._clock = clock
        self._sleep = sleep
        guarded = connections.any_socket if options.allow_private else connections.public_socket
        self._sockets = sockets or guarded
        self._resolver = resolver or Lookup()
        self._proof = Proof()
        self._manners = Manners(self._rules, clock)

    async def __aenter__(self) -> Self:
        options = self._options
        connector = aiohttp.TCPConnector(
            limit=options.connections,
            limit_per_host=options.connections_per_host,
            # The one place that sees every address really connected to: names that are resolved
            # anew, literals, redirects (DESIGN 10).
            socket_factory=self._sockets,
            resolver=self._resolver,
        )
        self._session = aiohttp.ClientSession(
            connector=connector,
            auto_decompress=False,
            cookie_jar=aiohttp.DummyCookieJar(),
            trust_env=False,
            timeout=aiohttp.ClientTimeout(total=None),
            max_line_size=MAX_HEADER,
            max_field_size=MAX_HEADER,
            headers={"User-Agent": self._agent, "Accept-Encoding": ACCEPT_ENCODING},
        )
        loop = asyncio.get_running_loop()
        self._now = loop.time
        self._pace = Pace(options.host_delay_seconds, sleep=self._sleep, now=loop.time)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._manners.close()
        await self._session.close()

    async def __call__(self, ask: Ask) -> Answer:
        hop = hops.first(ask.url)
        if isinstance(hop, Stop):
            return _failed(ask.url, hop.status, hop.why, temporary=False)
        walk = _Walk(ask, hop, left=self._options.timeout_seconds)
        for _ in range(hops.MAX_HOPS):
            if ask.crawl and (refusal := await self._refused_by_robots(walk.hop)):
                return refusal
            await self._pace.turn(walk.hop.host)
            result = await self._one(walk)
            if not isinstance(result, _Walk):
                return result
            walk = result
        why = f"it redirects more than {hops.MAX_HOPS} times; check the address in a browser"
        return _failed(ask.url, "redirect loop", why)

    async def _one(self, walk: _Walk) -> Answer | _Walk:
        """One question: an answer, or the walk one hop further on."""
        began = self._now()
        url = walk.ask.url
        try:
            async with asyncio.timeout(walk.left):
                result = await self._exchange(walk)
        except TimeoutError:
            why = f"there was no whole answer within {self._options.timeout_seconds:g} s"
            return _failed(url, "timed out", why)
        except aiohttp.ClientError as error:
            status, why = connections.trouble(error)
            return _failed(url, status, why)
        except (OSError, ValueError) as error:
            return _failed(
                url, "failed", f"the host could not be asked ({connections.line(error)})"
            )
        if isinstance(result, _Walk):
            return replace(result, left=walk.left - (self._now() - began))
        return result

    async def _exchange(self, walk: _Walk) -> Answer | _Walk:
        request = self._session.get(
            URL(walk.hop.url, encoded=False),
            headers=_headers(walk),
            allow_redirects=False,
            ssl=await self._proof(walk.hop.url),
        )
        async with request as response:
            headers = {name.lower(): value for name, value in response.headers.items()}
            if response.status in hops.REDIRECTS:
                return _onward(walk, response.status, headers.get("location"))
            if response.status == 304 and (walk.ask.etag or walk.ask.last_modified):
                return NotModified(
                    url=walk.hop.url,
                    moved_to=walk.moved_to,
                    fresh_until=freshness.fresh_until(headers, self._clock()),
                )
            if not 200 <= response.status < 300:
                may_check = response.status in refused.MAY_CHECK
                start = await self._glimpse(response, headers) if may_check else b""
                return self._refused(walk, response.status, headers, start)
            try:
                body = await self._body(response, headers, walk.ask.max_bytes)
            except (Overgrown, Garbled) as error:
                status = "too large" if isinstance(error, Overgrown) else "garbled"
                return _failed(walk.ask.url, status, str(error), temporary=False)
            if refused.is_check(response.status, headers, body):
                return self._refused(walk, response.status, headers, body)
            return self._fetched(walk, response.status, headers, body)

    async def _body(
        self, response: aiohttp.ClientResponse, headers: dict[str, str], at_least: int
    ) -> bytes:
        limit = max(self._options.max_bytes, at_least)
        named = " (collect.http.max_bytes)" if limit > at_least else ""
        too_large = f"the body is larger than {limit:,} bytes{named}"
        encoding = headers.get("content-encoding", "")
        if not codings(encoding) and (response.content_length or 0) > limit:
            raise Overgrown(too_large)
        decoder = Decoder(encoding, limit=limit)
        body = bytearray()
        try:
            async for chunk in response.content.iter_any():
                for piece in decoder.feed(chunk):
                    body += piece
                    if len(body) > limit:
                        raise Overgrown(too_large)
            decoder.finish()
            data = bytes(body)
            if data.startswith(GZIP):  # and no header said so
                return await asyncio.to_thread(unpacked, data, limit=limit)
            return data
        except Overgrown:
            raise Overgrown(too_large) from None

    def _fetched(self, walk: _Walk, status: int, headers: dict[str, str], body: bytes) -> Fetched:
        kind, charset = _content_type(headers.get("content-type", ""))
        return Fetched(
            url=walk.hop.url,
            body=body,
            status=status,
            content_type=kind,
            charset=charset,
            etag=_said(headers, "etag"),
            last_modified=_said(headers, "last-modified"),
            moved_to=walk.moved_to,
            fresh_until=freshness.fresh_until(headers, self._clock()),
        )

    async def _glimpse(self, response: aiohttp.ClientResponse, headers: dict[str, str]) -> bytes:
        """The first bytes of a refusal; as many as come soon."""
        start = bytearray()
        with contextlib.suppress(aiohttp.ClientError, TimeoutError, Overgrown, Garbled):
            decoder = Decoder(headers.get("content-encoding", ""), limit=refused.LOOKED_AT)
            async with asyncio.timeout(GLIMPSE):
                async for chunk in response.content.iter_any():
                    for piece in decoder.feed(chunk):
                        start += piece
                    if len(start) >= refused.LOOKED_AT:
                        break
        return bytes(start)

    def _refused(self, walk: _Walk, status: int, headers: dict[str, str], start: bytes) -> Failed:
        return refused.refused(walk.ask.url, status, headers, start=start, now=self._clock())

    async def _refused_by_robots(self, hop: Hop) -> Failed | None:
        if not self._options.respect_robots:
            return None
        rules = await self._manners.of(hop.origin)
        if rules.unread:
            why = f"it is not asked because robots.txt could not be read ({rules.unread})"
            return _failed(hop.url, "robots.txt", why)
        if not rules.allows(hop.url):
            why = "the site's robots.txt asks us not to read it"
            return _failed(hop.url, "robots.txt", why, temporary=False)
        if rules.delay:
            self._pace.slow(hop.host, rules.delay)
        return None

    async def _rules(self, origin: str) -> Rules:
        return robots.rules(await self(Ask(url=f"{origin}/robots.txt", accept="text/plain")))


@dataclass(frozen=True, slots=True)
class _Walk:
    """A question on its way through redirects."""

    ask: Ask
    hop: Hop
    left: float  # seconds for all that is still to come
    permanent: bool = True  # every hop so far was
    hopped: bool = False

    @property
    def moved_to(self) -> str | None:
        return self.hop.signed if self.hopped and self.permanent else None


def _onward(walk: _Walk, status: int, location: str | None) -> _Walk | Failed:
    target = hops.onward(walk.hop, location)
    if isinstance(target, Stop):
        return _failed(walk.ask.url, target.status, target.why)
    permanent = walk.permanent and hops.is_permanent(walk.hop, target, status)
    return replace(walk, hop=target, permanent=permanent, hopped=True)


def _headers(walk: _Walk) -> dict[str, str]:
    said = {
        "Accept": walk.ask.accept,
        "If-None-Match": walk.ask.etag,
        "If-Modified-Since": walk.ask.last_modified,
        "Authorization": walk.hop.authorization,
    }
    return {name: value for name, value in said.items() if value}


def _failed(url: str, status: str, why: str, *, temporary: bool = True) -> Failed:
    return Failed(
        url=hops.bare(url),
        status=status,
        reason=f"{hops.masked(url)}: {why}",
        temporary=temporary,
    )


def _said(headers: dict[str, str], name: str) -> str | None:
    """A header that can be kept and sent back; bytes that are no UTF-8 can not."""
    said = headers.get(name)
    return said if said is None or characters.whole(said) == said else None


def _content_type(header: str) -> tuple[str, str | None]:
    kind, _, rest = characters.whole(header).partition(";")
    charset = None
    for parameter in rest.split(";"):
        name, _, value = parameter.partition("=")
        if name.strip().lower() == "charset":
            charset = value.strip().strip("\"'").lower() or None
    return kind.strip().lower(), charset

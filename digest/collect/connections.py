"""How a connection is opened, and in words why one was not.  ~ world

The socket is the one place that sees every address that is really connected to: a custom resolver
is skipped for literal IPs, and a name may resolve anew at every question.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Callable

import aiohttp

from digest.collect import private
from digest.collect.lookup import SilentNames
from digest.tls import browsing, distrusted

_NOT_PUBLIC = "not public: "

AddressInfo = tuple[int, int, int, str, tuple[object, ...]]
SocketFactory = Callable[[AddressInfo], socket.socket]


def any_socket(info: AddressInfo) -> socket.socket:
    """A socket for whatever address."""
    family, kind, protocol, _, _ = info
    return socket.socket(family, kind, protocol)


def public_socket(info: AddressInfo) -> socket.socket:
    """A socket for a public address. Raises OSError for any other."""
    address = str(info[4][0]).partition("%")[0]
    if what := private.refusal(address):
        raise OSError(f"[{_NOT_PUBLIC}{what} ({address.replace(']', '')})]")
    return any_socket(info)


class Proof:
    """What proves the certificates of sites: read when one is first asked over https, and once."""

    def __init__(self) -> None:
        self._reading = asyncio.Lock()
        self._context: ssl.SSLContext | None = None

    async def __call__(self, url: str) -> ssl.SSLContext | bool:
        if not url.startswith("https:"):
            return True
        async with self._reading:
            if self._context is None:
                self._context = await asyncio.to_thread(browsing)
        return self._context


def trouble(error: aiohttp.ClientError) -> tuple[str, str]:
    """Status and clause for what went wrong on the way."""
    text = line(error)
    below = str(getattr(error, "os_error", ""))
    if _NOT_PUBLIC in below:
        what = below.split(_NOT_PUBLIC, 1)[1].split("]")[0]
        cure = "only public hosts are asked unless collect.http.allow_private is true"
        return "refused", f"it leads to {what}; {cure}"
    match error:
        case aiohttp.ClientConnectorDNSError(os_error=SilentNames()):
            cure = "look at /etc/resolv.conf and the network of this machine"
            return "no name server", f"no name server answered; {cure}"
        case aiohttp.ClientConnectorDNSError():
            return "no such host", "its host name cannot be resolved"
        case aiohttp.ClientConnectorError(os_error=ssl.SSLError() as reason):
            return "bad certificate", distrusted(reason)
        case aiohttp.ClientConnectorError(os_error=reason):
            return "unreachable", f"the host cannot be reached ({reason.strerror or reason})"
        case aiohttp.InvalidURL():
            return "bad URL", "it is not a valid URL; check its spelling"
        case aiohttp.ClientPayloadError() | aiohttp.ServerDisconnectedError():
            return "cut off", "the connection ended before the answer did"
    return "bad answer", f"the host does not speak HTTP properly ({text})"


def line(error: BaseException) -> str:
    """The error in one short line."""
    text = " ".join(str(error).split()) or type(error).__name__
    return text if len(text) <= 200 else text[:199] + "…"

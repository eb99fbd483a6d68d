"""A connection's peer and its X-Forwarded-For to who is really asking. Pure.

A header is believed only as far as each hop that wrote it is trusted: read from the right, the
first address that is no trusted proxy is the client.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

Ip = IPv4Address | IPv6Address
UNKNOWN = IPv4Address("0.0.0.0")  # noqa: S104 -- stands for no address at all, listens nowhere


def client(peer: str, forwarded: Sequence[str], trusted: tuple[str, ...]) -> Ip:
    """The address that asks. ``forwarded``: the X-Forwarded-For headers, in their order."""
    here = _parsed(peer) or UNKNOWN
    hops = [hop.strip() for line in forwarded for hop in line.split(",")]
    while hops and _is_trusted(here, trusted):
        before = _parsed(hops.pop())
        if before is None:
            break  # the proxy wrote no address: it vouches for itself alone
        here = before
    return here


def network(ip: Ip) -> str:
    """What counts as one client: the address; of IPv6 its /64, which one subscriber line gets."""
    return str(ip) if isinstance(ip, IPv4Address) else str(ip_network((ip, 64), strict=False))


def neighbourhood(ip: Ip) -> str:
    """The /24 or /48 around an address: what one stranger can cheaply be many of.

    A /48 is what an IPv6 customer may be given (RFC 6177): 65,536 networks of /64.
    """
    prefix = 24 if isinstance(ip, IPv4Address) else 48
    return str(ip_network((ip, prefix), strict=False))


def _parsed(text: str) -> Ip | None:
    # Some proxies write a port: 192.0.2.1:4711, [2001:db8::1]:4711.
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        ip = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    mapped = ip.ipv4_mapped if isinstance(ip, IPv6Address) else None
    return mapped or ip


def _is_trusted(ip: Ip, trusted: tuple[str, ...]) -> bool:
    return any(ip in known for known in _networks(trusted) if known.version == ip.version)


@cache
def _networks(trusted: tuple[str, ...]) -> tuple[IPv4Network | IPv6Network, ...]:
    return tuple(ip_network(one) for one in trusted)

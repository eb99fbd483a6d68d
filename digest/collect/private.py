"""An IP address to the reason not to connect to it, or None when it is a public one. Pure.

The tables are our own and not ``ipaddress.is_global``, whose verdict changes with the patch level
of Python.
"""

from __future__ import annotations

from ipaddress import (
    AddressValueError,
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
)

_NAMES_4 = {
    "0.0.0.0/8": "an unspecified address",
    "10.0.0.0/8": "a private address",
    "100.64.0.0/10": "a carrier's private address",
    "127.0.0.0/8": "a loopback address",
    "169.254.0.0/16": "a link-local address",  # cloud metadata lives here
    "172.16.0.0/12": "a private address",
    "192.0.0.0/24": "a reserved address",
    "192.0.2.0/24": "an address for documentation",
    "192.88.99.0/24": "a reserved address",
    "192.168.0.0/16": "a private address",
    "198.18.0.0/15": "an address for benchmarks",
    "198.51.100.0/24": "an address for documentation",
    "203.0.113.0/24": "an address for documentation",
    "224.0.0.0/4": "a multicast address",
    "240.0.0.0/4": "a reserved address",
}
_NAMES_6 = {
    "::/128": "an unspecified address",
    "::1/128": "a loopback address",
    "64:ff9b:1::/48": "a private address",  # NAT64 of a local network, RFC 8215
    "2001::/23": "a reserved address",  # Teredo and its kin
    "2001:db8::/32": "an address for documentation",
    "3fff::/20": "an address for documentation",
    "fc00::/7": "a private address",
    "fe80::/10": "a link-local address",
    "fec0::/10": "a private address",
    "ff00::/8": "a multicast address",
}
_SPECIAL_4 = [(IPv4Network(net), name) for net, name in _NAMES_4.items()]
_SPECIAL_6 = [(IPv6Network(net), name) for net, name in _NAMES_6.items()]

_GLOBAL_6 = IPv6Network("2000::/3")  # the only part of IPv6 handed out for hosts
_MAPPED = IPv6Network("::ffff:0:0/96")
_NAT64 = IPv6Network("64:ff9b::/96")
_SIX_TO_FOUR = IPv6Network("2002::/16")


def refusal(address: str) -> str | None:
    """Why nobody outside should make us connect to ``address``; None when it is public.

    An IPv6 address that carries an IPv4 one (mapped, NAT64, 6to4) is judged by what it carries.
    """
    try:
        parsed = ip_address(address)
    except (AddressValueError, ValueError):
        return "not an IP address"
    if isinstance(parsed, IPv6Address):
        return _refusal_6(parsed)
    return _refusal_4(parsed)


def _refusal_4(address: IPv4Address) -> str | None:
    return next((name for net, name in _SPECIAL_4 if address in net), None)


def _refusal_6(address: IPv6Address) -> str | None:
    if (inner := _carried(address)) is not None:
        return _refusal_4(inner)
    for net, name in _SPECIAL_6:
        if address in net:
            return name
    return None if address in _GLOBAL_6 else "a reserved address"


def _carried(address: IPv6Address) -> IPv4Address | None:
    number = int(address)
    if address in _MAPPED or address in _NAT64:
        return IPv4Address(number & 0xFFFFFFFF)
    if address in _SIX_TO_FOUR:
        return IPv4Address((number >> 80) & 0xFFFFFFFF)
    return None

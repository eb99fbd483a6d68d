"""Questions to the DNS: a name and a kind to the texts of its records.  ~ world"""

from __future__ import annotations

from collections.abc import Sequence

import dns.asyncresolver
import dns.exception
import dns.name
import dns.resolver
import dns.reversename

from digest.checkup.records import Found


class Resolver:
    """Asks the name servers of this machine, or those that are given, with patience of seconds."""

    def __init__(
        self, servers: Sequence[str] = (), *, port: int = 53, patience: float = 5.0
    ) -> None:
        try:
            self._resolver = dns.asyncresolver.Resolver(configure=not servers)
        except dns.exception.DNSException:  # ~nothing in /etc/resolv.conf
            self._resolver = dns.asyncresolver.Resolver(configure=False)
        if servers:
            self._resolver.nameservers = list(servers)
            self._resolver.port = port
        self._resolver.lifetime = patience
        self._resolver.timeout = patience / 2

    async def __call__(self, name: str, kind: str) -> Found:
        """The records of ``name``: () where there are none, None where nobody answered."""
        try:
            asked = (
                dns.reversename.from_address(name) if kind == "PTR" else dns.name.from_text(name)
            )
            answer = await self._resolver.resolve(asked, kind, search=False)
        except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
            return ()
        except (dns.exception.DNSException, OSError, UnicodeError):
            return None
        return tuple(_text(record, kind) for record in answer)


def _text(record: object, kind: str) -> str:
    match kind:
        case "TXT":
            # One record may come in several strings, which are read as one (RFC 7208, 3.3).
            return b"".join(getattr(record, "strings", ())).decode("utf-8", "replace")
        case "MX":
            return str(getattr(record, "exchange", "")).rstrip(".").lower()
        case "PTR":
            return str(getattr(record, "target", "")).rstrip(".").lower()
        case _:
            return str(getattr(record, "address", ""))

"""A relay: where it is, how it is secured, and how much of it we use. Pure."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass, field, replace
from enum import StrEnum


class Security(StrEnum):
    """How the connection is protected. A certificate is always verified, TLS is 1.2 or newer."""

    AUTO = "auto"  # STARTTLS, or the relay is not used; plain on this very machine
    STARTTLS = "starttls"  # STARTTLS, or the relay is not used
    IMPLICIT = "implicit"  # TLS from the first byte
    NONE = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """Seconds we wait for each answer (RFC 5321, 4.5.3.2)."""

    connect: float = 30.0
    greeting: float = 300.0
    mail: float = 300.0
    rcpt: float = 300.0
    data: float = 120.0
    block: float = 180.0
    end: float = 600.0
    quit: float = 10.0
    idle: float = 30.0  # a connection without work is closed, not kept warm with NOOP

    @property
    def hurried(self) -> Patience:
        """Until it has agreed to the recipient no answer may take longer than the connection."""
        return replace(
            self,
            greeting=min(self.greeting, self.connect),
            mail=min(self.mail, self.connect),
            rcpt=min(self.rcpt, self.connect),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class RelayOptions:
    """One server that takes our mail. The password is here and in no log: repr leaves it out."""

    name: str
    host: str
    port: int = 587
    security: Security = Security.AUTO
    username: str = ""
    password: str = field(default="", repr=False)
    access_token: str = field(default="", repr=False)  # XOAUTH2 in place of a password
    ca_file: str = ""  # PEM; empty: the system's authorities
    local_hostname: str = "localhost"  # what we call ourselves in EHLO
    max_connections: int = 16
    max_messages: int = 1000  # per connection
    bdat: bool = False  # BDAT in place of DATA, where the relay offers CHUNKING (RFC 3030)
    patience: Patience = field(default_factory=Patience)

    @property
    def label(self) -> str:
        """What every sentence about the relay begins with."""
        return f"relay {self.name!r} ({self.host}:{self.port})"

    @property
    def hurried(self) -> RelayOptions:
        """The same for who has another to ask, or somebody who waits."""
        return replace(self, patience=self.patience.hurried)

    @property
    def wants_starttls(self) -> bool:
        if self.security is Security.AUTO:
            return not is_loopback(self.host)
        return self.security is Security.STARTTLS


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """What a relay said in answer to EHLO (RFC 1870, 2920, 3030, 6152, 6531)."""

    pipelining: bool = False
    size: int = 0  # bytes; 0: it names no limit
    announce_size: bool = False
    eightbit: bool = False
    smtputf8: bool = False
    chunking: bool = False


def is_loopback(host: str) -> bool:
    """Is this machine meant, by a name that cannot mean another?"""
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host.lower().rstrip(".") == "localhost"

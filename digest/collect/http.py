"""How politely we ask: the dials of ``[collect.http]``; ``client`` does the asking. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from annotated_types import Ge, Gt


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpOptions:
    """``[collect.http]``."""

    contact: str = ""  # a URL or address put into the User-Agent, so that hosts can reach you
    allow_private: bool = False  # permit loopback and private addresses (tests, intranets)
    timeout_seconds: Annotated[float, Gt(0)] = 20.0  # for the whole answer
    max_bytes: Annotated[int, Gt(0)] = 10_000_000  # after decompression
    connections: Annotated[int, Ge(1)] = 16
    connections_per_host: Annotated[int, Ge(1)] = 2
    host_delay_seconds: Annotated[float, Ge(0)] = 1.0  # between two questions to one host
    respect_robots: bool = True

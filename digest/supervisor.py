"""A word to the supervisor that started us: ready, stopping, still alive.  ~ world

systemd's protocol (sd_notify(3)): one datagram to the socket that ``NOTIFY_SOCKET`` names. Started
by anything else, it does nothing.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Mapping

READY = "READY=1"
STOPPING = "STOPPING=1"
RELOADING = "RELOADING=1"
ALIVE = "WATCHDOG=1"


def tell(state: str, environ: Mapping[str, str] = os.environ) -> bool:
    """Tell the supervisor ``state``; whether there was one to tell."""
    where = environ.get("NOTIFY_SOCKET", "")
    if not where:
        return False
    path = f"\0{where[1:]}" if where.startswith("@") else where  # an abstract socket
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as line:
            line.sendto(state.encode(), path)
    except OSError:
        return False  # who does not listen need not be told
    return True


def alive_every(environ: Mapping[str, str] = os.environ) -> float | None:
    """Seconds between two ``ALIVE``, half of what is allowed; None: nobody watches."""
    allowed = environ.get("WATCHDOG_USEC", "")
    return int(allowed) / 2_000_000 if allowed.isdecimal() and int(allowed) else None

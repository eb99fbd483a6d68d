"""A PostgreSQL URL to an engine that notices a server that has fallen silent.  ~ world"""

from __future__ import annotations

import sys

from sqlalchemy import Engine, create_engine
from sqlalchemy.engine import URL
from sqlalchemy.exc import NoSuchModuleError
from sqlalchemy.pool import QueuePool

from digest.errors import Misconfigured

# libpq's own wait for ever, or for the two hours that the kernel does (PostgreSQL, 34.1.2). A
# machine that lost power is given up after 25 seconds. Seconds, and milliseconds for the last.
NOTICE = {
    "connect_timeout": 10,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 15_000,
}


def engine(url: URL, *, write: bool, connections: int) -> Engine:
    """An engine for at most so many at a time. What the URL says of ``NOTICE`` goes before.

    Raises Misconfigured where the driver is not installed.
    """
    args = {name: value for name, value in NOTICE.items() if name not in url.query}
    try:
        made = create_engine(
            url,
            poolclass=QueuePool,
            pool_size=connections,
            pool_pre_ping=True,
            connect_args=args,
        )
    except (ImportError, NoSuchModuleError) as error:
        raise Misconfigured(
            "storage.url",
            f"needs PostgreSQL's driver: {sys.executable} -m pip install 'psycopg[binary]>=3.2'",
        ) from error
    if not write:
        return made.execution_options(postgresql_readonly=True, isolation_level="REPEATABLE READ")
    return made

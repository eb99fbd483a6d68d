"""A PostgreSQL URL to an engine that speaks the same everywhere, and notices a server that has
fallen silent.  ~ world"""

from __future__ import annotations

import logging
import sys

from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.engine import URL
from sqlalchemy.engine.interfaces import DBAPIConnection
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
# What a role, a database or a server may set otherwise. Moments come as the driver reads them (it
# knows no DateStyle but ISO, and no year that a zone makes 10000).
PLAIN = "select set_config('DateStyle', 'ISO', false), set_config('TimeZone', 'UTC', false)"
# A process that is stopped, or a machine that loses power, amid a change would keep its locks: the
# server asks after who is gone in two hours. What a role or a URL sets goes before.
HANGS = "60s"
_ASLEEP = "idle_in_transaction_session_timeout"
_LET_GO = f"select set_config('{_ASLEEP}', %s, false) where current_setting('{_ASLEEP}') = '0'"
# Whichever the server has: transaction_timeout came with PostgreSQL 17.
_UNHURRIED = text(
    "select set_config(name, '0', true) from pg_settings where name in"
    " ('statement_timeout', 'lock_timeout', 'transaction_timeout',"
    " 'idle_in_transaction_session_timeout')"
)
# Not libpq's word but the driver's, which wants a number or None.
PREPARE = "prepare_threshold"


def engine(url: URL, *, write: bool, connections: int) -> Engine:
    """An engine for at most so many at a time. What the URL says of ``NOTICE`` goes before.

    Raises Misconfigured where the driver is not installed.
    """
    args: dict[str, object] = {
        name: value for name, value in NOTICE.items() if name not in url.query
    }
    args["client_encoding"] = "UTF8"
    if said := url.query.get(PREPARE):
        args[PREPARE] = _threshold(str(said))
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
    event.listen(made, "connect", _speak_plainly)
    # It warns of what it ignores where a COPY breaks off; that it broke off is raised all the same.
    logging.getLogger("psycopg").setLevel(logging.ERROR)
    if not write:
        return made.execution_options(postgresql_readonly=True, isolation_level="REPEATABLE READ")
    # Who waits for a lock must see what the one before did: whatever the role's own default is.
    return made.execution_options(isolation_level="READ COMMITTED")


def _threshold(said: str) -> int | None:
    """How often a statement runs before the server keeps its plan; None: it never does."""
    if said == "none":
        return None
    if not said.isdecimal():
        raise Misconfigured("storage.url", f"has {PREPARE}={said}; give a number, or none")
    return int(said)


def without_haste(tx: Connection) -> None:
    """However long this transaction works, waits or thinks, no timeout ends it."""
    tx.execute(_UNHURRIED)


def _speak_plainly(connection: DBAPIConnection, _: object) -> None:
    connection.autocommit = True
    asked = connection.cursor()
    asked.execute(PLAIN)
    asked.execute(_LET_GO, [HANGS])
    connection.autocommit = False

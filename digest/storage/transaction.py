"""A function of a connection to one whole transaction, or to an error of ours.  ~ world

Where PostgreSQL takes it back because two stood in each other's way it is run again: so it must do
nothing but ask and change what the connection leads to.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from typing import TypeVar

from sqlalchemy import Connection, Engine
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError

from digest.storage.trouble import is_collision, place, said

T = TypeVar("T")

TRIES = 5
PAUSE = 0.05  # seconds, at most, before the second try; twice as long before each one after it


def run(
    engine: Engine,
    url: URL,
    work: Callable[[Connection], T],
    *,
    rest: Callable[[float], None] = time.sleep,
) -> T:
    """What ``work(connection)`` answers, all of it kept or nothing; tried ``TRIES`` times.

    Raises DigestError in place of whatever SQLAlchemy or a driver raises.
    """
    # COPY goes past SQLAlchemy, so its errors come as the driver's own.
    driver = engine.dialect.loaded_dbapi.Error
    tries = 0
    while True:
        tries += 1
        try:
            with engine.begin() as tx:
                return work(tx)
        except (DBAPIError, driver) as error:
            if tries == TRIES or not is_collision(error):
                raise said(error, place(url)) from error
        # By chance, or the same two would meet again.
        rest(PAUSE * 2.0 ** (tries - 1) * random.random())  # noqa: S311 -- no secret

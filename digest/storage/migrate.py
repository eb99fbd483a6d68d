"""Any schema to the newest: Alembic's migrations, run by themselves on open.

Forward only. Two processes that open a fresh database at once both end well: the loser of the
race finds the work done.
"""

from __future__ import annotations

import logging
import re
from pathlib import Path

from sqlalchemy import Connection, Engine, inspect, text
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError

from digest.errors import Misconfigured
from digest.storage import postgres
from digest.storage.schema import metadata
from digest.storage.trouble import place, said

HEAD = "0018"  # tests/storage/test_migrate.py holds it to the newest file of migrations/versions
_OURS = re.compile(r"\d{4}")  # others that use Alembic count in hexadecimal digits
LOCK = 7203771  # PostgreSQL advisory lock: one migration at a time


def to_head(engine: Engine, url: URL) -> None:
    """Bring the database of ``engine`` to HEAD. Raises Misconfigured if it is from the future."""
    try:
        with engine.begin() as tx:
            if tx.dialect.name == "postgresql":
                postgres.without_haste(tx)
                tx.execute(text("select pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
            found = revision(tx)
            if found == HEAD:
                return
            _refuse_others(tx, found, place(url))
            if found is not None and found > HEAD:
                raise _from_the_future(found, place(url))
            if tx.dialect.name == "postgresql":
                _refuse_encoding(tx, place(url))
            _upgrade(tx)
    except DBAPIError as error:
        raise said(error, place(url)) from error


def revision(tx: Connection) -> str | None:
    """The schema's revision; None for an empty database."""
    if not inspect(tx).has_table("alembic_version"):
        return None
    return tx.execute(text("select version_num from alembic_version")).scalar()


def refuse_old(found: str, where: str) -> None:
    """Raise Misconfigured unless ``found`` is HEAD: who only reads cannot upgrade."""
    if not _OURS.fullmatch(found):
        raise _of_another_program(f"schema {found!r}", where)
    if found < HEAD:
        raise Misconfigured(
            where, f"has an old schema ({found}, now {HEAD}); run `digest db upgrade` first"
        )
    if found > HEAD:
        raise _from_the_future(found, where)


def _from_the_future(found: str, where: str) -> Misconfigured:
    return Misconfigured(
        where,
        f"has schema {found}, newer than this program's {HEAD}; install the newer program again, "
        "or restore the backup from before the upgrade",
    )


def _refuse_others(tx: Connection, found: str | None, where: str) -> None:
    """Raise Misconfigured for a database that another program made: its rows are not ours."""
    if found is None:
        theirs = sorted(set(inspect(tx).get_table_names()) & set(metadata.tables))
        if theirs:
            raise _of_another_program(f"a table {theirs[0]}", where)
    elif not _OURS.fullmatch(found):
        raise _of_another_program(f"schema {found!r}", where)


def _of_another_program(what: str, where: str) -> Misconfigured:
    return Misconfigured(
        where, f"has {what} of another program; name a database of its own in storage.url"
    )


def _refuse_encoding(tx: Connection, where: str) -> None:
    """Raise Misconfigured where not every reader's name and article could be kept."""
    encoding = tx.execute(text("show server_encoding")).scalar_one()
    if encoding != "UTF8":
        cure = "createdb --encoding UTF8 --template template0 --locale C"
        raise Misconfigured(where, f"is encoded in {encoding}, not in UTF8; make it with `{cure}`")


def _upgrade(tx: Connection) -> None:
    from alembic import command  # slow import
    from alembic.config import Config

    logging.getLogger("alembic").setLevel(logging.WARNING)
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.attributes["connection"] = tx
    command.upgrade(config, "head")

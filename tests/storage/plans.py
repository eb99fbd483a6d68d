"""What a database means to do for the statements of a piece of work."""

from __future__ import annotations

import re
from collections.abc import Callable

from sqlalchemy import Connection, event

_ALL = re.compile(r"-> +Sort\b|^ *Sort  |TEMP B-TREE FOR ORDER BY", re.MULTILINE)


# PostgreSQL looks at its tables by and by: between two it knows one of them and not the other.
KNOWN = ("nothing", "subscribers", "subscriptions", "everything")


def analyze(tx: Connection, known: str) -> None:
    """Let the database know so much of what is in it. SQLite knows all or, as it comes, nothing."""
    if known == "everything":
        tx.exec_driver_sql("analyze")
    elif known != "nothing" and tx.dialect.name == "postgresql":
        tx.exec_driver_sql(f"analyze {known}")


def of(tx: Connection, work: Callable[[Connection], object]) -> str:
    """The plans of what ``work`` asks and changes, as the database words them."""
    asked = []
    event.listen(tx, "before_cursor_execute", lambda *args: asked.append((args[2], args[3])))
    work(tx)
    word = "explain query plan" if tx.dialect.name == "sqlite" else "explain"
    return "\n".join(
        str(row[-1])
        for statement, values in list(asked)
        if statement.lstrip()[:6].lower() in ("select", "insert", "update")
        for row in tx.exec_driver_sql(f"{word} {statement}", values)
    )


def sorts(plans: str) -> bool:
    """Whether all rows are sorted, and not only those that are equal in what an index orders."""
    return bool(_ALL.search(plans))

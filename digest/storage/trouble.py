"""A driver's error to one of ours, naming the database and the cure. Pure."""

from __future__ import annotations

from sqlalchemy.engine import URL

from digest.errors import DigestError, Misconfigured, Permanent, Temporary

COLLISIONS = frozenset({"40P01", "40001"})  # a deadlock; no order in which both could have run
DISK_FULL, LOCKED, READ_ONLY = "53100", "55P03", "25006"
UNOPENED = "cannot be opened: check that the folder exists and is ours"
# statement_timeout or a cancel; idle in a transaction, a transaction, or a session, for too long.
BROKEN_OFF = frozenset({"57014", "25P03", "25P04", "57P05"})
_SECRET = frozenset({"password", "sslpassword"})  # libpq takes them behind the question mark, too
_POOLED = "is behind a pooler ({}); add prepare_threshold=none to the URL, or pool by session"
_CURES = {
    "42501": "refuses this role ({}); let it own the database, and its tables",
    "3F000": "has no schema for the tables ({}); make one that the role's search_path names",
    "26000": _POOLED,  # a plan that the connection of before had
    "42P05": _POOLED,  # a plan that another one left there
}


def place(url: URL) -> str:
    """Where the database is, fit for a message: the file, or the URL without its password."""
    if url.get_backend_name() == "sqlite":
        return str(url.database)
    secret = [name for name in url.query if name.lower() in _SECRET]
    return url.difference_update_query(secret).render_as_string(hide_password=True)


def is_locked(error: Exception) -> bool:
    """Whether another process holds what we asked for: worth asking again."""
    words = _words(error).casefold()
    return "locked" in words or "busy" in words


def is_collision(error: Exception) -> bool:
    """Whether PostgreSQL took all of it back because two stood in each other's way: worth running
    again."""
    return getattr(_bare(error), "sqlstate", None) in COLLISIONS


def said(error: Exception, where: str) -> DigestError:
    """A driver's error as one of ours, naming the database and the cure."""
    if hasattr(_bare(error), "sqlstate"):
        return _said_by_postgres(error, where)
    words = _words(error).casefold()
    if is_locked(error):
        return Temporary(f"{where} is locked by another process; try again in a moment")
    if "full" in words and ("disk" in words or "space" in words):
        return Temporary(f"{where}: the disk is full; make room, nothing was half written")
    if "readonly" in words or "read-only" in words:
        return Misconfigured(where, "cannot be written: make the file and its folder writable")
    if "unable to open" in words:
        return Misconfigured(where, UNOPENED)
    if "malformed" in words or "not a database" in words:
        return Permanent(f"{where} is damaged or no database; restore a backup of it")
    if "disk i/o" in words:
        return Temporary(f"{where}: the disk cannot be read or written; is it full or failing?")
    return Permanent(f"{where}: {words}")


def _said_by_postgres(error: Exception, where: str) -> DigestError:
    """By its code (PostgreSQL, appendix A): its words come in the server's language."""
    words, code = _words(error), getattr(_bare(error), "sqlstate", None) or ""
    if code == READ_ONLY:
        cure = "a standby, or default_transaction_read_only; name the server that takes changes"
        return Misconfigured(where, f"can only be read from ({cure})")
    if code in _CURES:
        return Misconfigured(where, _CURES[code].format(words))
    if code in BROKEN_OFF:
        return Temporary(f"{where} broke off ({words}); where it goes on, give the role more time")
    if code == DISK_FULL:
        return Temporary(f"{where}: the server's disk is full; make room, nothing was half written")
    if code == LOCKED or code[:2] == "40":
        return Temporary(f"{where} is held by others ({words}); try again in a moment")
    if code[:2] == "53":
        return Temporary(f"{where}: the server has too little of something, give it more: {words}")
    if code[:2] == "58":
        return Temporary(f"{where}: the server's disk cannot be read or written: {words}")
    # A commit that breaks off has no statement either, but had a connection.
    if not code and getattr(error, "statement", "") is None and not _was_connected(error):
        cure = (
            "see that the server runs and takes more connections, and that the URL names its "
            "database and role"
        )
        return Temporary(f"{where} cannot be connected to; {cure}: {words}")
    if code[:2] in ("08", "57") or _is_lost(error, code):
        return Temporary(f"{where} does not answer; see that the server runs: {words}")
    return Permanent(f"{where}: {words}")


def _is_lost(error: Exception, code: str) -> bool:
    """Whether there is no connection. Of one that breaks there is no code, only the kind of error
    that PEP 249 has for what is no fault of the program."""
    kinds = type(_bare(error)).__mro__
    unasked = not code and any(kind.__name__ == "OperationalError" for kind in kinds)
    return unasked or _was_connected(error)


def _was_connected(error: Exception) -> bool:
    """Whether SQLAlchemy had a connection and gave it up."""
    return getattr(error, "connection_invalidated", False)


def _bare(error: Exception) -> Exception:
    """The driver's own error, whether SQLAlchemy wrapped it or not."""
    return getattr(error, "orig", None) or error


def _words(error: Exception) -> str:
    return next(iter(str(_bare(error)).strip().splitlines()), type(error).__name__)

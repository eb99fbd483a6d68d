"""A driver's error to one of ours, naming the database and the cure. Pure."""

from __future__ import annotations

from sqlalchemy.engine import URL

from digest.errors import DigestError, Misconfigured, Permanent, Temporary


def place(url: URL) -> str:
    """Where the database is, fit for a message: the file, or the URL without its password."""
    if url.get_backend_name() == "sqlite":
        return str(url.database)
    return url.render_as_string(hide_password=True)


def is_locked(error: Exception) -> bool:
    """Whether another process holds what we asked for: worth asking again."""
    words = _words(error)
    return "locked" in words or "busy" in words


def said(error: Exception, where: str) -> DigestError:
    """A driver's error as one of ours, naming the file and the cure."""
    words = _words(error)
    if is_locked(error):
        return Temporary(f"{where} is locked by another process; try again in a moment")
    if "full" in words and ("disk" in words or "space" in words):
        return Temporary(f"{where}: the disk is full; make room, nothing was half written")
    if "readonly" in words or "read-only" in words:
        return Misconfigured(where, "cannot be written: make the file and its folder writable")
    if "unable to open" in words:
        return Misconfigured(where, "cannot be opened: check that the folder exists and is ours")
    if "malformed" in words or "not a database" in words:
        return Permanent(f"{where} is damaged or no database; restore a backup of it")
    if "disk i/o" in words:
        return Temporary(f"{where}: the disk cannot be read or written; is it full or failing?")
    if "connection" in words or "server" in words:
        return Temporary(f"{where} does not answer: {words}")
    return Permanent(f"{where}: {words}")


def _words(error: Exception) -> str:
    return str(getattr(error, "orig", None) or error).strip().splitlines()[0].casefold()

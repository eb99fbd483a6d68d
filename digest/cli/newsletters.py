"""A newsletter as the operator named it, or did not, to the one that is meant."""

from __future__ import annotations

from digest.cli import stores
from digest.config.settings import Settings
from digest.errors import Misconfigured
from digest.storage import desk


def chosen(newsletter: str | None, known: list[str], *, command: str = "digest send") -> str:
    """The newsletter that is meant; the only one where none is named. Raises Misconfigured."""
    if newsletter is None and len(known) == 1:
        return known[0]
    if newsletter in known:
        assert newsletter is not None
        return newsletter
    names = ", ".join(known)
    if newsletter is None:
        raise Misconfigured(command, f"which newsletter? Name one of: {names}")
    raise Misconfigured(
        f"newsletter {newsletter!r}", f"is not in the configuration; it has: {names}"
    )


def refuse_unknown(settings: Settings, newsletter: str | None) -> None:
    """Raise Misconfigured for a name that neither the configuration nor the database knows.

    One that left the configuration and has people or issues yet can still be looked at.
    """
    if newsletter is None or newsletter in settings.newsletters:
        return
    if not stores.read(settings.storage.url, lambda store: store.read(desk.knows, newsletter)):
        chosen(newsletter, list(settings.newsletters))

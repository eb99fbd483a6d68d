"""A newsletter as the operator named it, or did not, to the one that is meant. Pure."""

from __future__ import annotations

from digest.errors import Misconfigured


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
